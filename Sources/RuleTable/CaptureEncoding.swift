import Glibc

/// How a daemon writes the bytes of a name into its line.
///
/// The numbers stand in findings that pass from thread to thread; none is stored.
public enum CaptureEncoding: UInt8, Sendable, CaseIterable {
  case plain = 0
  /// The inside of a JSON string (RFC 8259, section 7).
  case json = 1
  /// A value of a URL's query: `%40`, and `+` for a space (the URL standard's application/x-www-form-urlencoded).
  case query = 2
  /// Exim's string_printing(): `\303\266` for bytes beyond ASCII.
  case exim = 3
  /// vis(3), as OpenSMTPD uses it: `\M-C\M-6`, `\^A`, `\040`, `\\`.
  case vis = 4
  /// Modified UTF-7 (RFC 3501, section 5.1.3), as Cyrus writes folders and accounts: `Gel&APY-scht`.
  case utf7 = 5
  /// rsyslog's escapes of control characters: `#012`.
  case syslog = 6
  /// Postfix's printable(): `?` for what it hides. What was there is lost.
  case postfix = 7
  /// Dovecot's str_sanitize(): `?` or U+FFFD for what it hides, `...` where it cuts. What was there is lost.
  case dovecot = 8
  /// Nothing is replaced, but `...` or `…` stands where the name was cut.
  case ellipsis = 9
  /// A quoted value of Cyrus' logfmt: `\t`, `\"`, `\\`, `\x{e9}` (lib/logfmt.c).
  case logfmt = 10

  /// The encoding by its name in a table.
  public init?(name: some StringProtocol) {
    guard let known = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = known
  }

  /// The byte with which an escape begins, and a second one; 0 where there is none.
  private var escapeStarts: (UInt8, UInt8) {
    switch self {
    case .json, .exim, .vis, .logfmt: (UInt8(ascii: "\\"), 0)
    case .query: (UInt8(ascii: "%"), UInt8(ascii: "+"))
    case .utf7: (UInt8(ascii: "&"), 0)
    case .syslog: (UInt8(ascii: "#"), 0)
    case .plain, .postfix, .dovecot, .ellipsis: (0, 0)
    }
  }

  /// Whether something in the bytes may be an escape: mostly not, and they are what is meant.
  public func mayDecode(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let (first, second) = escapeStarts
    guard first != 0, let start = bytes.baseAddress else { return false }
    return memchr(start, Int32(first), bytes.count) != nil
      || second != 0 && memchr(start, Int32(second), bytes.count) != nil
  }

  /// Room that suffices for the decoding of so many bytes.
  public static func maximumLength(of count: Int) -> Int { 2 * count + 4 }

  /// Writes what is meant where there is room for `maximumLength`; returns its length. An escape that is none stands for
  /// itself.
  public func decode(_ bytes: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) -> Int {
    var decoder = EscapeDecoder(input: bytes, output: output)
    switch self {
    case .plain, .postfix, .dovecot, .ellipsis: decoder.copyAll()
    case .json: decoder.decodeJSON()
    case .query: decoder.decodeQuery()
    case .exim: decoder.decodeExim()
    case .vis: decoder.decodeVis()
    case .syslog: decoder.decodeSyslog()
    case .logfmt: decoder.decodeLogfmt()
    case .utf7: if !decoder.decodeModifiedUTF7() { decoder.copyAll() }
    }
    return decoder.count
  }

  /// The bytes that are meant.
  public func decode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    Array(bytes).withUnsafeBufferPointer { bytes in
      [UInt8](unsafeUninitializedCapacity: Self.maximumLength(of: bytes.count)) { buffer, count in
        count = decode(bytes, to: buffer.baseAddress!)
      }
    }
  }
}

/// How a capture is written: its encoding, and after how many bytes the daemon cuts it.
package struct CaptureCoding: Sendable, Hashable {
  var encoding = CaptureEncoding.plain
  /// A value as long as this was perhaps longer; 0 for no limit.
  var limit: UInt16 = 0

  static let plain = CaptureCoding()

  /// Reads `exim` or `postfix:100`.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let encoding = CaptureEncoding(name: parts[0]) else { return nil }
    self.encoding = encoding
    if parts.count == 2 {
      guard let limit = UInt16(parts[1]), limit > 0 else { return nil }
      self.limit = limit
    }
  }

  init() {}

  /// For a message: what may be written.
  static var remedy: String {
    "encodings are \(CaptureEncoding.allCases.map { "\($0)" }.joined(separator: ", ")), with :100 behind where the"
      + " daemon cuts at 100 bytes"
  }

  /// Whether the value need not be the whole name: a part was cut off or replaced.
  @inline(__always)
  func hidesPart(of value: UnsafeBufferPointer<UInt8>) -> Bool {
    switch encoding {
    case .plain where limit == 0: false
    case .postfix: isAtLimit(value.count) || value.contains(UInt8(ascii: "?"))
    case .dovecot: isCutByDots(value) || Self.holdsReplacement(value)
    case .ellipsis: isCutByDots(value)
    default: isAtLimit(value.count)
    }
  }

  private func isAtLimit(_ count: Int) -> Bool { limit > 0 && count >= limit }

  /// Dovecot cuts whole characters, so that a cut value has the limit's length or a few bytes less.
  private func isCutByDots(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    guard limit == 0 || value.count + 6 >= limit else { return false }
    return value.suffix(3).elementsEqual("...".utf8) || value.suffix(3).elementsEqual("…".utf8)
  }

  private static func holdsReplacement(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    if value.contains(UInt8(ascii: "?")) { return true }
    var rest = value[...]
    while let offset = rest.firstIndex(of: 0xEF) {
      if rest[offset...].starts(with: [0xEF, 0xBF, 0xBD]) { return true }
      rest = rest[(offset + 1)...]
    }
    return false
  }
}
