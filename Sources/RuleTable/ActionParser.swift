import AuditModel

/// Reads the action lines of one rule.
struct ActionParser {
  var names: NameTable
  /// The notes that the rule has looked up so far, by name.
  var noteNames: [String] = []
  /// The names that `<name>` may use: the pattern's captures and what `set` added.
  var captures: Set<String>
  /// The pattern's captures alone.
  let patternCaptures: Set<String>
  /// Kinds of notes whose keys mean the same on every host.
  let kindsAcrossHosts: Set<String>
  let roles: NameRoles
  var tokens: [TextTokens.Token] = []
  private var line = SourcePlace(file: "", line: 0, column: 0)

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

  /// Words of an event line that say whose file it is for.
  private static let filings: Set<String> = ["unowned", "panel"]

  /// - Parameters:
  ///   - text: the line without its indentation.
  ///   - place: where it begins.
  mutating func parse(_ text: String, at place: SourcePlace) throws(Diagnostic.Failure) -> Action {
    line = place
    tokens = TextTokens.split(text, column: place.column)
    let condition = try takeCondition()
    let verb = tokens.removeFirst().text
    switch verb {
    case "begin", "note":
      let life = try takeLife()
      let (reference, fields) = try takeReferenceAndFields()
      let action: Action.Verb =
        verb == "begin"
        ? .begin(reference, fields: fields, life: life) : .note(reference, fields: fields, life: life)
      return Action(verb: action, condition: condition, place: place)
    case "use":
      let (reference, name) = try takeNamedReference(tokens[...])
      return Action(verb: .use(reference, as: name), condition: condition, place: place)
    case "wait": return Action(verb: try takeWait(), condition: condition, place: place)
    case "offer": return Action(verb: try takeOffer(), condition: condition, place: place)
    case "take": return Action(verb: try takeTake(), condition: condition, place: place)
    case "withdraw": return Action(verb: try takeWithdraw(), condition: condition, place: place)
    case "set": return Action(verb: try takeSet(), condition: condition, place: place)
    case "alias": return Action(verb: try takeAlias(), condition: condition, place: place)
    case "forget":
      let after = try takeDuration(behind: "after") ?? 0
      return Action(verb: .forget(try reference(tokens[...]), after: after), condition: condition, place: place)
    case "confirm": return Action(verb: .confirm(try reference(tokens[...])), condition: condition, place: place)
    case "prove": return Action(verb: .prove, condition: condition, place: place)
    case "event": return Action(verb: try takeEvent(), condition: condition, place: place)
    default: return Action(verb: .noise, condition: condition, place: place)
    }
  }

  // MARK: - Verbs

  private mutating func takeWait() throws(Diagnostic.Failure) -> Action.Verb {
    guard let within = try takeDuration(behind: "within") else {
      throw fail("‘wait’ does not say how long", "end it with: within 1s")
    }
    var targets: [WaitTarget] = []
    for part in tokens.split(whereSeparator: { $0.text == "or" }) {
      let (reference, name) = try takeNamedReference(part)
      targets.append(WaitTarget(reference: reference, name: name))
    }
    return .wait(targets, within: within)
  }

  private mutating func takeAlias() throws(Diagnostic.Failure) -> Action.Verb {
    guard let equals = tokens.firstIndex(where: { $0.text == "=" }) else {
      throw fail("‘alias’ needs two keys", "write: alias queue <new> = queue <old>")
    }
    return .alias(try reference(tokens[..<equals]), of: try reference(tokens[(equals + 1)...]))
  }

