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
    let patterns = try RulePatterns(files)
    // A daemon's scope is known before its lines are matched, here as there; other scopes are never asked.
    for scope in Set(lines.map(\.1.scope)).sorted() {
      for (rule, pattern) in ordered(table, patterns, scope: scope) {
        for text in form.texts(of: pattern, rule: rule, patterns: patterns) {
          print("rule\t\(scope)\t\(rule)\t\(text)")
        }
      }
    }
    for (daemon, line) in lines {
      print("line\t\(daemon)\t\(line.scope)\t\(line.rule)\t\(String(decoding: line.text, as: UTF8.self))")
    }
  }

  private enum Form: String {
    case pcre2, lognorm

    func texts(of pattern: Pattern, rule: Int, patterns: RulePatterns) -> [String] {
      switch self {
      case .pcre2: [RegularExpression(patterns: patterns).text(of: pattern.elements)]
      case .lognorm: NormalizerRule(patterns: patterns).texts(of: pattern, tag: String(rule))
      }
    }
  }

  private static func ordered(
    _ table: CompiledTable, _ patterns: RulePatterns, scope: Int
  ) -> [(rule: Int, pattern: Pattern)] {
    let all = table.rules.indices.filter { table.rules[$0].scopes.contains(scope) }.flatMap { rule in
      patterns.patterns(ofRule: table.rules[rule].id).map { (rule: rule, pattern: $0) }
    }
    return all.sorted { one, other in
      let (isNoise, isOtherNoise) = (table.rules[one.rule].isNoise, table.rules[other.rule].isNoise)
      if isNoise != isOtherNoise { return isOtherNoise }
      return one.pattern.elements.literalBytes > other.pattern.elements.literalBytes
    }
  }
}

extension [Pattern.Element] {
  /// Bytes that stand for themselves: the more literal rule is tried first.
  fileprivate var literalBytes: Int {
    reduce(0) { sum, element in
      switch element {
      case .literal(let bytes): sum + bytes.count
      case .optional(let inner): sum + inner.literalBytes
      case .capture, .run: sum
      }
    }
  }
}
