import RuleTable

/// The lines that matching is measured with: the rules' own examples, each with the rule that must match it.
struct BenchmarkLine {
  var scope: Int
  /// The rule's index in the table.
  var rule: Int
  var text: [UInt8]
}

enum BenchmarkLines {
  /// The daemons whose rules are in every set of `RuleSets`.
  static let commonDaemons = ["dovecot", "postfix"]

  /// The lines of a daemon of every set: the smallest set's, so that a larger one is measured with the same lines and
  /// not with those of the rules that it adds.
  static func commonLines(of daemon: String, in table: CompiledTable) throws -> [BenchmarkLine] {
    let smallest = try RuleCompiler.compile(RuleSets.small)
    let indices = Dictionary(uniqueKeysWithValues: table.rules.indices.map { (table.rules[$0].id, $0) })
    let scopes = Dictionary(uniqueKeysWithValues: table.scopes.indices.map { (table.scopes[$0].name, $0) })
    return lines(of: daemon, in: smallest).compactMap { line in
      guard let rule = indices[smallest.rules[line.rule].id], let scope = scopes[smallest.scopes[line.scope].name]
      else { return nil }
      return BenchmarkLine(scope: scope, rule: rule, text: line.text)
    }
  }

  /// A daemon's lines. Those with a line end, a tab or a NUL in them are left out: they cannot be handed to another
  /// program one a line (`RuleExport`), and all matchers are measured with the same lines.
  static func lines(of daemon: String, in table: CompiledTable) -> [BenchmarkLine] {
    table.rules.indices.filter { table.rules[$0].daemon == daemon }.flatMap { index in
      let rule = table.rules[index]
      return rule.examples.filter { $0.expected != nil && $0.identifier == nil && isPlain($0.message) }
        .map { BenchmarkLine(scope: rule.scopes[0], rule: index, text: $0.message) }
    }
  }

  private static func isPlain(_ text: [UInt8]) -> Bool { !text.contains { $0 == 0 || $0 == 9 || $0 == 10 } }
}
