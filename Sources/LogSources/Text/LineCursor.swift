/// An index into the bytes of a line that moves to the right as they are read.
///
/// A line comes from strangers, and a buffer checks nothing in release builds: each access compares with the count.
struct LineCursor {
  let bytes: UnsafeRawBufferPointer
  var index = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { index >= bytes.count }

  /// The byte here; 0 at the end.
  @inline(__always)
  var byte: UInt8 { index < bytes.count ? bytes[index] : 0 }

  /// The byte so far ahead; 0 behind the end.
  @inline(__always)
  func byte(ahead distance: Int) -> UInt8 { index + distance < bytes.count ? bytes[index + distance] : 0 }

  /// Passes the byte when it is here.
  @inline(__always)
  mutating func skip(_ wanted: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: wanted) else { return false }
    index += 1
    return true
  }

  /// Passes the text when it is here.
  mutating func skip(word text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - index >= count else { return false }
    for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
    index += count
    return true
  }

  /// Reads exactly so many digits.
  @inline(__always)
  mutating func digits(_ count: Int) -> Int? {
    guard bytes.count - index >= count else { return nil }
    var value = 0
    for next in index..<(index + count) {
      let digit = bytes[next] &- 48
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    index += count
    return value
  }

  /// Reads one to `limit` digits.
  mutating func number(limit: Int) -> Int? {
    var value = 0
    var count = 0
    while count < limit, index < bytes.count, bytes[index] &- 48 < 10 {
      value = value * 10 + Int(bytes[index] - 48)
      index += 1
      count += 1
    }
    return count == 0 ? nil : value
  }

  /// Reads up to a byte that is not part of it, at most `limit` bytes; nil when it does not come.
  mutating func text(upTo end: Unicode.Scalar, limit: Int) -> Range<Int>? {
    let last = min(bytes.count, index + limit + 1)
    var next = index
    while next < last {
      if bytes[next] == UInt8(ascii: end) {
        defer { index = next }
        return index..<next
      }
      next += 1
    }
    return nil
  }
}
