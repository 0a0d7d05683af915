/// Undoes one encoding of a capture's bytes, without memory of its own.
///
/// No encoding but modified UTF-7 makes more bytes than it was given, and that less than twice as many.
struct EscapeDecoder {
  private let input: UnsafeBufferPointer<UInt8>
  private let output: UnsafeMutablePointer<UInt8>
  private var position = 0
  /// How many bytes were written.
  private(set) var count = 0

  init(input: UnsafeBufferPointer<UInt8>, output: UnsafeMutablePointer<UInt8>) {
    self.input = input
    self.output = output
  }

  mutating func copyAll() {
    count = 0
    for byte in input { write(byte) }
  }

  // MARK: - Exim, vis, syslog, logfmt

  /// Exim writes `\ooo` for each byte beyond ASCII, and does not double the backslash that a name has itself. So what it
  /// also writes for control characters (`\n`, `\b`, `\001`), and no name has, stays as it stands: `CORP\nina` is a name.
  mutating func decodeExim() {
    while let byte = next() {
      if byte == UInt8(ascii: "\\"), let code = octal(3), code >= 128 {
        write(code)
        position += 3
      } else {
        write(byte)
      }
    }
  }

  /// unvis(3): the backslash of a name is doubled, so every escape is one.
  mutating func decodeVis() {
    while let byte = next() {
      guard byte == UInt8(ascii: "\\"), let (code, length) = visEscape() else {
        write(byte)
        continue
      }
      write(code)
      position += length
    }
  }

  /// The byte that the escape behind a backslash means, and the escape's length; nil when it is none.
  private func visEscape() -> (UInt8, Int)? {
    if let code = octal(3) { return (code, 3) }
    guard let kind = peek(0) else { return nil }
    switch kind {
    case UInt8(ascii: "\\"), UInt8(ascii: "\""): return (kind, 1)
    case UInt8(ascii: "^"): return control(at: 1).map { ($0, 2) }
    case UInt8(ascii: "M"):
      guard let sign = peek(1), let byte = peek(2) else { return nil }
      if sign == UInt8(ascii: "-") { return (byte | 0x80, 3) }
      return sign == UInt8(ascii: "^") ? control(at: 2).map { ($0 | 0x80, 3) } : nil
    case UInt8(ascii: "s"): return (32, 1)
    case UInt8(ascii: "0"): return (0, 1)
    default: return Self.letterEscape(kind).map { ($0, 1) }
    }
  }

  /// `^A`, `^?`: the letter at an offset behind the backslash.
  private func control(at offset: Int) -> UInt8? {
    guard let letter = peek(offset) else { return nil }
    if letter == UInt8(ascii: "?") { return 127 }
    return letter >= 64 && letter < 96 ? letter - 64 : nil
  }

