import CSystemd

/// A 128-bit id as sd-id128(3) has them: boot, machine, message or sequence-number id.
public struct ID128: Sendable, Hashable, Comparable {
  /// The first eight bytes of the id as a big-endian number, so that ids compare as their texts do.
  public let high: UInt64
  /// The last eight bytes.
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The id of all zeros: "none".
  public static let zero = ID128(high: 0, low: 0)

  /// Reads 32 hexadecimal digits; nil for anything else.
  public init?(hexadecimal digits: UnsafeRawBufferPointer) {
    guard digits.count == 32, let high = Hexadecimal.value(UnsafeRawBufferPointer(rebasing: digits[..<16])),
      let low = Hexadecimal.value(UnsafeRawBufferPointer(rebasing: digits[16...]))
    else { return nil }
    self.init(high: high, low: low)
  }

  /// Reads 32 hexadecimal digits; nil for anything else.
  public init?(_ text: String) {
    var text = text
    let id = text.withUTF8 { ID128(hexadecimal: UnsafeRawBufferPointer($0)) }
    guard let id else { return nil }
    self = id
  }

  public static func < (left: ID128, right: ID128) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }
}

extension ID128: CustomStringConvertible {
  /// 32 lower-case hexadecimal digits, as journalctl prints ids.
  public var description: String {
    Hexadecimal.text(high, digits: 16) + Hexadecimal.text(low, digits: 16)
  }
}

/// Numbers in hexadecimal digits, without the detour over `String` that the standard library would take.
enum Hexadecimal {
  /// The value of 1 to 16 lower- or upper-case digits; nil for anything else.
  static func value(_ digits: UnsafeRawBufferPointer) -> UInt64? {
    guard !digits.isEmpty, digits.count <= 16 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case 48...57: value = value << 4 | UInt64(digit - 48)
      case 97...102: value = value << 4 | UInt64(digit - 87)
      case 65...70: value = value << 4 | UInt64(digit - 55)
      default: return nil
      }
    }
    return value
  }

  /// At least `digits` lower-case digits.
  static func text(_ value: UInt64, digits: Int = 1) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}

extension ID128 {
  init(_ id: sd_id128_t) {
    var id = id
    self = withUnsafeBytes(of: &id) { bytes in
      ID128(
        high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }
}
