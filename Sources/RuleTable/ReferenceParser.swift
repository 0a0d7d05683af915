/// Keys of contexts with the fields behind them: `KIND KEY…: field=value …`.
extension ActionParser {
  mutating func parseReferenceAndFields() throws(Diagnostic.Failure) -> (ContextReference, [FieldAssignment]) {
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

  mutating func parseNamedReference(
    _ part: ArraySlice<TextTokens.Token>
  ) throws(Diagnostic.Failure) -> (ContextReference, Int) {
    var part = part
    var name = part.first?.text ?? ""
    if let asIndex = part.lastIndex(where: { $0.text == "as" }), asIndex + 1 < part.endIndex {
      name = part[asIndex + 1].text
      part = part[..<asIndex]
    }
    let reference = try reference(part)
    if let known = contextNames.firstIndex(of: name) { return (reference, known) }
    contextNames.append(name)
    return (reference, contextNames.count - 1)
  }

  mutating func reference(
    _ part: ArraySlice<TextTokens.Token>
  ) throws(Diagnostic.Failure) -> ContextReference {
    guard part.count >= 2, let kind = part.first else {
      throw fail("a note needs a kind and a key", "write for instance: queue <queue_id>")
    }
    var parts: [ValueExpression] = []
    for token in part.dropFirst() { parts.append(try value(token.text, token)) }
    return ContextReference(kind: kind.text, parts: parts, crossesHosts: kindsAcrossHosts.contains(kind.text))
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
}
