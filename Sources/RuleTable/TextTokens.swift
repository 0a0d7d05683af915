import Platform

/// The words of an action line: separated by spaces, except inside quotes and angle brackets.
struct TextTokens {
  struct Token {
    var text: String
    var column: Int
  }

  /// - Parameter column: the column of the text's first byte.
  static func split(_ text: String, column: Int) -> [Token] {
    var tokens: [Token] = []
    var current: [UInt8] = []
    var start = 0
    var isQuoted = false
    var depth = 0
    for (offset, byte) in text.utf8.enumerated() {
      let isSpace = byte == 32 || byte == 9
      if isSpace, !isQuoted, depth == 0 {
        if !current.isEmpty {
          tokens.append(Token(text: String(decoding: current, as: UTF8.self), column: column + start))
        }
        current = []
        continue
      }
      if current.isEmpty { start = offset }
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == UInt8(ascii: "<"), !isQuoted { depth += 1 }
      if byte == UInt8(ascii: ">"), !isQuoted, depth > 0 { depth -= 1 }
      current.append(byte)
    }
    if !current.isEmpty { tokens.append(Token(text: String(decoding: current, as: UTF8.self), column: column + start)) }
    return tokens
  }

  /// The bytes of a quoted text: `\x22` is a quote, which would end it.
  static func unescaped(_ text: some Collection<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = Array(text)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3, rest.first == UInt8(ascii: "x"),
        let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
      {
        result.append(value)
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return result
  }

  /// The bytes of a text in quotes; those of another as they are.
  static func unquoted(_ text: String) -> [UInt8] {
    text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
      ? unescaped(text.utf8.dropFirst().dropLast()) : Array(text.utf8)
  }

  /// The longest time that a table may name: longer ones are a slip, and could not be added to a moment.
  private static let longestSpan = 1_000 * TimeSpan.day

  /// A length of time such as `700ms`, `90s`, `15m`, `1h`, `5d` in microseconds, always with its unit; nil when it is none.
  static func duration(_ text: String) -> UInt64? {
    guard text.last?.isLetter == true, let span = TimeSpan.microseconds(text), span <= longestSpan else { return nil }
    return span
  }
}