  private mutating func takeEvent() throws(Diagnostic.Failure) -> Action.Verb {
    guard !tokens.isEmpty, let kind = EventKind(name: tokens[0].text) else {
      let word = tokens.first?.text ?? ""
      let near = Spelling.suggestion(for: word, among: EventKind.allCases.lazy.map(\.name.description))
      throw fail(
        "‘\(word)’ is no kind of event", (near.map { "did you mean ‘\($0)’? " } ?? "") + "see mailtrail-events(7)")
    }
    var fields: [FieldAssignment] = []
    var with: [Int] = []
    var filing = Action.Filing.ofMailbox
    var index = 1
    while index < tokens.count {
      let token = tokens[index]
      if token.text == "with" {
        index += 1
        while index < tokens.count, !tokens[index].text.contains("="), !Self.filings.contains(tokens[index].text) {
          guard let name = noteNames.firstIndex(of: tokens[index].text) else {
            throw fail("no note ‘\(tokens[index].text)’ is in use", "look it up first: use … <key>", tokens[index])
          }
          with.append(name)
          index += 1
        }
        continue
      }
      if token.text == "unowned" {
        filing = .unowned
      } else if token.text == "panel" {
        index += 1
        guard index < tokens.count else {
          throw fail("‘panel’ does not say whose", "name it: panel <x>", token)
        }
        filing = .ofPanel(try value(tokens[index].text, tokens[index]))
      } else {
        var field = try assignment(token)
        guard FieldKey(rawValue: field.field) != nil, field.operation == .set else {
          throw fail("‘\(token.text)’ sets no key of a record", "see mailtrail-record(5) for the keys", token)
        }
        if field.field == FieldKey.mailbox.rawValue, field.value != .literal([]) {
          field.value = try mailbox(field.value, token)
        }
        fields.append(field)
      }
      index += 1
    }
    return .event(kind, fields: fields, with: with, filing: filing)
  }

  // MARK: - Parts

  private mutating func takeCondition() throws(Diagnostic.Failure) -> Condition {
    guard let start = tokens.firstIndex(where: { ["if", "unless", "otherwise"].contains($0.text) }) else {
      return .always
    }
    let word = tokens[start].text
    var rest = Array(tokens[(start + 1)...])
    tokens.removeSubrange(start...)
    if word == "otherwise" {
      if rest.isEmpty { return .otherwise }
      guard rest[0].text == "if" || rest[0].text == "unless" else {
        throw fail("‘\(rest[0].text)’ behind ‘otherwise’", "go on with if or unless, or end the line", rest[0])
      }
      let isNegated = rest.removeFirst().text == "unless"
      let condition = try disjunction(rest[...])
      return .all([.otherwise, isNegated ? .not(condition) : condition])
    }
    let condition = try disjunction(rest[...])
    return word == "unless" ? .not(condition) : condition
  }

  private mutating func disjunction(_ part: ArraySlice<TextTokens.Token>) throws(Diagnostic.Failure) -> Condition {
    var alternatives: [Condition] = []
    for alternative in part.split(whereSeparator: { $0.text == "or" }) {
      var terms: [Condition] = []
      for term in alternative.split(whereSeparator: { $0.text == "and" }) { terms.append(try self.term(term)) }
      alternatives.append(terms.count == 1 ? terms[0] : .all(terms))
    }
    guard !alternatives.isEmpty else { throw fail("a condition is empty", "say what must be so") }
    return alternatives.count == 1 ? alternatives[0] : .any(alternatives)
  }