  private static func letterEscape(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "n"): 10
    case UInt8(ascii: "r"): 13
    case UInt8(ascii: "t"): 9
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "f"): 12
    case UInt8(ascii: "v"): 11
    case UInt8(ascii: "a"): 7
    default: nil
    }
  }

  /// rsyslog escapes control characters, and bytes beyond ASCII if it is configured to; a `#` of the text it leaves alone.
  mutating func decodeSyslog() {
    while let byte = next() {
      if byte == UInt8(ascii: "#"), let code = octal(3), code < 32 || code >= 127 {
        write(code)
        position += 3
      } else {
        write(byte)
      }
    }
  }

  /// Only the control characters that have a letter of their own have one; other bytes are `\x{e9}`.
  mutating func decodeLogfmt() {
    while let byte = next() {
      guard byte == UInt8(ascii: "\\"), let kind = peek(0) else {
        write(byte)
        continue
      }
      switch kind {
      case UInt8(ascii: "\\"), UInt8(ascii: "\""):
        write(kind)
        position += 1
      case UInt8(ascii: "t"), UInt8(ascii: "n"), UInt8(ascii: "r"):
        write(Self.letterEscape(kind) ?? kind)
        position += 1
      case UInt8(ascii: "x"):
        guard peek(1) == UInt8(ascii: "{"), let code = hexadecimal(2, behind: 2), peek(4) == UInt8(ascii: "}") else {
          fallthrough
        }
        write(UInt8(truncatingIfNeeded: code))
        position += 5
      default: write(byte)
      }
    }
  }

  // MARK: - Query, JSON

  /// A `%` that no two hexadecimal digits follow stands for itself.
  mutating func decodeQuery() {
    while let byte = next() {
      if byte == UInt8(ascii: "%"), let code = hexadecimal(2) {
        write(UInt8(truncatingIfNeeded: code))
        position += 2
      } else {
        write(byte == UInt8(ascii: "+") ? 32 : byte)
      }
    }
  }

  mutating func decodeJSON() {
    while let byte = next() {
      guard byte == UInt8(ascii: "\\"), let kind = next() else {
        write(byte)
        continue
      }
      if kind == UInt8(ascii: "u"), let unit = hexadecimal(4) {
        position += 4
        writeUnit(unit, followedBy: lowSurrogate())
      } else {
        write(kind == UInt8(ascii: "v") || kind == UInt8(ascii: "a") ? kind : Self.letterEscape(kind) ?? kind)
      }
    }
  }

  /// The unit of a `\uXXXX` that stands here, when it is the second half of a pair.
  private func lowSurrogate() -> UInt32? {
    guard peek(0) == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "u"), let unit = hexadecimal(4, behind: 2) else {
      return nil
    }
    return UTF16.isTrailSurrogate(UInt16(unit)) ? unit : nil
  }

  private mutating func writeUnit(_ unit: UInt32, followedBy second: UInt32?) {
    guard UTF16.isLeadSurrogate(UInt16(unit)), let second else { return write(scalar: unit) }
    position += 6
    write(scalar: 0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00))
  }

  // MARK: - Modified UTF-7

  /// False when the input is not what RFC 3501, section 5.1.3, lets one write: two spellings are not one name.
  mutating func decodeModifiedUTF7() -> Bool {
    while let byte = next() {
      if byte != UInt8(ascii: "&") {
        write(byte)
      } else if peek(0) == UInt8(ascii: "-") {
        write(byte)
        position += 1
      } else {
        guard shiftSequence() else { return false }
      }
    }
    return true
  }

  /// Base64 of UTF-16 up to a `-`, with `,` for `/`; neither printable ASCII nor half a character, and no bits too many.
  private mutating func shiftSequence() -> Bool {
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    var lead: UInt32?
    while let byte = next() {
      if byte == UInt8(ascii: "-") { return lead == nil && bitCount < 6 && bits == 0 }
      guard let digit = Self.base64Digit(byte) else { return false }
      bits = bits << 6 | digit
      bitCount += 6
      guard bitCount >= 16 else { continue }
      bitCount -= 16
      let unit = bits >> bitCount
      bits &= (1 << bitCount) - 1
      guard takeUnit(unit, &lead) else { return false }
    }
    return false
  }

  private mutating func takeUnit(_ unit: UInt32, _ lead: inout UInt32?) -> Bool {
    let isTrail = UTF16.isTrailSurrogate(UInt16(unit))
    guard isTrail == (lead != nil), !(32...126).contains(unit) else { return false }
    if let first = lead {
      write(scalar: 0x10000 + (first - 0xD800) << 10 + (unit - 0xDC00))
      lead = nil
    } else if UTF16.isLeadSurrogate(UInt16(unit)) {
      lead = unit
    } else {
      write(scalar: unit)
    }
    return true
  }

  private static func base64Digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - 65)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - 97 + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 48 + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: ","): 63
    default: nil
    }
  }

  // MARK: - Reading and writing

  private mutating func next() -> UInt8? {
    guard position < input.count else { return nil }
    defer { position += 1 }
    return input[position]
  }

  private func peek(_ offset: Int) -> UInt8? {
    position + offset < input.count ? input[position + offset] : nil
  }

  /// Three octal digits that stand here, as a byte.
  private func octal(_ digits: Int) -> UInt8? {
    var value = 0
    for offset in 0..<digits {
      guard let digit = peek(offset), digit >= 48, digit < 56 else { return nil }
      value = value << 3 | Int(digit - 48)
    }
    return UInt8(exactly: value)
  }

  private func hexadecimal(_ digits: Int, behind start: Int = 0) -> UInt32? {
    var value: UInt32 = 0
    for offset in start..<(start + digits) {
      guard let byte = peek(offset), let digit = Self.hexadecimalDigit(byte) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 48)
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - 87)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - 55)
    default: nil
    }
  }

  private mutating func write(_ byte: UInt8) {
    output[count] = byte
    count += 1
  }

  /// A number that is no character becomes U+FFFD.
  private mutating func write(scalar: UInt32) {
    for byte in String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8 { write(byte) }
  }
}
