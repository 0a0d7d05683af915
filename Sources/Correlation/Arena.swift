import Glibc

/// Bytes that are there while one rule works on one line: captures, values, keys, the fields of an event.
///
/// One piece of memory that is used again and again, so that a rule's work costs no allocation. Positions in it are offsets,
/// because the memory moves when it grows. Whoever appends knows where he began and goes back to there.
final class Arena {
  private(set) var start: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  /// The bytes between two offsets; valid until something is appended.
  @inline(__always)
  subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.upperBound <= count)
    return UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count)
  }

  /// What was appended from an offset on.
  @inline(__always)
  subscript(from offset: Int) -> UnsafeRawBufferPointer { self[offset..<count] }

  /// What was appended from an offset on, to be changed; valid until something is appended.
  @inline(__always)
  func mutableBytes(from offset: Int) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(offset <= count)
    return UnsafeMutableBufferPointer(start: start + offset, count: count - offset)
  }

  /// The bytes from an offset on, as an array.
  func array(from offset: Int) -> [UInt8] { Array(self[from: offset]) }

  /// Goes back to an offset, in front of the end.
  @inline(__always)
  func truncate(to offset: Int) { count = min(offset, count) }

  /// Room for so many bytes at the end, which count from now on.
  @inline(__always)
  func extend(by length: Int) -> UnsafeMutablePointer<UInt8> {
    if count + length > capacity { grow(to: count + length) }
    defer { count += length }
    return start + count
  }

  @inline(__always)
  func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    memcpy(extend(by: bytes.count), source, bytes.count)
  }

  func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends what lies between two offsets again.
  @inline(__always)
  func appendCopy(of range: Range<Int>) {
    let target = extend(by: range.count)
    memcpy(target, start + range.lowerBound, range.count)
  }

  private func grow(to needed: Int) {
    let larger = max(needed, capacity * 2)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memcpy(moved, start, count)
    start.deallocate()
    (start, capacity) = (moved, larger)
  }
}
