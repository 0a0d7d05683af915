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

  /// The same for a short text that is found often: memmem(3) skips little then, and is begun anew each time.
  ///
  /// - Parameter sought: three bytes at least; the first three are looked for in many places at once.
  package func firstOffset(ofFrequent sought: [UInt8], from start: Int) -> Int? {
    precondition(sought.count >= 3)
    let (first, second, third) = (sought[0], sought[1], sought[2])
    var offset = Swift.max(0, start)
    while offset + 34 <= count {
      let firsts = loadUnaligned(fromByteOffset: offset, as: SIMD32<UInt8>.self) .== first
      let seconds = loadUnaligned(fromByteOffset: offset + 1, as: SIMD32<UInt8>.self) .== second
      let thirds = loadUnaligned(fromByteOffset: offset + 2, as: SIMD32<UInt8>.self) .== third
      if any(firsts .& seconds .& thirds) {
        for place in offset..<(offset + 32) where self[place + 1] == second && has(sought, at: place) { return place }
      }
      offset += 32
    }
    return firstOffset(of: sought, from: offset)
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
    // Many bytes at once, up to some of which one is not plain.
    while offset + 32 <= count {
      let block = loadUnaligned(fromByteOffset: offset, as: SIMD32<UInt8>.self)
      if any(block .>= 0x7f) { break }
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
    var offset = 0
    while offset + 32 <= count {
      let block = loadUnaligned(fromByteOffset: offset, as: SIMD32<UInt8>.self)
      let lowered = block.replacing(with: block &+ 32, where: block &- 65 .< 26)
      output.storeBytes(of: lowered, toByteOffset: offset, as: SIMD32<UInt8>.self)
      offset += 32
    }
    while offset < count {
      let byte = self[offset]
      output[offset] = byte &+ (byte &- 65 < 26 ? 32 : 0)
      offset += 1
    }
  }
}
