import Platform

/// How text from a log becomes a JSON string, and back.
///
/// Everything that a terminal or a line-oriented reader might obey is written as `\u00XX`: control characters, DEL, C1
/// controls, the controls of bidirectional text, U+2028 and U+2029. A byte that is no part of valid UTF-8 is written as
/// the four characters `\xHH` (two upper-case digits; the backslash is doubled by JSON). So that this cannot be taken
/// for genuine text, a backslash in the text that would begin such a sequence (`\x80` to `\xFF`, or `\x5C`) is itself
/// written as `\x5C`. Nothing else changes, so that the escape can be undone without loss.
package enum RecordText {
  /// Appends the bytes as the inside of a JSON string.
  ///
  /// The offset stays below the count: it moves by one, or by the length of a character that `UTF8Scanning` found whole.
  package static func append(_ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    var runStart = 0
    var offset = 0
    func flush(_ output: inout [UInt8]) {
      if runStart < offset { output.append(contentsOf: UnsafeBufferPointer(rebasing: text[runStart..<offset])) }
    }
    while offset < text.count {
      if isPlain[Int(text[offset])] {
        offset += 1
        continue
      }
      let byte = text[offset]
      if byte < 0x80 {
        flush(&output)
        appendASCII(byte, isEscapeLike: byte == backslash && startsEscape(text, at: offset), to: &output)
        offset += 1
      } else {
        let (scalar, length) = UTF8Scanning.scalar(text, at: offset)
        if let scalar, !isHidden(scalar) {
          offset += length
          continue
        }
        flush(&output)
        if let scalar { appendUnicodeEscape(scalar, to: &output) } else { appendByteEscape(byte, to: &output) }
        offset += length
      }
      runStart = offset
    }
    flush(&output)
  }

  /// Undoes the escape of bytes in a text whose JSON escapes are undone already.
  package static func unescapedBytes(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(backslash) else { return text }
    return text.withUnsafeBufferPointer { text in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(text.count)
      var offset = 0
      while offset < text.count {
        if text[offset] == backslash, let value = escapedByte(text, at: offset) {
          bytes.append(value)
          offset += 4
        } else {
          bytes.append(text[offset])
          offset += 1
        }
      }
      return bytes
    }
  }

  private static let backslash = UInt8(ascii: "\\")

  /// ASCII bytes that stand for themselves.
  private static let isPlain: [Bool] = (0..<256).map { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }

  private static func startsEscape(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> Bool {
    escapedByte(text, at: offset) != nil
  }

  /// The byte that `\xHH` at this offset stands for; nil when it stands for itself.
  private static func escapedByte(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt8? {
    guard offset + 3 < text.count, text[offset + 1] == UInt8(ascii: "x"), let high = digit(text[offset + 2]),
      let low = digit(text[offset + 3])
    else { return nil }
    let value = high << 4 | low
    return value >= 0x80 || value == backslash ? value : nil
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    default: nil
    }
  }

  private static func appendASCII(_ byte: UInt8, isEscapeLike: Bool, to output: inout [UInt8]) {
    if isEscapeLike { return appendByteEscape(backslash, to: &output) }
    if byte == backslash || byte == UInt8(ascii: "\"") {
      output.append(backslash)
      output.append(byte)
    } else {
      appendUnicodeEscape(UInt32(byte), to: &output)
    }
  }

  private static func appendByteEscape(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(contentsOf: [backslash, backslash, UInt8(ascii: "x")])
    output.append(upperDigits[Int(byte >> 4)])
    output.append(upperDigits[Int(byte & 15)])
  }

  private static func appendUnicodeEscape(_ scalar: UInt32, to output: inout [UInt8]) {
    output.append(contentsOf: [backslash, UInt8(ascii: "u")])
    for shift in [12, 8, 4, 0] as [UInt32] { output.append(lowerDigits[Int((scalar >> shift) & 15)]) }
  }

  private static let upperDigits = Array("0123456789ABCDEF".utf8)
  private static let lowerDigits = Array("0123456789abcdef".utf8)

  /// Characters above ASCII that steer a terminal or the order of the text around them.
  private static func isHidden(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x80...0x9f, 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
