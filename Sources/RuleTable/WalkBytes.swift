import Glibc

/// The line beside the bytes of the pool.
extension Walk {
  func stands(_ literal: MatchTrie.PoolRange, at position: Int) -> Bool {
    let count = literal.width
    guard position + count <= line.count else { return false }
    return memcmp(line.baseAddress! + position, trie.pool.address(of: literal.lowerBound), count) == 0
  }

  /// Whether bytes of the pool, perhaps none, stand at an offset.
  @inline(__always)
  func has(_ bytes: MatchTrie.PoolRange, at position: Int) -> Bool {
    let count = bytes.width
    guard position + count <= line.count else { return false }
    let (here, wanted) = (line.baseAddress, trie.pool.address(of: bytes.lowerBound))
    guard count > 0, let here else { return true }
    var offset = 0
    while offset < count, here[position + offset] == wanted[offset] { offset += 1 }
    return offset == count
  }

  func bytes(_ range: MatchTrie.PoolRange) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: trie.pool.address(of: range.lowerBound), count: range.width)
  }

  /// - Parameter bound: the literal must begin in front of this offset.
  func find(_ literal: MatchTrie.PoolRange, from start: Int, before bound: Int = .max) -> Int? {
    let end = bound < line.count ? min(line.count, bound + literal.width - 1) : line.count
    guard start < end else { return nil }
    let found = search(
      UnsafeBufferPointer(start: trie.pool.address(of: literal.lowerBound), count: literal.width), in: start..<end)
    count(steps: (found ?? end) - start)
    return found
  }

  /// The first offset of a literal in a part of the line: memchr for its first byte, memcmp for the rest.
  func search(_ literal: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int? {
    let base = line.baseAddress!
    var position = range.lowerBound
    let last = range.upperBound - literal.count
    while position <= last {
      guard let found = memchr(base + position, Int32(literal[0]), last - position + 1) else { return nil }
      position = UnsafeRawPointer(found) - UnsafeRawPointer(base)
      if memcmp(base + position, literal.baseAddress!, literal.count) == 0 { return position }
      position += 1
    }
    return nil
  }

  /// The last offset of a literal that lies wholly between two offsets.
  func last(_ literal: MatchTrie.PoolRange, from low: Int, upTo end: Int) -> Int? {
    guard let first = bytes(literal).first, let base = line.baseAddress else { return end >= low ? end : nil }
    var offset = end &- literal.width
    while offset >= low {
      count()
      if base[offset] == first, has(literal, at: offset) { return offset }
      offset &-= 1
    }
    return nil
  }
}
