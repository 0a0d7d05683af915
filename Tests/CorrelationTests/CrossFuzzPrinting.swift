@testable import RuleTable

/// A stranger's text as the daemon writes it into its line.
struct CrossFuzzPrinting {
  let shape: CaptureShapes.Shape
  let rule: String
  let capture: String
  /// The line tells of somebody who is logged in.
  let isLoggedIn: Bool
  /// What else the line has.
  let beside: Set<String>
  /// The line has the capture between quotation marks.
  let isInQuotes: Bool

  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  /// - Parameter way: one of the several ways in which a client may write the same address.
  func print(_ text: [UInt8], way: Int) -> [UInt8] {
    var printed = isAddress ? address(text, way) : text
    if rule.hasPrefix("mox.") { return cut(inQuotesIfNeeded(printed)) }
    if shape.form == .query || isInURL { printed = Self.percentEncoded(printed) }
    if shape.form == .json || rule.hasPrefix("nextcloud.") { printed = Self.escaped(printed) }
    if isWrittenInQuotes || writesBackslashes { printed = Self.escaped(printed) }
    if rule.hasPrefix("cyrus.logfmt."), printed.contains(where: { " \"=\\".utf8.contains($0) }) {
      printed = [Self.quote] + Self.escaped(printed) + [Self.quote]
    }
    if rule.hasPrefix("postfix."), capture == "helo" {
      printed = printed.map { " <>()\\\";@".utf8.contains($0) ? UInt8(ascii: "?") : $0 }
    }
    if isAccountsName { printed = printed.filter(Self.isOfUserName) }
    if isHostName { printed = printed.filter { Self.isOfUserName($0) && $0 != UInt8(ascii: "@") } }
    return cut(encoded(printed))
  }

  /// A name as harmless as a stranger's can be, as the daemon writes it.
  var harmless: [UInt8] {
    cut(encoded(isAddress ? Array("zq@example.net".utf8) : Array("zq".utf8)))
  }

  /// Transfer agents write odd addresses in quotes (RFC 5321, section 4.1.2), also where a pattern takes more.
  private var isAddress: Bool {
    if shape.type == .address || shape.type == .addrspec { return !["message_id", "mid", "login"].contains(capture) }
    // Exim names what it delivered to by its local part where the address as it came stands behind it, else whole.
    if rule.hasPrefix("exim."), capture == "final" {
      return !beside.contains("top") || !rule.hasPrefix("exim.delivered")
    }
    return ["postfix.", "exim.", "amavis.", "sendmail.", "opensmtpd.", "greylist.", "mailman"].contains {
      rule.hasPrefix($0)
    }
      && ["recipient", "sender", "original", "to", "from", "envelope", "rcpt1", "rcpt2", "rcpt3"].contains(capture)
  }

  /// These write values in quotes, and a backslash in front of those within.
  private var writesBackslashes: Bool { rule.hasPrefix("stalwart.") || rule.hasPrefix("perdition.") }

  /// A string whose encoding does not escape it already.
  private var isWrittenInQuotes: Bool { shape.type == .string && shape.coding.encoding != .json }

  /// As mox's log writes a value.
  private func inQuotesIfNeeded(_ text: [UInt8]) -> [UInt8] {
    if isInQuotes { return Self.escaped(text) }
    guard text.contains(where: { $0 <= 32 || $0 >= 127 || "\"=\\".utf8.contains($0) }) else { return text }
    return [Self.quote] + Self.escaped(text) + [Self.quote]
  }

  /// Who is logged in has one of the names that there are: Dovecot's auth_username_chars, Cyrus SASL's mechanisms and
  /// Postfix's table of senders know no others.
  private var isAccountsName: Bool {
    // Its auth process refuses other names before it looks for them.
    if rule.hasPrefix("dovecot.auth."), capture == "user" { return true }
    let named = ["dovecot.": "user", "postfix.": "login"]
    return isLoggedIn && named.contains { rule.hasPrefix($0.key) && capture == $0.value }
  }

  /// In front of the query; a browser encodes what it sends.
  private var isInURL: Bool { rule.hasPrefix("cpanel.") && ["function", "module"].contains(capture) }

  /// A name of the DNS.
  private var isHostName: Bool { capture == "client" }

