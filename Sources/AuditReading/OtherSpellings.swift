import Platform

/// Finds the places of lines where a text may stand without its bytes: in escapes that mailtrail does not write.
struct OtherSpellings {
  /// Each escape but that of a quotation mark may hide the text: it has no ASCII.
  var anyEscape = false
  /// The text is also sought in keys of another version, whose escapes are made anew before: a character that has to be
  /// escaped and is not, and bytes that make a character when their escapes are undone, get letters that the line lacks.
  var madeAnew = false

  private static let backslash = UInt8(ascii: "\\")

  /// The first such place at `start` or later; nil when there is none.
  func next(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var offset = start
    while let found = bytes.firstOffset(of: Self.backslash, from: offset) {
      guard let length = ordinaryEscape(in: bytes, at: found) else { return found }
      offset = found + length
    }
    return nil
  }

  /// The length of an escape that hides nothing; nil for every other one.
  private func ordinaryEscape(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
    guard offset + 1 < bytes.count else { return nil }
    switch bytes[offset + 1] {
    case UInt8(ascii: "\""): return 2
    case Self.backslash:
      if anyEscape || (madeAnew && mayMakeCharacter(in: bytes, at: offset)) { return nil }
      return 2
    case UInt8(ascii: "u"):
      guard !anyEscape, let scalar = hexadecimal(in: bytes, at: offset + 2) else { return nil }
      return (0x20..<0x7f).contains(scalar) ? nil : 6
    default: return nil
    }
  }

  /// Whether `\\xHH` begins a character of several bytes whose next one is an escape too.
  private func mayMakeCharacter(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard offset + 5 < bytes.count, bytes[offset + 2] == UInt8(ascii: "x") else { return false }
    return bytes[offset + 3] >= UInt8(ascii: "C") && bytes[offset + 5] == Self.backslash
  }

  private func hexadecimal(in bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32? {
    guard offset + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for index in offset..<(offset + 4) {
      switch bytes[index] {
      case 48...57: value = value << 4 | UInt32(bytes[index] - 48)
      case 97...102: value = value << 4 | UInt32(bytes[index] - 87)
      default: return nil
      }
    }
    return value
  }

  /// The first character at `start` or later that mailtrail would have escaped and that stands for itself; nil when there
  /// is none: DEL, C1, and those that steer the order of text (`RecordText`).
  static func nextBareControl(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var offset = start
    while let found = bytes.firstOffsetBeyondPlainASCII(from: offset) {
      if isBareControl(in: bytes, at: found) { return found }
      offset = found + 1
    }
    return nil
  }

  /// By the first bytes of these characters: a few others begin so too, which costs time only.
  private static func isBareControl(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    let second = offset + 1 < bytes.count ? bytes[offset + 1] : 0
    let third = offset + 2 < bytes.count ? bytes[offset + 2] : 0
    switch bytes[offset] {
    case 0x7f: return true
    case 0xc2: return second < 0xa0
    case 0xd8: return second == 0x9c
    case 0xe2 where second == 0x80: return [0x8e, 0x8f].contains(third) || (0xa8...0xae).contains(third)
    case 0xe2 where second == 0x81: return (0xa6...0xa9).contains(third)
    default: return false
    }
  }
}
