import Glibc

/// Bytes that live as long as one rule works on one line: captures, values, keys, the fields of an event.
///
/// One piece of memory that is used again and again, so that a rule's work costs no allocation. Places are offsets,
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

  /// The bytes between two places; valid until something is appended.
  @inline(__always)
  subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.upperBound <= count)
    return UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count)
  }

  /// What was appended from a place on.
  @inline(__always)
  subscript(from place: Int) -> UnsafeRawBufferPointer { self[place..<count] }

  /// What was appended from a place on, to be changed; valid until something is appended.
  @inline(__always)
  func mutableBytes(from place: Int) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(place <= count)
    return UnsafeMutableBufferPointer(start: start + place, count: count - place)
  }

  /// The bytes from a place on, as an array.
  func array(from place: Int) -> [UInt8] { Array(self[from: place]) }

  /// Goes back to a place, in front of the end.
  @inline(__always)
  func truncate(to place: Int) { count = min(place, count) }

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

  /// Appends what lies between two places again.
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
