/// Which values JSON can hold as numbers, and every reader as 64-bit ones: at most 18 digits, no leading zero.
enum NumberShape {
  private static let maximumDigits = 18

  static func isInteger(_ value: UnsafeBufferPointer<UInt8>) -> Bool { isInteger(value[...]) }

  static func isInteger(_ value: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    guard !value.isEmpty, value.count <= maximumDigits, value.allSatisfy(isDigit) else { return false }
    return value.count == 1 || value[value.startIndex] != UInt8(ascii: "0")
  }

  /// An integer, perhaps with a minus and decimals: 18 digits in all.
  static func isNumber(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    var whole = value[...]
    if whole.first == UInt8(ascii: "-") { whole = whole.dropFirst() }
    guard whole.count <= maximumDigits + 1 else { return false }
    guard let point = whole.firstIndex(of: UInt8(ascii: ".")) else { return isInteger(whole) }
    let decimals = whole[(point + 1)...]
    return isInteger(whole[..<point]) && !decimals.isEmpty && decimals.allSatisfy(isDigit)
  }

  /// Integers with single commas between them.
  static func isIntegerList(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    guard !value.isEmpty else { return false }
    var start = 0
    while true {
      let end = value[start...].firstIndex(of: UInt8(ascii: ",")) ?? value.count
      guard isInteger(value[start..<end]) else { return false }
      if end == value.count { return true }
      start = end + 1
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
}
