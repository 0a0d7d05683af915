import AuditModel

/// A log line that shows what a rule catches, or, as `not`, what it must leave alone.
public struct Example: Sendable {
  public var message: [UInt8]
  /// Another identifier than the scope's first.
  public var identifier: String?
  /// Every capture by name; nil for a negative example.
  public var expected: [String: [UInt8]]?
  /// What comes of it; nil where the example does not say.
  public var events: [ExampleEvent]?
  /// Lines of other entries in front of it and behind it.
  public var before: [ExampleLine] = []
  public var after: [ExampleLine] = []
  public var location: SourceLocation

  init(message: [UInt8], expected: [String: [UInt8]]?, location: SourceLocation) {
    (self.message, self.expected, self.location) = (message, expected, location)
  }
}

/// An entry beside an example: `before postfix/smtpd[12] connect from …`.
public struct ExampleLine: Sendable {
  public var identifier: String
  public var pid: Int32
  public var message: [UInt8]
  public var location: SourceLocation
}

/// An event that must come of an example: `event login.succeeded in ann@example.org service=imap`.
public struct ExampleEvent: Sendable {
  public var kind: EventKind
  /// The mailbox whose file it is, or `_unknown`, `_panel/ACCOUNT` or `_local/USER`.
  public var owner: String
  public var fields: [Field]
  public var location: SourceLocation

  /// A key of the record and its value; the parts of a list stand with commas between them.
  public struct Field: Sendable {
    public var key: FieldKey
    /// Empty where the record must not have the key.
    public var value: [UInt8]
  }
}

/// The lines that may stand behind an `example`.
extension Example {
  /// The words with which they begin, besides `event`.
  static let words = ["expect", "from", "before", "after"]

  /// Whether a line of a rule's body belongs to the example in front of it. An action that makes an event has no `in`.
  static func isPart(_ word: String, _ rest: String) -> Bool {
    guard word == "event" else { return words.contains(word) }
    return rest == "none" || rest.split(separator: " ", maxSplits: 2).dropFirst().first == "in"
  }

  /// Adds what such a line says.
  ///
  /// - Parameters:
  ///   - rest: the line without its first word.
  ///   - location: where `rest` begins.
  mutating func add(_ word: String, _ rest: String, at location: SourceLocation) throws(Diagnostic.Failure) {
    switch word {
    case "expect":
      for token in TextTokens.split(rest, column: location.column) {
        guard let (name, value) = Self.assignment(token.text) else {
          throw Self.failure(token, location, "‘\(token.text)’ expects nothing", "write capture=value")
        }
        try Self.checkQuotes(token, location)
        expected?[name] = value
      }
    case "from": identifier = rest
    case "before": before.append(try Self.line(rest, location))
    case "after": after.append(try Self.line(rest, location))
    default:
      if rest == "none" { events = events ?? [] } else { events = (events ?? []) + [try Self.event(rest, location)] }
    }
  }

  private static func event(_ text: String, _ location: SourceLocation) throws(Diagnostic.Failure) -> ExampleEvent {
    let tokens = TextTokens.split(text, column: location.column)
    guard let kind = EventKind(name: tokens[0].text) else {
      let near = Spelling.suggestion(for: tokens[0].text, among: EventKind.allCases.lazy.map(\.name.description))
      throw failure(
        tokens[0], location, "‘\(tokens[0].text)’ is no kind of event",
        (near.map { "did you mean ‘\($0)’? " } ?? "") + "see mailtrail-events(7)")
    }
    guard tokens.count > 2 else {
      throw failure(
        tokens[0], location, "the event is in nobody's file", "write: event KIND in MAILBOX, or in _unknown")
    }
    var fields: [ExampleEvent.Field] = []
    for token in tokens[3...] {
      let given = assignment(token.text)
      guard let (name, value) = given, let key = FieldKey.allCases.first(where: { $0.name.description == name }) else {
        let near = given.flatMap {
          Spelling.suggestion(for: $0.name, among: FieldKey.allCases.lazy.map(\.name.description))
        }
        throw failure(
          token, location, "‘\(token.text)’ is no key of a record with its value",
          (near.map { "did you mean ‘\($0)’? " } ?? "") + "write key=value with a key of mailtrail-record(5)")
      }
      fields.append(ExampleEvent.Field(key: key, value: value))
    }
    let owner = String(decoding: TextTokens.unquoted(tokens[2].text), as: UTF8.self)
    return ExampleEvent(kind: kind, owner: owner, fields: fields, location: location)
  }

  /// What stands behind an open quote would be other words.
  private static func checkQuotes(_ token: TextTokens.Token, _ location: SourceLocation) throws(Diagnostic.Failure) {
    guard !token.text.utf8.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2) else { return }
    throw failure(
      token, location, "the quote of ‘\(token.text)’ does not close", "close it; \\x22 is a quote in the text")
  }

  private static func line(_ text: String, _ location: SourceLocation) throws(Diagnostic.Failure) -> ExampleLine {
    let parts = text.split(separator: " ", maxSplits: 1)
    let head = parts.first?.split(separator: "[", maxSplits: 1) ?? []
    let pid = head.count == 2 && head[1].hasSuffix("]") ? Int32(head[1].dropLast()) : head.count == 1 ? 1 : nil
    guard parts.count == 2, let pid, pid > 0 else {
      throw Diagnostic.Failure(
        Diagnostic(
          location, "no entry stands here",
          remedy: "write its identifier, its process and its message, dovecot[7] auth: …"
        ))
    }
    return ExampleLine(
      identifier: String(head[0]), pid: pid, message: TextTokens.unescaped(parts[1].utf8), location: location)
  }

  private static func assignment(_ text: String) -> (name: String, value: [UInt8])? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let value = String(text[text.index(after: equals)...])
    return (
      String(text[..<equals]),
      value.hasPrefix("\"") ? TextTokens.unquoted(value) : TextTokens.unescaped(value.utf8)
    )
  }

  private static func failure(
    _ token: TextTokens.Token, _ location: SourceLocation, _ message: String, _ remedy: String
  ) -> Diagnostic.Failure {
    let location = SourceLocation(file: location.file, line: location.line, column: token.column)
    return Diagnostic.Failure(Diagnostic(location, message, remedy: remedy))
  }
}
