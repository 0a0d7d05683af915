@_spi(_Unicode) import Swift

/// A name's text in one of the several ways in which it may be written: without quotes that it does not need, and
/// composed (Unicode's NFC).
///
/// RFC 5321, section 4.1.2, says that `"liu"@example.org` and `liu@example.org` are one mailbox, and Dovecot's LMTP and
/// Cyrus take the quotes off; Unicode's annex 15 says that equal letters are one text, and SASL servers prepare names so
/// (RFC 8265, section 3.3). Bytes that are not UTF-8 stay as they are.
enum NameText {
  /// Whether nothing needs to be done: ASCII without quotes, as nearly all names are.
  static func isPlain(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    // Without a branch: the compiler makes one comparison of many bytes of it.
    var odd: UInt8 = 0
    for index in 0..<name.count { odd |= name[index] & 128 | (name[index] == quote ? 128 : 0) }
    return odd == 0
  }

  /// The parts of a name, which is not plain; no domain for a name without one.
  static func parts(of name: [UInt8]) -> (local: [UInt8], domain: [UInt8]) {
    let name = composed(name)
    // Quotes around the local part, or around all of a name without a domain.
    if let (text, end) = unquoted(name), end == name.count || name[end...].lastIndex(of: at) == end {
      return (local(text), Array(name[end...].dropFirst()))
    }
    if let split = name.lastIndex(of: at), split > 0, split < name.count - 1 {
      return (Array(name[..<split]), Array(name[(split + 1)...]))
    }
    let bare = Array(name.filter { $0 != at }.drop(while: isBlank))
    return (text(of: bare[...]).map(local) ?? bare, [])
  }

  /// What a local part means: without its quotes, if it has any; nil when they do not close.
  static func text(of local: ArraySlice<UInt8>) -> [UInt8]? {
    guard local.contains(quote) else { return Array(local) }
    guard let (text, end) = unquoted(Array(local)), end == local.count else { return nil }
    return text
  }

  /// A text as a local part: in quotes where it needs them.
  static func local(_ text: [UInt8]) -> [UInt8] { canStandAlone(text) ? text : quoted(text) }

  /// Equal letters in the one form that is composed as far as can be (Unicode's NFC).
  static func composed(_ name: [UInt8]) -> [UInt8] {
    guard name.contains(where: { $0 >= 128 }), let text = String(validating: name, as: UTF8.self) else { return name }
    var result: [UInt8] = []
    for scalar in text._nfc { result += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter }
    return result
  }

  // MARK: - Quotes

  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")
  private static let at = UInt8(ascii: "@")
  private static let dot = UInt8(ascii: ".")

  /// What the words at the beginning mean, and where they end: atoms and quoted strings with dots between them
  /// (RFC 5322, section 4.4, obs-local-part). nil when none of them is quoted or the quotes do not close.
  private static func unquoted(_ name: [UInt8]) -> (text: [UInt8], end: Int)? {
    var text: [UInt8] = []
    var index = 0
    var hasQuotes = false
    while true {
      if index < name.count, name[index] == quote {
        guard let end = closingQuote(of: name, from: index + 1, &text) else { return nil }
        index = end + 1
        hasQuotes = true
      } else {
        let atom = name[index...].prefix { $0 != quote && $0 != dot && $0 != at }
        guard !atom.isEmpty else { return nil }
        text += atom
        index += atom.count
      }
      guard index < name.count, name[index] == dot else { return hasQuotes ? (text, index) : nil }
      text.append(dot)
      index += 1
    }
  }

  private static func closingQuote(of name: [UInt8], from start: Int, _ text: inout [UInt8]) -> Int? {
    var index = start
    while index < name.count {
      if name[index] == quote { return index }
      if name[index] == backslash { index += 1 }
      guard index < name.count else { return nil }
      text.append(name[index])
      index += 1
    }
    return nil
  }

  /// Whether a local part without quotes is read as the same text again.
  private static func canStandAlone(_ text: [UInt8]) -> Bool {
    guard let first = text.first else { return false }
    return !isBlank(first) && !text.contains(quote)
  }

  private static func quoted(_ text: [UInt8]) -> [UInt8] {
    [quote] + text.flatMap { $0 == quote || $0 == backslash ? [backslash, $0] : [$0] } + [quote]
  }

  /// As isspace(3) has it in the C locale.
  static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte >= 9 && byte <= 13 }
}
