/// How the bytes of a capture are written in the line.
public enum CaptureEncoding: UInt8, Sendable {
  case plain
  /// The inside of a JSON string (RFC 8259, section 7).
  case json
  /// A value of a URL's query: `%40`, and `+` for a space (the URL standard's application/x-www-form-urlencoded).
  case query

  /// The bytes that are meant.
  public func decode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    switch self {
    case .plain: Array(bytes)
    case .json: Self.unescapeJSON(bytes)
    case .query: Self.decodeQuery(bytes)
    }
  }

  /// A `%` that no two hexadecimal digits follow stands for itself.
  static func decodeQuery(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = Array(bytes)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): result.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard rest.count >= 2, let high = hexadecimal(rest[rest.startIndex]),
          let low = hexadecimal(rest[rest.startIndex + 1])
        else {
          result.append(byte)
          continue
        }
        result.append(high << 4 | low)
        rest = rest.dropFirst(2)
      default: result.append(byte)
      }
    }
    return result
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
  }

  /// Undoes the escapes of a JSON string (RFC 8259, section 7).
  private static func unescapeJSON(_ bytes: some Collection<UInt8>) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "\\")) else { return Array(bytes) }
    var result: [UInt8] = []
    var iterator = bytes.makeIterator()
    func codeUnit() -> UInt16? {
      var value: UInt16 = 0
      for _ in 0..<4 {
        guard let byte = iterator.next(), let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
        value = value << 4 | UInt16(digit)
      }
      return value
    }
    var units: [UInt16] = []
    func flush() {
      if !units.isEmpty { result += Array(String(decoding: units, as: UTF16.self).utf8) }
      units = []
    }
    while let byte = iterator.next() {
      guard byte == UInt8(ascii: "\\"), let escaped = iterator.next() else {
        flush()
        result.append(byte)
        continue
      }
      if escaped == UInt8(ascii: "u"), let unit = codeUnit() {
        units.append(unit)
        continue
      }
      flush()
      switch escaped {
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "r"): result.append(13)
      case UInt8(ascii: "t"): result.append(9)
      case UInt8(ascii: "b"): result.append(8)
      case UInt8(ascii: "f"): result.append(12)
      default: result.append(escaped)
      }
    }
    flush()
    return result
  }
}