  private mutating func term(_ part: ArraySlice<TextTokens.Token>) throws(Diagnostic.Failure) -> Condition {
    var part = part
    if part.first?.text == "not" {
      let rest = part.dropFirst()
      guard rest.first?.text != "not" else { throw fail("‘not’ stands twice", "leave both out", rest.first) }
      return .not(try term(rest))
    }
    guard let subject = part.popFirst() else { throw fail("a condition is empty", "say what must be so") }
    guard let operation = part.popFirst() else {
      if subject.text == "ambiguous" { return .ambiguous }
      if subject.text == "cut" { return .cut }
      if subject.text == "unproven" { return .unproven }
      if let note = noteNames.firstIndex(of: subject.text) { return .noteExists(note) }
      return .present(try self.subject(subject))
    }
    let left = try self.subject(subject)
    guard !part.isEmpty else { throw fail("nothing stands behind ‘\(operation.text)’", "say with what", operation) }
    switch operation.text {
    case "=", "!=":
      var choices: [ValueExpression] = []
      for word in part.split(whereSeparator: { $0.text == "|" }) {
        choices.append(try value(word.first!.text, word.first!))
      }
      return operation.text == "=" ? .equals(left, choices) : .not(.equals(left, choices))
    case "contains": return .contains(left, part.map { Self.unquoted($0.text).map(Self.lowercased) })
    case "starts": return .startsWith(left, part.map { Self.unquoted($0.text).map(Self.lowercased) })
    case ">=":
      guard let bound = UInt64(part.first!.text) else {
        throw fail("‘\(part.first!.text)’ is no number", "write a whole number", part.first!)
      }
      return .isAtLeast(left, bound)
    case "is":
      guard let named = Condition.NamedClass(rawValue: part.first!.text) else {
        let known = Condition.NamedClass.allCases.map(\.rawValue).joined(separator: ", ")
        throw fail("there is no class ‘\(part.first!.text)’", "classes are \(known)", part.first!)
      }
      return .isOf(named == .known || named == .alias ? try mailbox(left, subject) : left, named)
    default: throw fail("‘\(operation.text)’ compares nothing", "use = != contains starts >= is", operation)
    }
  }

  /// What a condition is about: a plain word would be the same for every line, so it is a mistyped name.
  private mutating func subject(_ token: TextTokens.Token) throws(Diagnostic.Failure) -> ValueExpression {
    let value = try value(token.text, token)
    if case .literal = value {
      throw fail(
        "‘\(token.text)’ is neither a capture nor a note in use", "write <\(token.text)>, or: use … <key>", token)
    }
    return value
  }

  private mutating func takeLife() throws(Diagnostic.Failure) -> UInt64? { try takeDuration(behind: "for") }

  mutating func takeDuration(behind word: String) throws(Diagnostic.Failure) -> UInt64? {
    guard let index = tokens.lastIndex(where: { $0.text == word }), index + 1 < tokens.count,
      index + 2 == tokens.count
    else { return nil }
    guard let duration = TextTokens.duration(tokens[index + 1].text) else {
      throw fail("‘\(tokens[index + 1].text)’ is no span of time", "write 1s, 15m, 2h or 5d", tokens[index + 1])
    }
    tokens.removeSubrange(index...)
    return duration
  }

  mutating func takeReferenceAndFields() throws(Diagnostic.Failure) -> (NoteReference, [FieldAssignment]) {
    guard let colon = tokens.firstIndex(where: { $0.text.hasSuffix(":") && !$0.text.hasPrefix("\"") }) else {
      return (try reference(tokens[...]), [])
    }
    tokens[colon].text.removeLast()
    var fields: [FieldAssignment] = []
    for token in tokens[(colon + 1)...] {
      fields.append(try assignment(token))
      try checkRole(fields[fields.count - 1], token)
    }
    let key = tokens[...colon].filter { !$0.text.isEmpty }
    return (try reference(key[...]), fields)
  }

  private mutating func takeNamedReference(
    _ part: ArraySlice<TextTokens.Token>
  ) throws(Diagnostic.Failure) -> (NoteReference, Int) {
    var part = part
    var name = part.first?.text ?? ""
    if let marker = part.lastIndex(where: { $0.text == "as" }), marker + 1 < part.endIndex {
      name = part[marker + 1].text
      part = part[..<marker]
    }
    let reference = try reference(part)
    if let known = noteNames.firstIndex(of: name) { return (reference, known) }
    noteNames.append(name)
    return (reference, noteNames.count - 1)
  }

  private mutating func reference(
    _ part: ArraySlice<TextTokens.Token>
  ) throws(Diagnostic.Failure) -> NoteReference {
    guard part.count >= 2, let kind = part.first else {
      throw fail("a note needs a kind and a key", "write for instance: queue <queue_id>")
    }
    var parts: [ValueExpression] = []
    for token in part.dropFirst() { parts.append(try value(token.text, token)) }
    return NoteReference(kind: kind.text, parts: parts, crossesHosts: kindsAcrossHosts.contains(kind.text))
  }

