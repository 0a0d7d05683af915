/// How far a capture reaches.
///
/// Closed types end where their own alphabet ends, in either direction, so that a stranger's text beside them cannot
/// move their ends. Open types (`text`, `gap`) are bounded by the literals around them.
public enum CaptureType: String, Sendable, CaseIterable {
  /// Up to the first offset (scanned from the left; the last, scanned from the right) at which the rest fits.
  case text
  /// What is between the scan from the left and the scan from the right; one in a pattern at the most.
  case gap
  /// Digits.
  case int
  /// Digits, points, a sign.
  case number
  /// Letters, digits and `_ . + / @ % * ! $ & ~ ^ | -`: a keyword, a mechanism, a status code.
  case word
  /// Visible characters without brackets, quotes, comma and semicolon: a session or transaction id.
  case token
  /// A queue id: five hexadecimal digits or more, or ten letters and digits or more.
  case queueid
  /// An IPv4 or IPv6 address, perhaps with `IPv6:` in front or a zone behind.
  case ip
  /// Letters, digits, points, hyphens, underscores: a host name.
  case host
  /// What stands between the angle brackets of an envelope address, quoted strings respected: see `AddressPath`.
  case address
  /// A mail address that ends where its grammar ends, in brackets or bare: see `AddressPath`.
  case addrspec
  /// The inside of quotation marks: up to the first that no backslash hides.
  case string

  /// The type by its name in a pattern.
  public init?(name: some StringProtocol) {
    self.init(rawValue: String(name))
  }

  var isOpen: Bool { self == .text || self == .gap }

  /// Whether its scope's encoding is that of a capture that names none: all kinds of names come in these types.
  var inheritsEncodingOfScope: Bool { isOpen || endsAtItsCloser }

  /// Whether only what follows it says where it ends, so that it is not looked for in a part of the line.
  var endsAtItsCloser: Bool { self == .address || self == .addrspec || self == .string }

  /// Whether it can be scanned from the right.
  var isReadBackwards: Bool { self != .addrspec && self != .string }

  /// Whether an escape fits into its alphabet.
  var mayBeEncoded: Bool { inheritsEncodingOfScope || self == .word || self == .token }

  /// Rank for "the more literal one wins": a smaller number is tried earlier.
  var looseness: Int {
    switch self {
    case .int: 0
    case .ip: 1
    case .number: 2
    case .queueid: 3
    case .host: 4
    case .word: 5
    case .token: 6
    case .address: 7
    case .addrspec: 8
    case .string: 9
    case .text: 10
    case .gap: 11
    }
  }
}
