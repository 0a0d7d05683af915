import AuditModel

/// A name from a log as the name of a directory: percent-encoded, so that it can be nothing else.
///
/// Bytes outside `[a-z0-9._+=@-]` become `%HH`, and so does a leading point. Longer names than `maximumLength` become
/// their beginning, `~` and sixteen digits of a hash; `~` itself is always encoded, so that such a name is one for
/// certain. The result is never empty, `.` or `..`, and holds no slash and no NUL.
enum PathPart {
  static let maximumLength = 200

  enum Role {
    /// Encodes a leading underscore too: no domain may become `_unknown`, `_panel` or `_local`.
    case domain
    case name
  }

  static func encode(_ name: ArraySlice<UInt8>, as role: Role) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(name.count + 8)
    for index in name.indices {
      let byte = name[index]
      let isLeading = index == name.startIndex
      let mustEncode = isLeading && (byte == point || (role == .domain && byte == underscore))
      if isPlain[Int(byte)] && !mustEncode { encoded.append(byte) } else { appendEncoded(byte, to: &encoded) }
    }
    // No address has an empty part; should one come all the same, `%` alone cannot come from anything else.
    if encoded.isEmpty { encoded = [percent] }
    return String(decoding: encoded.count > maximumLength ? shortened(encoded, name) : encoded, as: UTF8.self)
  }

  /// The name that was encoded; nil when the text is no encoded name, or was shortened.
  static func decode(_ text: String, as role: Role) -> [UInt8]? {
    var name: [UInt8] = []
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      if bytes[index] == percent {
        guard index + 2 < bytes.count, let high = value(bytes[index + 1]), let low = value(bytes[index + 2])
        else { return bytes.count == 1 ? [] : nil }
        name.append(high << 4 | low)
        index += 3
      } else {
        name.append(bytes[index])
        index += 1
      }
    }
    // Only the one way of writing a name is ours: `%61` for `a` was made by somebody else.
    return encode(name[...], as: role) == text ? name : nil
  }

  /// Whether the text is a name that was shortened.
  static func isShortened(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count > 17, bytes[bytes.count - 17] == tilde else { return false }
    return bytes.suffix(16).allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  private static let point = UInt8(ascii: ".")
  private static let underscore = UInt8(ascii: "_")
  private static let percent = UInt8(ascii: "%")
  private static let tilde = UInt8(ascii: "~")
  private static let digits = Array("0123456789ABCDEF".utf8)
  private static let isPlain: [Bool] = (0..<256).map { byte in
    (97...122).contains(byte) || (48...57).contains(byte) || "._+=@-".utf8.contains(UInt8(byte))
  }

  private static func appendEncoded(_ byte: UInt8, to encoded: inout [UInt8]) {
    encoded.append(percent)
    encoded.append(digits[Int(byte >> 4)])
    encoded.append(digits[Int(byte & 15)])
  }

  private static func shortened(_ encoded: [UInt8], _ name: ArraySlice<UInt8>) -> [UInt8] {
    var end = maximumLength - 17
    // Not within an escape.
    if let escape = encoded[(end - 2)..<end].firstIndex(of: percent) { end = escape }
    var hash = StableHash()
    hash.combine(name)
    let hexadecimal = String(hash.value, radix: 16)
    let text = "~" + String(repeating: "0", count: 16 - hexadecimal.utf8.count) + hexadecimal
    return encoded[..<end] + Array(text.utf8)
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70: digit - 55
    default: nil
    }
  }
}
