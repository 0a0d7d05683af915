/// The stable identity of an event: the same journal gives the same id, whoever reads it and whenever.
///
/// `source` identifies the journal entry (boot, monotonic time, realtime and content hash), `detail` separates the events
/// of one entry (kind, mailbox, recipient, folder, uids). Level, gates and settings are no part of it.
public struct EventID: Sendable, Hashable {
  public var source: UInt64
  /// 48 bits are kept.
  public var detail: UInt64
  /// The summary of a burst has the id of the burst's first entry and the word `.burst` behind it.
  public var isBurst: Bool

  public init(source: UInt64, detail: UInt64, isBurst: Bool = false) {
    self.source = source
    self.detail = detail & 0xffff_ffff_ffff
    self.isBurst = isBurst
  }

  /// Sixteen hexadecimal digits, a point, twelve digits, and `.burst` for a summary.
  public func append(to bytes: inout [UInt8]) {
    Self.appendHexadecimal(source, digits: 16, to: &bytes)
    bytes.append(UInt8(ascii: "."))
    Self.appendHexadecimal(detail, digits: 12, to: &bytes)
    if isBurst { bytes.append(contentsOf: ".burst".utf8) }
  }

  /// Reads what `append(to:)` wrote; nil when the text is no id.
  public init?(_ text: some Collection<UInt8>) {
    let bytes = Array(text)
    guard bytes.count == 29 || bytes.count == 35, bytes[16] == UInt8(ascii: "."),
      let source = Self.hexadecimal(bytes[0..<16]), let detail = Self.hexadecimal(bytes[17..<29])
    else { return nil }
    if bytes.count == 35 { guard bytes[29...].elementsEqual(".burst".utf8) else { return nil } }
    self.init(source: source, detail: detail, isBurst: bytes.count == 35)
  }

  private static func appendHexadecimal(_ value: UInt64, digits: Int, to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(48, count: digits))
    var rest = value
    for index in stride(from: start + digits - 1, through: start, by: -1) {
      let nibble = UInt8(truncatingIfNeeded: rest & 15)
      bytes[index] = nibble < 10 ? nibble + 48 : nibble + 87
      rest >>= 4
    }
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case 48...57: value = value << 4 | UInt64(digit - 48)
      case 97...102: value = value << 4 | UInt64(digit - 87)
      default: return nil
      }
    }
    return value
  }
}

/// A 64-bit hash that is the same on every machine and in every version: FNV-1a with a final mix.
///
/// Used for identities, not against an adversary: what it hashes contains the journal's own times and content hash.
@frozen public struct StableHash: Sendable {
  @usableFromInline var state: UInt64 = 0xcbf2_9ce4_8422_2325

  @inlinable public init() {}

  @inlinable public mutating func combine(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    // A length mark would need a second pass; a byte that ends each part keeps "ab","c" and "a","bc" apart.
    state = (state ^ 0xff) &* 0x0000_0100_0000_01b3
  }

  @inlinable public mutating func combine(_ value: UInt64) {
    var value = value
    for _ in 0..<8 {
      state = (state ^ (value & 0xff)) &* 0x0000_0100_0000_01b3
      value >>= 8
    }
  }

  /// The hash of what was combined so far.
  @inlinable public var value: UInt64 {
    var hash = state
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ (hash >> 33)
  }
}
