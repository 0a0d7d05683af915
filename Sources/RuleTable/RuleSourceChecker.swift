/// Checks of what the rules say, before they are compiled.
struct RuleSourceChecker {
  private let parser: RuleFileParser
  /// Those that are switched off or replaced count too: what they write may be read elsewhere.
  private let rules: [RuleSource]

  init(_ parser: RuleFileParser) {
    self.parser = parser
    rules = parser.rules + parser.replaced
  }

  /// Everything that was found, each thing once, in the order of the files.
  func check(_ strictness: Strictness) -> [Diagnostic] {
    let traffic = ContextTraffic(rules, parser.names)
    var found: [Diagnostic] = []
    if strictness.contains(.declarations) {
      found += DeclarationChecker(traffic: traffic, declarations: parser.declarations).check()
    }
    found += EventChecker(rules: rules, names: parser.names, traffic: traffic).check()
    found += UnusedNames(rules: rules, names: parser.names).check()
    if strictness.contains(.joins) {
      let strangers = StrangersText(rules, parser.lists, parser.names)
      found += OutlivingContexts(rules: rules, declarations: parser.declarations, strangers: strangers).check()
      found += MutedRules(rules: rules, strangers: strangers).check()
      found += ScratchContexts(rules: rules, names: parser.names).check()
    }
    if strictness.contains(.repetitions) {
      found += RepeatedTables.check(parser.tables)
      found += RepeatedValues(rules: rules, names: parser.names).check()
    }
    return Set(found).sorted { Self.order($0) < Self.order($1) }
  }

  private static func order(_ found: Diagnostic) -> (String, Int, Int, String) {
    (found.location.file, found.location.line, found.location.column, found.message)
  }
}
