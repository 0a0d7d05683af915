/// The alphabets of the closed types: one bit a class, one row a byte.
enum CharacterClasses {
  static let intBit: UInt8 = 1
  static let numberBit: UInt8 = 2
  static let wordBit: UInt8 = 4
  static let tokenBit: UInt8 = 8
  static let queueidBit: UInt8 = 16
  static let ipBit: UInt8 = 32
  static let hostBit: UInt8 = 64
  /// The specials of RFC 5322, section 3.2.3, which no atom of an address holds.
  static let specialBit: UInt8 = 128

  static func bit(of type: CaptureType) -> UInt8 {
    switch type {
    case .int: intBit
    case .number: numberBit
    case .word: wordBit
    case .token: tokenBit
    case .queueid: queueidBit
    case .host: hostBit
    default: 0
    }
  }

  /// Immutable after its first use and never freed, so any thread may read it.
  nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
    let rows = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    for value in 0..<256 {
      let byte = UInt8(value)
      let isDigit = byte >= 48 && byte <= 57
      let isLetter = (byte | 0x20) >= 97 && (byte | 0x20) <= 122
      let isAlphanumeric = isDigit || isLetter
      var bits: UInt8 = 0
      if isDigit { bits |= intBit }
      if isDigit || "+-.".utf8.contains(byte) { bits |= numberBit }
      if isAlphanumeric { bits |= queueidBit }
      if isAlphanumeric || "._-".utf8.contains(byte) { bits |= hostBit }
      if isAlphanumeric || "_.+/@%*!$&~^|-".utf8.contains(byte) { bits |= wordBit }
      if byte > 32 && byte < 127 && !"<>()[]{}\"',;".utf8.contains(byte) { bits |= tokenBit }
      if isDigit || ((byte | 0x20) >= 97 && (byte | 0x20) <= 102) || ".:%".utf8.contains(byte) { bits |= ipBit }
      if "()<>[]:;@\\,.\"".utf8.contains(byte) { bits |= specialBit }
      rows[value] = bits
    }
    return UnsafePointer(rows)
  }()
}
