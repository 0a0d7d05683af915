import Glibc

/// Bytes that only grow at their end: the memory of an `EntryBatch`, which allocates and frees it.
///
/// A plain struct of a pointer and two numbers, so that the decoder works on a local copy for an entry and puts it back:
/// through the batch, an object, each byte count would pay for a check of exclusive access.
@usableFromInline
struct ByteBuffer {
  @usableFromInline private(set) var start: UnsafeMutableRawPointer
  @usableFromInline private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    start = .allocate(byteCount: capacity, alignment: 16)
  }

  /// To be called once by the owner; no copy may be used after it.
  func deallocate() { start.deallocate() }

  /// Copies a field behind the others; an empty one takes no room.
  @inline(__always)
  mutating func append(_ source: UnsafeRawPointer, _ length: Int) -> FieldRange {
    if length == 0 { return .absent }
    if count + length > capacity { grow(by: length) }
    // From here on start + count + length lies within the capacity. The conversions trap past 4 GiB, which no batch
    // reaches: it ends behind 4 MiB, and an entry has at most 1,024 fields of which 64 KiB are kept.
    memcpy(start + count, source, length)
    let range = FieldRange(offset: UInt32(count), length: UInt32(length))
    count += length
    return range
  }

  /// Takes back what was appended since there were `count` bytes.
  @inline(__always)
  mutating func rollBack(to count: Int) { self.count = count }

  private mutating func grow(by length: Int) {
    while capacity < count + length { capacity *= 2 }
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: start, byteCount: count)
    start.deallocate()
    start = larger
  }
}
