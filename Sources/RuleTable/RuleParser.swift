/// Makes a rule of the lines of its body.
struct RuleParser {
  let definitions: TableDefinitions
  /// The table in which the rule stands.
  let table: String
  let roles: TableRoles
  let kindsAcrossHosts: Set<String>
  let needsExample: Bool
  /// The numbers of all names; the rule's are added.
  var names: NameTable

  /// The longest rule, the lines of its groups included.
  static let maximumLines = 2000

  mutating func parse(_ rule: inout RuleSource, _ lines: [SourceLine]) throws(Diagnostic.Failure) {
    for line in lines { try declaration(line, &rule) }
    rule.captures = Set(rule.patterns.flatMap { definitions.captureNames($0.pattern.elements) })
    try parseActions(&rule, lines)
    try Self.check(rule, needsExample: needsExample)
  }

  private mutating func parseActions(_ rule: inout RuleSource, _ lines: [SourceLine]) throws(Diagnostic.Failure) {
    var parser = ActionParser(
      names: names, captures: rule.captures, kindsAcrossHosts: kindsAcrossHosts,
      roles: roles.roles(in: table, scopes: rule.scopes))
    for capture in rule.captures where parser.names.number(of: capture) == nil {
      throw Diagnostic.Failure(
        Diagnostic(
          rule.location, "the tables use too many different names",
          remedy: "\(NameTable.maximum) are possible besides the record's keys"))
    }
    for line in lines where Self.isAction(line) {
      rule.lines.append(ActionSource(action: try parser.parse(line.text, at: line.location), text: line.text))
    }
    names = parser.names
    rule.contextNames = parser.contextNames
  }

  private static func isAction(_ line: SourceLine) -> Bool {
    let (word, rest) = line.splitFirstWord()
    return ActionParser.verbs.contains(word) && !Example.isPart(word, rest.text)
  }

  /// Reads what is no action.
  private func declaration(_ line: SourceLine, _ rule: inout RuleSource) throws(Diagnostic.Failure) {
    let (word, rest) = line.splitFirstWord()
    switch word {
    case "in": rule.scopes = rest.words
    case "match":
      guard !rest.text.isEmpty else {
        throw line.failure("the match line is empty", "paste a log line behind ‘match’")
      }
      let elements = try definitions.elements(of: rest, in: table)
      rule.patterns.append((Pattern(elements: Pattern.joined(elements)), rest.location))
    case "example", "not":
      rule.examples.append(
        Example(
          message: TextTokens.unescaped(rest.text.utf8), expected: word == "not" ? nil : [:], location: rest.location))
    case _ where Example.isPart(word, rest.text):
      guard !rule.examples.isEmpty else {
        throw line.failure("‘\(word)’ without an example", "put the example in front")
      }
      try rule.examples[rule.examples.count - 1].add(word, rest.text, at: rest.location)
    default:
      guard ActionParser.verbs.contains(word) else {
        let known = ["match", "example", "not"] + Example.words + ["in", "do"] + ActionParser.verbs.sorted()
        throw line.failure("‘\(word)’ in a rule", "use \(known.joined(separator: ", "))")
      }
    }
  }

  private static func check(_ rule: RuleSource, needsExample: Bool) throws(Diagnostic.Failure) {
    func failure(_ message: String, _ remedy: String) -> Diagnostic.Failure {
      Diagnostic.Failure(Diagnostic(rule.location, message, remedy: remedy))
    }
    if rule.patterns.isEmpty {
      throw failure("rule ‘\(rule.id)’ has no match line", "say what it matches: match …")
    }
    if rule.actions.isEmpty {
      throw failure("rule ‘\(rule.id)’ does nothing", "give it an event, a note, or say: noise")
    }
    if needsExample, !rule.examples.contains(where: { $0.expected != nil }) {
      throw failure("rule ‘\(rule.id)’ has no example", "paste a log line that it matches: example …")
    }
    if rule.scopes.isEmpty { throw failure("rule ‘\(rule.id)’ is in no scope", "put a scope in front of it") }
  }
}
