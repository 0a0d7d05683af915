import RuleTable

/// Prints rules and lines for another matcher, so that it can be measured with the same of both.
///
/// A line of output is `rule`, the scope's number, the rule's number and its pattern, or `line`, the daemon, the scope's
/// number, the number of the rule that must match and the line's text; tabs are between them. The rules of a scope come
/// in the order in which they are to be tried: the more literal ones first, known noise last.
enum RuleExport {
  static func run(_ words: [String]) throws {
    guard words.count == 2, let size = Int(words[1]), let form = Form(rawValue: words[0]) else {
      throw UsageError("export needs pcre2 or lognorm and the number of rules")
    }
    let files = try RuleSets.files(ofSize: size)
    let table = try RuleCompiler.compile(files)
    let lines = try BenchmarkLines.commonDaemons.flatMap { daemon in
      try BenchmarkLines.commonLines(of: daemon, in: table).map { (daemon, $0) }
    }
    let patterns = RulePatterns(files)
    // A daemon's scope is known before its lines are matched, here as there; other scopes are never asked.
    for scope in Set(lines.map(\.1.scope)).sorted() {
      for (rule, pattern) in ordered(table, patterns, scope: scope) {
        for text in form.texts(of: pattern, rule: rule) { print("rule\t\(scope)\t\(rule)\t\(text)") }
      }
    }
    for (daemon, line) in lines {
      print("line\t\(daemon)\t\(line.scope)\t\(line.rule)\t\(String(decoding: line.text, as: UTF8.self))")
    }
  }

  private enum Form: String {
    case pcre2, lognorm

    func texts(of pattern: [RulePatterns.Part], rule: Int) -> [String] {
      switch self {
      case .pcre2: [RegularExpression.text(of: pattern)]
      case .lognorm: NormalizerRule.texts(of: pattern, tag: String(rule))
      }
    }
  }

  private static func ordered(
    _ table: CompiledTable, _ patterns: RulePatterns, scope: Int
  ) -> [(rule: Int, pattern: [RulePatterns.Part])] {
    let all = table.rules.indices.filter { table.rules[$0].scopes.contains(scope) }.flatMap { rule in
      patterns.patterns[table.rules[rule].id, default: []].map { (rule: rule, pattern: $0) }
    }
    return all.sorted { one, other in
      let (isNoise, isOtherNoise) = (table.rules[one.rule].isNoise, table.rules[other.rule].isNoise)
      if isNoise != isOtherNoise { return isOtherNoise }
      return one.pattern.literalBytes > other.pattern.literalBytes
    }
  }
}