  mutating func assignment(_ token: TextTokens.Token) throws(Diagnostic.Failure) -> FieldAssignment {
    guard let equals = token.text.firstIndex(of: "="), equals > token.text.startIndex else {
      throw fail("‘\(token.text)’ sets nothing", "write field=value", token)
    }
    var field = String(token.text[..<equals])
    var operation = FieldAssignment.Operation.set
    if field.hasSuffix("+") {
      operation = .add
      field.removeLast()
    }
    if field.hasSuffix("-") {
      operation = .remove
      field.removeLast()
    }
    let text = String(token.text[token.text.index(after: equals)...])
    return FieldAssignment(field: try number(of: field, token), operation: operation, value: try value(text, token))
  }

  /// `a|b`, `"text"+<capture>`, `mailbox(<x>)`, `account(<x>)`, `<x>[60]`, `note.field`, `@pid`, `nothing`, a word.
  mutating func value(
    _ text: String, _ token: TextTokens.Token, depth: Int = 0
  ) throws(Diagnostic.Failure) -> ValueExpression {
    guard depth < 8 else { throw fail("the value is nested deeper than 8", "make a note of its parts first", token) }
    let choices = Self.split(text, at: UInt8(ascii: "|"))
    if choices.count > 1 {
      var values: [ValueExpression] = []
      for choice in choices { values.append(try value(choice, token, depth: depth + 1)) }
      return .first(values)
    }
    let pieces = Self.split(text, at: UInt8(ascii: "+"))
    if pieces.count > 1, pieces.allSatisfy({ $0.hasPrefix("\"") || $0.hasPrefix("<") || $0.hasSuffix(")") }) {
      var values: [ValueExpression] = []
      for piece in pieces { values.append(try value(piece, token, depth: depth + 1)) }
      return .joined(values)
    }
    if text.hasSuffix("]"), let open = text.lastIndex(of: "["),
      let length = Int(text[text.index(after: open)...].dropLast()), text.hasPrefix("<") || text.contains(".")
    {
      guard length > 0 else { throw fail("‘[\(length)]’ are no bytes", "write how many, as in <x>[60]", token) }
      return .prefix(try value(String(text[..<open]), token, depth: depth + 1), length)
    }
    if let open = text.firstIndex(of: "("), text.hasSuffix(")"), text.first?.isLetter == true {
      let arguments = String(text[text.index(after: open)...].dropLast())
      return try function(String(text[..<open]), arguments, token, depth: depth + 1)
    }
    return try simpleValue(text, token)
  }

  /// `mailbox(<x>)`, `replaced(<x>,"^",".")`, `folder-name(<x>)`, `unescaped(<x>)`
  private mutating func function(
    _ name: String, _ arguments: String, _ token: TextTokens.Token, depth: Int
  ) throws(Diagnostic.Failure) -> ValueExpression {
    let parts = Self.split(arguments, at: UInt8(ascii: ","))
    if name == "segment", parts.count == 2, let index = Int(parts[1]), index != 0, (-99...99).contains(index) {
      return .applied(.segment(index), try value(parts[0], token, depth: depth))
    }
    switch (name, parts.count) {
    case ("mailbox", 1): return try mailbox(try value(parts[0], token, depth: depth), token)
    case ("account", 1): return .mailbox(.account, try value(parts[0], token, depth: depth))
    case ("address", 1): return .mailbox(.address, try value(parts[0], token, depth: depth))
    case ("folder-name", 1): return .applied(.folderName, try value(parts[0], token, depth: depth))
    case ("words", 1): return .applied(.words, try value(parts[0], token, depth: depth))
    case ("in-brackets", 1): return .applied(.inBrackets, try value(parts[0], token, depth: depth))
    case ("local-part", 1): return .applied(.localPart, try value(parts[0], token, depth: depth))
    case ("domain-part", 1): return .applied(.domainPart, try value(parts[0], token, depth: depth))
    case ("message-id", 1): return .applied(.messageID, try value(parts[0], token, depth: depth))
    case ("unescaped", 1): return .applied(.unescaped, try value(parts[0], token, depth: depth))
    case ("replaced", 3...) where !parts.count.isMultiple(of: 2):
      let texts = parts.dropFirst().map(Self.unquoted)
      let pairs = stride(from: 0, to: texts.count, by: 2).map {
        ValueFunction.Replacement(old: texts[$0], new: texts[$0 + 1])
      }
      guard pairs.allSatisfy({ !$0.old.isEmpty }) else { fallthrough }
      return .applied(.replaced(pairs), try value(parts[0], token, depth: depth))
    default:
      throw fail(
        "‘\(token.text)’ is no function of a value",
        "use mailbox(<x>), account(<x>), address(<x>), replaced(<x>,\"old\",\"new\"), folder-name(<x>), words(<x>), "
          + "in-brackets(<x>), local-part(<x>), domain-part(<x>), message-id(<x>), segment(<x>,2) or unescaped(<x>)",
        token)
    }
  }

