/// Reads JSON (RFC 8259) out of a line.
///
/// Nothing in it recurses, so that no nesting costs stack. False and nil say that the text is no JSON, or another than was
/// asked for; what is read after that means nothing. Bytes of texts are taken as they are, UTF-8 or not.
struct JSONReader {
  private var cursor: LineCursor

  init(_ cursor: LineCursor) { self.cursor = cursor }

  /// The byte that the next value begins with; 0 at the end.
  mutating func peek() -> UInt8 {
    while cursor.byte == 0x20 || cursor.byte == 0x09 || cursor.byte == 0x0a || cursor.byte == 0x0d { cursor.index += 1 }
    return cursor.byte
  }

  var isAtEnd: Bool {
    var copy = self
    _ = copy.peek()
    return copy.cursor.isAtEnd
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte, !cursor.isAtEnd else { return false }
    cursor.index += 1
    return true
  }

  // MARK: Objects and arrays

  /// Reads an object; the body reads or skips each value.
  mutating func members(_ body: (_ name: [UInt8], inout JSONReader) -> Bool) -> Bool {
    guard take(Self.openBrace) else { return false }
    if take(Self.closeBrace) { return true }
    var name: [UInt8] = []
    repeat {
      name.removeAll(keepingCapacity: true)
      guard string(into: &name), take(UInt8(ascii: ":")), body(name, &self) else { return false }
    } while take(UInt8(ascii: ","))
    return take(Self.closeBrace)
  }

  /// Reads an array; the body reads or skips each value.
  mutating func elements(_ body: (inout JSONReader) -> Bool) -> Bool {
    guard take(Self.openBracket) else { return false }
    if take(Self.closeBracket) { return true }
    repeat { guard body(&self) else { return false } } while take(UInt8(ascii: ","))
    return take(Self.closeBracket)
  }

  private static let (openBrace, closeBrace) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
  private static let (openBracket, closeBracket) = (UInt8(ascii: "["), UInt8(ascii: "]"))

  /// Passes a value of any kind and depth.
  mutating func skip() -> Bool {
    // What has to close what is open.
    var closing: [UInt8] = []
    repeat {
      switch peek() {
      case Self.openBrace:
        cursor.index += 1
        closing.append(Self.closeBrace)
        if peek() != Self.closeBrace {
          guard skipName() else { return false }
          continue
        }
      case Self.openBracket:
        cursor.index += 1
        closing.append(Self.closeBracket)
        if peek() != Self.closeBracket { continue }
      default: guard skipScalar() else { return false }
      }
      guard skipEnds(&closing) else { return false }
    } while !closing.isEmpty
    return true
  }

  /// Passes what stands behind a value: ends, or a comma and, in an object, the next name.
  private mutating func skipEnds(_ closing: inout [UInt8]) -> Bool {
    while let last = closing.last {
      if take(last) {
        closing.removeLast()
      } else {
        return take(UInt8(ascii: ",")) && (last == Self.closeBracket || skipName())
      }
    }
    return true
  }

  private mutating func skipName() -> Bool {
    var name: [UInt8] = []
    return string(into: &name) && take(UInt8(ascii: ":"))
  }

  // MARK: Scalars

  mutating func skipNull() -> Bool { peek() == UInt8(ascii: "n") && cursor.skip(word: "null") }

  private mutating func skipScalar() -> Bool {
    switch peek() {
    case UInt8(ascii: "\""):
      var text: [UInt8] = []
      return string(into: &text)
    case UInt8(ascii: "n"): return cursor.skip(word: "null")
    case UInt8(ascii: "t"): return cursor.skip(word: "true")
    case UInt8(ascii: "f"): return cursor.skip(word: "false")
    default: return skipNumber()
    }
  }

  private mutating func skipNumber() -> Bool {
    _ = cursor.skip("-")
    guard cursor.byte &- 48 < 10 else { return false }
    while cursor.byte &- 48 < 10 || "+-.eE".utf8.contains(cursor.byte) { cursor.index += 1 }
    return true
  }

  /// Reads a whole number from 0 to 255.
  mutating func byte() -> UInt8? {
    _ = peek()
    return cursor.number(limit: 3).flatMap(UInt8.init(exactly:))
  }

  /// Appends a text with its escapes undone.
  mutating func string(into text: inout [UInt8]) -> Bool {
    guard take(UInt8(ascii: "\"")) else { return false }
    while !cursor.isAtEnd {
      let start = cursor.index
      while cursor.byte >= 0x20, cursor.byte != UInt8(ascii: "\""), cursor.byte != UInt8(ascii: "\\") {
        cursor.index += 1
      }
      text.append(contentsOf: cursor.bytes[start..<cursor.index])
      if cursor.skip("\"") { return true }
      guard cursor.skip("\\"), escape(into: &text) else { return false }
    }
    return false
  }

  private mutating func escape(into text: inout [UInt8]) -> Bool {
    let letter = cursor.byte
    cursor.index += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"):
      guard let scalar = scalar() else { return false }
      text.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: return false
    }
    return true
  }

  /// Four hexadecimal digits; of a surrogate the escape of the other one must follow.
  private mutating func scalar() -> Unicode.Scalar? {
    guard let first = hexadecimal() else { return nil }
    guard (0xd800...0xdbff).contains(first) else { return Unicode.Scalar(first) }
    guard cursor.skip(word: "\\u"), let second = hexadecimal(), (0xdc00...0xdfff).contains(second) else { return nil }
    return Unicode.Scalar(0x1_0000 + (first - 0xd800) << 10 + (second - 0xdc00))
  }

  private mutating func hexadecimal() -> UInt32? {
    guard cursor.bytes.count - cursor.index >= 4 else { return nil }
    let digits = UnsafeRawBufferPointer(rebasing: cursor.bytes[cursor.index..<(cursor.index + 4)])
    cursor.index += 4
    return Hexadecimal.value(digits).map { UInt32($0) }
  }
}
