/// Conditions: `if`, `unless`, `otherwise`.
extension ActionParser {
  mutating func parseCondition() throws(Diagnostic.Failure) -> Condition {
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
      if let context = contextNames.firstIndex(of: subject.text) { return .contextExists(context) }
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
    case "contains": return .contains(left, part.map { TextTokens.unquoted($0.text).map(Self.lowercased) })
    case "starts": return .startsWith(left, part.map { TextTokens.unquoted($0.text).map(Self.lowercased) })
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

  private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
}
