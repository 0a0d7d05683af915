import CLinux
import Glibc

// Seeking bytes in borrowed bytes with the C library's own loops, which read many bytes at once.
extension UnsafeRawBufferPointer {
  /// Where `sought` begins at `start` or later (memmem(3)); nil when it does not. The empty text is everywhere.
  package func firstOffset(of sought: [UInt8], from start: Int) -> Int? {
    guard let base = baseAddress, start >= 0, start < count else { return nil }
    let found = sought.withUnsafeBytes { mailtrail_find(base + start, count - start, $0.baseAddress, $0.count) }
    return found.map { $0 - base }
  }

  /// Where a byte is at `start` or later (memchr(3)); nil when it is not.
  package func firstOffset(of byte: UInt8, from start: Int) -> Int? {
    guard let base = baseAddress, start >= 0, start < count,
      let found = memchr(base + start, Int32(byte), count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// Where a byte from 0x7f on is at `start` or later; nil when all are plain ASCII from there on.
  package func firstOffsetBeyondPlainASCII(from start: Int) -> Int? {
    var offset = start
    // Many bytes at once, up to some of which one is not plain. Not by SIMD types: they take a call for each byte here.
    while offset + 32 <= count {
      let words = marks(at: offset) | marks(at: offset + 8) | marks(at: offset + 16) | marks(at: offset + 24)
      if words & 0x8080_8080_8080_8080 != 0 { break }
      offset += 32
    }
    while offset < count {
      if self[offset] >= 0x7f { return offset }
      offset += 1
    }
    return nil
  }

  /// Whether the bytes at an offset are these (memcmp(3)).
  package func has(_ sought: [UInt8], at offset: Int) -> Bool {
    guard let base = baseAddress, offset >= 0, offset + sought.count <= count else { return sought.isEmpty }
    return sought.withUnsafeBytes { sought in
      sought.baseAddress.map { memcmp(base + offset, $0, sought.count) == 0 } ?? true
    }
  }

  /// Copies the bytes with the letters of ASCII in lower case; the output has room for them.
  package func copyInLowerCase(to output: UnsafeMutableRawBufferPointer) {
    precondition(output.count >= count)
    for index in 0..<count {
      let byte = self[index]
      output[index] = byte &+ (byte &- 65 < 26 ? 32 : 0)
    }
  }

  /// Eight bytes; those from 0x7f on have their highest bit set: they have it, or get it when one is added.
  @inline(__always)
  private func marks(at offset: Int) -> UInt64 {
    let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    return word | ((word & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x0101_0101_0101_0101)
  }
}
