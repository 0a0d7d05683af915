import RuleTable

/// A pattern as a regular expression of PCRE2 (pcre2pattern(3)), to be anchored at both ends by its user.
///
/// What is kept is a numbered group. A text is as short and a gap as long as possible, which is what scanning from the
/// left and from the right gives.
struct RegularExpression {
  let patterns: RulePatterns

  func text(of parts: [Pattern.Element]) -> String {
    parts.enumerated().map { index, part in
      switch part {
      case .literal(let bytes): Self.escaped(bytes)
      case .capture(let name, let type, _, _):
        Self.group(
          type == .text && index == parts.count - 1 ? ".*" : Self.expression(of: type), isKept: !name.isEmpty)
      case .run(let list): patterns.list(named: list).map(text(of:)) ?? ""
      case .optional(let inner): "(?:\(text(of: inner)))?"
      }
    }.joined()
  }

  private func text(of list: ListSource) -> String {
    switch list.form {
    case .json: return "\\{.*\\}"
    case .query: return "[^\\s\"#]*"
    case .list:
      let separator = Self.escaped(list.separator)
      var items = list.items.map { text(of: $0.elements) }
      if list.allowsOthers { items.append("(?:(?!\(separator)).)+?") }
      return "(?:\(separator)(?:\(items.joined(separator: "|"))))*"
    }
  }

  private static func group(_ expression: String, isKept: Bool) -> String {
    isKept ? "(\(expression))" : "(?:\(expression))"
  }

  /// The alphabets of `CaptureType`.
  private static func expression(of type: CaptureType) -> String {
    switch type {
    case .text: ".*?"
    case .gap: ".*"
    case .int: "[0-9]+"
    case .number: "[0-9+.-]+"
    case .word: "[0-9A-Za-z_.+/@%*!$&~^|-]+"
    case .token: "[!#-&*+./:=?@A-Z\\\\^_`a-z|~0-9$%&-]+"
    case .queueid: "(?:[0-9A-Za-z]{10,}|[0-9A-Fa-f]{5,})"
    case .ip: "(?:(?i:IPv6:)?[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+(?:%[0-9A-Za-z._-]+)?)"
    case .host: "[0-9A-Za-z._-]+"
    case .address: "(?:\"(?:[^\"\\\\]|\\\\.)*\")?[^>]*"
    case .addrspec: "(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\\\.|[^ <>\"\\\\])*"
    case .string: "(?:[^\"\\\\]|\\\\.)*"
    }
  }

  /// Everything but letters, digits and bytes above 127 by its number.
  private static func escaped(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let isPlain = byte >= 48 && byte <= 57 || (byte | 0x20) >= 97 && (byte | 0x20) <= 122
      if isPlain { return String(UnicodeScalar(byte)) }
      let digits = String(byte, radix: 16)
      return "\\x" + (digits.count == 1 ? "0" : "") + digits
    }.joined()
  }
}