  /// Dovecot's auth_username_chars.
  private static func isOfUserName(_ byte: UInt8) -> Bool {
    byte >= 48 && byte < 58 || (byte | 32) >= 97 && (byte | 32) < 123 || ".-_@".utf8.contains(byte)
  }

  /// What a client may send: the text in quotes, or between other words of the local part, or behind a source route,
  /// which Exim drops.
  private func address(_ text: [UInt8], _ way: Int) -> [UInt8] {
    let quoted = [Self.quote] + Self.escaped(text) + [Self.quote]
    switch way % 4 {
    case 0: return Array("x.".utf8) + quoted + Array(".y@example.net".utf8)
    case 1: return quoted + [UInt8(ascii: "@")] + CrossFuzzTexts.victim.drop { $0 != UInt8(ascii: "@") }.dropFirst()
    case 2 where !rule.hasPrefix("exim."):
      return Array("@a.example,@b.example:".utf8) + quoted + Array("@example.net".utf8)
    default: return quoted + Array("@example.net".utf8)
    }
  }

  private static func escaped(_ text: [UInt8]) -> [UInt8] {
    text.flatMap { $0 == quote || $0 == backslash ? [backslash, $0] : [$0] }
  }

  private static func percentEncoded(_ text: [UInt8]) -> [UInt8] {
    text.flatMap { byte -> [UInt8] in
      let isPlain = byte >= 48 && byte < 58 || (byte | 32) >= 97 && (byte | 32) < 123 || "-._~".utf8.contains(byte)
      return isPlain ? [byte] : Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8)
    }
  }

  private func encoded(_ text: [UInt8]) -> [UInt8] {
    switch shape.coding.encoding {
    case .plain, .ellipsis: text
    case .json: Self.escaped(text)
    case .query: Self.percentEncoded(text)
    case .exim, .syslog: text.flatMap { $0 < 32 || $0 > 126 ? Self.octal($0, shape.coding.encoding) : [$0] }
    case .vis: text.flatMap { Self.vis($0, hidesBlanks: capture == "login") }
    case .utf7: text.flatMap { $0 == UInt8(ascii: "&") ? Array("&-".utf8) : [$0] }
    case .logfmt: text.flatMap { Self.logfmt($0) }
    case .postfix, .dovecot: text.map { $0 < 32 || $0 == 127 ? UInt8(ascii: "?") : $0 }
    }
  }

  private static func octal(_ byte: UInt8, _ encoding: CaptureEncoding) -> [UInt8] {
    let digits = String(byte, radix: 8)
    let escape = encoding == .exim ? "\\" : "#"
    return Array((escape + String(repeating: "0", count: 3 - digits.count) + digits).utf8)
  }

  /// A quoted value (lib/logfmt.c of Cyrus).
  private static func logfmt(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case quote, backslash: [backslash, byte]
    case 9: [backslash, UInt8(ascii: "t")]
    case 10: [backslash, UInt8(ascii: "n")]
    case 13: [backslash, UInt8(ascii: "r")]
    case 32..<127: [byte]
    default: Array("\\x{\(byte < 16 ? "0" : "")\(String(byte, radix: 16))}".utf8)
    }
  }

  /// vis(3) with VIS_SAFE: blanks stay, a backslash is doubled. Names come with VIS_WHITE besides.
  private static func vis(_ byte: UInt8, hidesBlanks: Bool) -> [UInt8] {
    switch byte {
    case 32 where hidesBlanks: Array("\\040".utf8)
    case backslash: [backslash, backslash]
    case 0..<32: Array("\\^".utf8) + [byte + 64]
    case 127: Array("\\^?".utf8)
    case 128...: Array("\\M-".utf8) + [byte & 127]
    default: [byte]
    }
  }

  /// Where the daemon cuts a value, with its dots. Exim asks for 127 bytes of an ident answer.
  private func cut(_ text: [UInt8]) -> [UInt8] {
    if rule.hasPrefix("exim."), capture == "ident" { return Array(text.prefix(127)) }
    let limit = Int(shape.coding.limit)
    guard limit > 0, text.count > limit else { return text }
    switch shape.coding.encoding {
    case .dovecot, .ellipsis: return text.prefix(limit - 3) + Array("...".utf8)
    default: return Array(text.prefix(limit))
    }
  }
}
