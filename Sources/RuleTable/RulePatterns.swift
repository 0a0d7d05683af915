/// The match lines of rule files as they were read, for whoever makes the rules of another matcher of them: the benchmark.
package struct RulePatterns {
  private let patterns: [String: [Pattern]]
  private let lists: [String: ListSource]

  /// - Throws: `RuleTableError` with what the files cannot be read for.
  package init(_ files: [RuleFile]) throws(RuleTableError) {
    var parser = RuleFileParser(readsExamples: false)
    for file in files { parser.readDeclarations(file.text, file: file.name) }
    for file in files { parser.read(file.text, file: file.name) }
    guard parser.diagnostics.isEmpty else { throw RuleTableError(parser.diagnostics) }
    patterns = Dictionary(parser.rules.map { ($0.id, $0.patterns.map(\.pattern)) }) { $1 }
    lists = parser.lists
  }

  /// The patterns of a rule, fragments put in; none for an unknown rule.
  package func patterns(ofRule id: String) -> [Pattern] { patterns[id, default: []] }

  /// What `Pattern.Element.run` names.
  package func list(named name: String) -> ListSource? { lists[name] }
}
