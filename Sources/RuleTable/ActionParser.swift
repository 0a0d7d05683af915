/// Reads the action lines of one rule.
struct ActionParser {
  var names: NameTable
  /// The contexts that the rule has looked up so far, by name.
  var contextNames: [String] = []
  /// The names that `<name>` may use: the pattern's captures and what `set` added.
  var captures: Set<String>
  /// The pattern's captures alone.
  let patternCaptures: Set<String>
  /// Kinds of contexts whose keys mean the same on every host.
  let kindsAcrossHosts: Set<String>
  let roles: NameRoles
  var tokens: [TextTokens.Token] = []
  private var line = SourceLocation(file: "", line: 0, column: 0)

  init(names: NameTable, captures: Set<String>, kindsAcrossHosts: Set<String>, roles: NameRoles) {
    self.names = names
    self.captures = captures
    patternCaptures = captures
    self.kindsAcrossHosts = kindsAcrossHosts
    self.roles = roles
  }

  static let verbs: Set<String> = [
    "begin", "note", "use", "wait", "offer", "take", "withdraw", "set", "alias", "forget", "event", "confirm", "prove",
    "noise",
  ]

  /// - Parameters:
  ///   - text: the line without its indentation.
  ///   - location: where it begins.
  mutating func parse(_ text: String, at location: SourceLocation) throws(Diagnostic.Failure) -> Action {
    line = location
    tokens = TextTokens.split(text, column: location.column)
    let condition = try parseCondition()
    return Action(verb: try parseVerb(), condition: condition, location: location)
  }

  private mutating func parseVerb() throws(Diagnostic.Failure) -> Action.Verb {
    let verb = tokens.removeFirst().text
    switch verb {
    case "begin", "note":
      let ttl = try popDuration(behind: "for")
      let (reference, fields) = try parseReferenceAndFields()
      return verb == "begin"
        ? .begin(reference, fields: fields, ttl: ttl) : .note(reference, fields: fields, ttl: ttl)
    case "use":
      let (reference, name) = try parseNamedReference(tokens[...])
      return .use(reference, as: name)
    case "wait": return try parseWait()
    case "offer": return try parseOffer()
    case "take": return try parseTake()
    case "withdraw": return try parseWithdraw()
    case "set": return try parseSet()
    case "alias": return try parseAlias()
    case "forget":
      let after = try popDuration(behind: "after") ?? 0
      return .forget(try reference(tokens[...]), after: after)
    case "confirm": return .confirm(try reference(tokens[...]))
    case "prove": return .prove
    case "event": return try parseEvent()
    default: return .noise
    }
  }

  private mutating func parseWait() throws(Diagnostic.Failure) -> Action.Verb {
    guard let within = try popDuration(behind: "within") else {
      throw fail("‘wait’ does not say how long", "end it with: within 1s")
    }
    var targets: [WaitTarget] = []
    for part in tokens.split(whereSeparator: { $0.text == "or" }) {
      let (reference, name) = try parseNamedReference(part)
      targets.append(WaitTarget(reference: reference, name: name))
    }
    return .wait(targets, within: within)
  }

  private mutating func parseAlias() throws(Diagnostic.Failure) -> Action.Verb {
    guard let equals = tokens.firstIndex(where: { $0.text == "=" }) else {
      throw fail("‘alias’ needs two keys", "write: alias queue <new> = queue <old>")
    }
    return .alias(try reference(tokens[..<equals]), of: try reference(tokens[(equals + 1)...]))
  }

  /// Takes `WORD SPAN` off the end.
  mutating func popDuration(behind word: String) throws(Diagnostic.Failure) -> UInt64? {
    guard let index = tokens.lastIndex(where: { $0.text == word }), index + 1 < tokens.count,
      index + 2 == tokens.count
    else { return nil }
    guard let duration = TextTokens.duration(tokens[index + 1].text) else {
      throw fail("‘\(tokens[index + 1].text)’ is no span of time", "write 1s, 15m, 2h or 5d", tokens[index + 1])
    }
    tokens.removeSubrange(index...)
    return duration
  }

  func fail(_ message: String, _ remedy: String, _ token: TextTokens.Token? = nil) -> Diagnostic.Failure {
    var location = line
    if let token { location.column = token.column }
    return Diagnostic.Failure(Diagnostic(location, message, remedy: remedy))
  }
}
