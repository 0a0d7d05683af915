import AuditModel

/// Values of fields, keys and conditions.
extension ActionParser {
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
    case ("login-user", 1): return .applied(.loginUser, try value(parts[0], token, depth: depth))
    case ("service-user", 1): return .applied(.serviceUser, try value(parts[0], token, depth: depth))
    case ("unescaped", 1): return .applied(.unescaped, try value(parts[0], token, depth: depth))
    case ("before", 2), ("after", 2):
      let text = TextTokens.unquoted(parts[1])
      guard !text.isEmpty else { fallthrough }
      return .applied(name == "before" ? .before(text) : .after(text), try value(parts[0], token, depth: depth))
    case ("rights-given", 2), ("rights-taken", 2):
      // What the one list gives more than the other is what the other gives less.
      let lists = name == "rights-given" ? parts : parts.reversed()
      let first = try value(lists[0], token, depth: depth)
      let second = try value(lists[1], token, depth: depth)
      return .applied(.rightsGiven, .joined([first, .literal([0]), second]))
    case ("replaced", 3...) where !parts.count.isMultiple(of: 2):
      let texts = parts.dropFirst().map(TextTokens.unquoted)
      let pairs = stride(from: 0, to: texts.count, by: 2).map {
        ValueFunction.Replacement(old: texts[$0], new: texts[$0 + 1])
      }
      guard pairs.allSatisfy({ !$0.old.isEmpty }) else { fallthrough }
      return .applied(.replaced(pairs), try value(parts[0], token, depth: depth))
    default:
      throw fail(
        "‘\(token.text)’ is no function of a value",
        "use mailbox(<x>), account(<x>), address(<x>), replaced(<x>,\"old\",\"new\"), folder-name(<x>), words(<x>), "
          + "in-brackets(<x>), local-part(<x>), domain-part(<x>), message-id(<x>), segment(<x>,2), login-user(<x>), "
          + "service-user(<x>), before(<x>,\".\"), after(<x>,\".\"), rights-given(<old>,<new>), "
          + "rights-taken(<old>,<new>) or unescaped(<x>)",
        token)
    }
  }

  private mutating func simpleValue(
    _ text: String, _ token: TextTokens.Token
  ) throws(Diagnostic.Failure) -> ValueExpression {
    if text.hasPrefix("\"") { return .literal(TextTokens.unquoted(text)) }
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
      if let context = contextNames.firstIndex(of: name) {
        return .contextField(context, field: try number(of: field, token))
      }
      if let meant = Spelling.suggestion(for: name, among: contextNames) {
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
}
