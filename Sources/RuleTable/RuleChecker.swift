/// Runs the rules' own examples against all loaded tables.
struct RuleChecker {
  let table: CompiledTable
  let strictness: Strictness

  func check() -> [Diagnostic] {
    var scratch = MatchScratch()
    return table.rules.indices.flatMap { index in
      var shown: Set<Int> = []
      let found = table.rules[index].examples.compactMap { check($0, of: index, &scratch, &shown) }
      return found.isEmpty && strictness.contains(.examples) ? missing(shown, in: table.rules[index]) : found
    }
  }

  /// The match lines that no example is for.
  private func missing(_ shown: Set<Int>, in rule: CompiledTable.Rule) -> [Diagnostic] {
    rule.matchLocations.indices.filter { !shown.contains($0) }.map { line in
      Diagnostic(
        rule.matchLocations[line], "this match line of ‘\(rule.id)’ has no example",
        remedy: "add one that it matches itself, or remove it where other lines match all that it does")
    }
  }

  /// - Parameter shown: the match lines that have an example.
  private func check(
    _ example: Example, of index: Int, _ scratch: inout MatchScratch, _ shown: inout Set<Int>
  ) -> Diagnostic? {
    let rule = table.rules[index]
    let found = match(example, of: rule, &scratch)
    guard let expected = example.expected else {
      guard found == index else { return nil }
      return Diagnostic(
        example.location, "rule ‘\(rule.id)’ matches what it must leave alone", remedy: "make it more literal")
    }
    guard let found else {
      return Diagnostic(
        example.location, "no rule matches this example of ‘\(rule.id)’",
        remedy: "compare it with the match line, or see: mailtrail rules explain")
    }
    guard found == index else {
      return Diagnostic(
        example.location, "rule ‘\(table.rules[found].id)’ matches this example of ‘\(rule.id)’",
        remedy: "make the pattern of ‘\(rule.id)’ more literal")
    }
    shown.insert(scratch.matchLine)
    let captured = captures(example.message, scratch)
    for name in Set(expected.keys).union(captured.keys).sorted() where expected[name] != captured[name] {
      let text = { (bytes: [UInt8]?) in bytes.map { "‘" + String(decoding: $0, as: UTF8.self) + "’" } ?? "nothing" }
      return Diagnostic(
        example.location, "‘\(name)’ captures \(text(captured[name])), expected \(text(expected[name]))",
        remedy: "mend the pattern or the expect line")
    }
    return nil
  }

  private func match(_ example: Example, of rule: CompiledTable.Rule, _ scratch: inout MatchScratch) -> Int? {
    var scopes = [rule.scopes[0]]
    if let identifier = example.identifier {
      scopes = Array(identifier.utf8).withUnsafeBytes { table.scopes(ofIdentifier: $0) }
      if scopes.isEmpty { scopes = Array(identifier.utf8).withUnsafeBytes { table.scopes(ofCommand: $0) } }
    }
    for scope in scopes {
      if let found = table.match(scope: scope, bytes: example.message, &scratch) { return found }
    }
    return nil
  }

  private func captures(_ message: [UInt8], _ scratch: MatchScratch) -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for capture in scratch.captures {
      let bytes = message[capture.start..<capture.end]
      result[table.names.name(of: capture.name)] = capture.encoding.decode(bytes)
    }
    return result
  }
}
