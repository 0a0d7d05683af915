import AuditModel

/// Offers, and the rule's own values: `offer`, `take`, `withdraw`, `set`.
extension ActionParser {
  mutating func parseOffer() throws(Diagnostic.Failure) -> Action.Verb {
    let name = popName()
    guard let within = try popDuration(behind: "within") else {
      throw fail("‘offer’ does not say how long", "write: offer … within 1s, or: offer … within 1s as NAME")
    }
    let (reference, fields) = try parseOfferReference()
    return .offer(reference, fields: fields, within: within, as: contextIndex(of: name))
  }

  mutating func parseTake() throws(Diagnostic.Failure) -> Action.Verb {
    let name = popName()
    let isOldest = tokens.last?.text == "oldest"
    if isOldest { tokens.removeLast() }
    let (reference, fields) = try parseOfferReference()
    return .take(reference, fields: fields, isOldest: isOldest, as: contextIndex(of: name))
  }

  mutating func parseWithdraw() throws(Diagnostic.Failure) -> Action.Verb {
    guard let kind = tokens.first, tokens.count > 1 else {
      throw fail("‘withdraw’ needs a kind of offers and their group", "write for instance: withdraw moving <session>")
    }
    if let slash = tokens.first(where: { $0.text == "/" }) {
      throw fail("‘withdraw’ ends a whole group", "leave out what stands behind the /", slash)
    }
    var parts: [ValueExpression] = []
    for token in tokens.dropFirst() { parts.append(try value(token.text, token)) }
    return .withdraw(
      OfferReference.group(kind: kind.text, parts: parts, crossesHosts: kindsAcrossHosts.contains(kind.text)))
  }

  mutating func parseSet() throws(Diagnostic.Failure) -> Action.Verb {
    var fields: [FieldAssignment] = []
    for token in tokens {
      let field = try assignment(token)
      let name = names.name(of: field.field)
      guard field.operation == .set else {
        throw fail("‘set’ knows no lists", "write: set name=value", token)
      }
      guard !patternCaptures.contains(name) else {
        throw fail("‘\(name)’ is a capture of the pattern", "choose another name", token)
      }
      try checkRole(field, token)
      captures.insert(name)
      fields.append(field)
    }
    guard !fields.isEmpty else { throw fail("‘set’ sets nothing", "write: set name=value") }
    return .set(fields)
  }

  /// Takes `as NAME` off the end; without it the kind is the name.
  private mutating func popName() -> String {
    guard tokens.count > 2, tokens[tokens.count - 2].text == "as" else { return tokens.first?.text ?? "" }
    defer { tokens.removeLast(2) }
    return tokens[tokens.count - 1].text
  }

  private mutating func contextIndex(of name: String) -> Int {
    if let known = contextNames.firstIndex(of: name) { return known }
    contextNames.append(name)
    return contextNames.count - 1
  }

  /// `KIND GROUP… / KEY…: field=value …`; without a `/` the whole key is the group.
  private mutating func parseOfferReference() throws(Diagnostic.Failure) -> (OfferReference, [FieldAssignment]) {
    guard let kind = tokens.first, tokens.count > 1 else {
      throw fail("an offer needs a kind and a key", "write for instance: offer moving <session> / <folder> within 10s")
    }
    var fields: [FieldAssignment] = []
    if let colon = tokens.firstIndex(where: { $0.text.hasSuffix(":") && !$0.text.hasPrefix("\"") }) {
      for token in tokens[(colon + 1)...] {
        fields.append(try assignment(token))
        try checkRole(fields[fields.count - 1], token)
      }
      tokens.removeSubrange((colon + 1)...)
      tokens[colon].text.removeLast()
      if tokens[colon].text.isEmpty { tokens.removeLast() }
    }
    let slash = tokens.firstIndex { $0.text == "/" } ?? tokens.endIndex
    var parts: [ValueExpression] = []
    for token in tokens.dropFirst() where token.text != "/" { parts.append(try value(token.text, token)) }
    guard slash > 1, !parts.isEmpty else {
      throw fail("an offer needs a group in front of the /", "begin the key with what the offers have in common", kind)
    }
    return (
      OfferReference(
        kind: kind.text, parts: parts, groupSize: slash - 1, crossesHosts: kindsAcrossHosts.contains(kind.text)),
      fields
    )
  }
}
