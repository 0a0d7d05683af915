import AuditModel

/// Lines that begin with `event`.
extension ActionParser {
  /// Words of an event line that say whose file it is for.
  private static let filings: Set<String> = ["unowned", "panel", "local"]

  mutating func parseEvent() throws(Diagnostic.Failure) -> Action.Verb {
    let kind = try eventKind()
    var fields: [FieldAssignment] = []
    var with: [Int] = []
    var filing = Action.Filing.ofMailbox
    var index = 1
    while index < tokens.count {
      let token = tokens[index]
      index += 1
      switch token.text {
      case "with": with += try parseContextNames(from: &index)
      case "unowned": filing = .unowned
      case "panel", "local":
        guard index < tokens.count else {
          throw fail("‘\(token.text)’ does not say whose", "name it: \(token.text) <x>", token)
        }
        let name = try value(tokens[index].text, tokens[index])
        filing = token.text == "panel" ? .ofPanel(name) : .ofLocal(name)
        index += 1
      default: fields.append(try recordField(token))
      }
    }
    return .event(kind, fields: fields, with: with, filing: filing)
  }

  private func eventKind() throws(Diagnostic.Failure) -> EventKind {
    let word = tokens.first?.text ?? ""
    if let kind = EventKind(name: word) { return kind }
    let near = Spelling.suggestion(for: word, among: EventKind.allCases.lazy.map(\.name.description))
    throw fail(
      "‘\(word)’ is no kind of event", (near.map { "did you mean ‘\($0)’? " } ?? "") + "see mailtrail-events(7)")
  }

  /// The names behind `with`.
  private func parseContextNames(from index: inout Int) throws(Diagnostic.Failure) -> [Int] {
    var found: [Int] = []
    while index < tokens.count, !tokens[index].text.contains("="), !Self.filings.contains(tokens[index].text) {
      guard let name = contextNames.firstIndex(of: tokens[index].text) else {
        throw fail("no note ‘\(tokens[index].text)’ is in use", "look it up first: use … <key>", tokens[index])
      }
      found.append(name)
      index += 1
    }
    return found
  }

  private mutating func recordField(_ token: TextTokens.Token) throws(Diagnostic.Failure) -> FieldAssignment {
    var field = try assignment(token)
    guard FieldKey(rawValue: field.field) != nil, field.operation == .set else {
      throw fail("‘\(token.text)’ sets no key of a record", "see mailtrail-record(5) for the keys", token)
    }
    if field.field == FieldKey.mailbox.rawValue, field.value != .literal([]) {
      field.value = try mailbox(field.value, token)
    }
    return field
  }
}
