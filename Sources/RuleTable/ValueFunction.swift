/// What a value of an action goes through: `replaced(<x>,"^",".")`.
public enum ValueFunction: Sendable, Hashable {
  /// Each occurrence of an old text replaced by its new one, in one pass from the left.
  case replaced([Replacement])
  /// A folder's name in modified UTF-7 (RFC 3501, section 5.1.3) as UTF-8; a name that is none stays as it is.
  case folderName
  /// The words of a text as a list (`recipients`).
  case words
  /// Octal escapes of bytes beyond ASCII, `\303\266`, as these bytes; those of control characters stay as they are.
  case unescaped
  /// What stands in the last brackets: `192.0.2.1` of `mx.example.org[192.0.2.1]:25`.
  case inBrackets

  public struct Replacement: Sendable, Hashable {
    public var old: [UInt8]
    public var new: [UInt8]

    public init(old: [UInt8], new: [UInt8]) {
      self.old = old
      self.new = new
    }
  }

  public func callAsFunction(_ value: [UInt8]) -> [UInt8] {
    switch self {
    case .replaced(let pairs): Self.replace(pairs, in: value)
    case .folderName: Self.decodeModifiedUTF7(value) ?? value
    case .words: Array(value.split(separator: 32).joined(separator: [0]))
    case .unescaped: Self.unescape(value)
    case .inBrackets: Self.inLastBrackets(of: value)
    }
  }

  private static func replace(_ pairs: [Replacement], in value: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = value[...]
    while let byte = rest.first {
      if let pair = pairs.first(where: { rest.starts(with: $0.old) }) {
        result += pair.new
        rest = rest.dropFirst(pair.old.count)
      } else {
        result.append(byte)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  /// nil when a shift sequence is not closed or holds what base64 has not.
  private static func decodeModifiedUTF7(_ value: [UInt8]) -> [UInt8]? {
    guard value.contains(UInt8(ascii: "&")) else { return value }
    var result: [UInt8] = []
    var rest = value[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "&") else {
        result.append(byte)
        continue
      }
      guard let end = rest.firstIndex(of: UInt8(ascii: "-")) else { return nil }
      let inside = rest[..<end]
      rest = rest[(end + 1)...]
      if inside.isEmpty {
        result.append(byte)
      } else {
        guard let units = utf16(inside) else { return nil }
        result += Array(String(decoding: units, as: UTF16.self).utf8)
      }
    }
    return result
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)

  private static func utf16(_ base64: ArraySlice<UInt8>) -> [UInt16]? {
    var units: [UInt16] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in base64 {
      guard let digit = alphabet.firstIndex(of: byte) else { return nil }
      bits = bits << 6 | UInt32(digit)
      count += 6
      guard count >= 16 else { continue }
      count -= 16
      units.append(UInt16(truncatingIfNeeded: bits >> UInt32(count)))
      bits &= (1 << UInt32(count)) - 1
    }
    return units
  }

  private static func inLastBrackets(of value: [UInt8]) -> [UInt8] {
    guard let end = value.lastIndex(of: UInt8(ascii: "]")),
      let start = value[..<end].lastIndex(of: UInt8(ascii: "["))
    else { return [] }
    return Array(value[(start + 1)..<end])
  }

  private static func unescape(_ value: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = value[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8), code >= 128
      {
        result.append(code)
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