  private mutating func simpleValue(
    _ text: String, _ token: TextTokens.Token
  ) throws(Diagnostic.Failure) -> ValueExpression {
    if text.hasPrefix("\"") { return .literal(Self.unquoted(text)) }
    if text.hasPrefix("<"), text.hasSuffix(">") {
      let name = String(text.dropFirst().dropLast())
      guard captures.contains(name) else {
        throw fail(
          "the pattern has no capture ‘\(name)’", "captures are \(captures.sorted().joined(separator: ", "))", token)
      }
      return .capture(try number(of: name, token))
    }
    if text.hasPrefix("@") {
      guard let field = ValueExpression.EntryField(rawValue: String(text.dropFirst())) else {
        throw fail("an entry has no ‘\(text)’", "use @pid, @uid, @unit, @identifier or @host", token)
      }
      return .entry(field)
    }
    if text == "nothing" { return .first([]) }
    if let dot = text.firstIndex(of: ".") {
      let (name, field) = (String(text[..<dot]), String(text[text.index(after: dot)...]))
      if let note = noteNames.firstIndex(of: name) { return .note(note, field: try number(of: field, token)) }
      if let meant = Spelling.suggestion(for: name, among: noteNames) {
        throw fail("there is no note ‘\(name)’ here", "‘\(meant)’ is: spell both alike, or quote the text", token)
      }
    }
    return .literal(Array(text.utf8))
  }

  mutating func number(of name: String, _ token: TextTokens.Token) throws(Diagnostic.Failure) -> UInt16 {
    guard let number = names.number(of: name) else {
      throw fail(
        "the tables use too many different names", "\(NameTable.maximum) are possible besides the record's keys", token)
    }
    return number
  }

  /// Splits outside quotes and brackets.
  private static func split(_ text: String, at separator: UInt8) -> [String] {
    var parts: [[UInt8]] = [[]]
    var isQuoted = false
    var depth = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, byte == UInt8(ascii: "<") || byte == UInt8(ascii: "(") { depth += 1 }
      if !isQuoted, byte == UInt8(ascii: ">") || byte == UInt8(ascii: ")") { depth -= 1 }
      if byte == separator, !isQuoted, depth == 0 { parts.append([]) } else { parts[parts.count - 1].append(byte) }
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }

  static func unquoted(_ text: String) -> [UInt8] {
    text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
      ? TextTokens.unescaped(text.utf8.dropFirst().dropLast()) : Array(text.utf8)
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }

  func fail(_ message: String, _ remedy: String, _ token: TextTokens.Token? = nil) -> Diagnostic.Failure {
    var place = line
    if let token { place.column = token.column }
    return Diagnostic.Failure(Diagnostic(place, message, remedy: remedy))
  }
}
