import CSHA256

/// A SHA-256 (FIPS 180-4): of a line, a trail's name or a seal.
package struct ChainHash: Sendable, Hashable, CustomStringConvertible {
  // The 32 bytes as they stand, eight to a word: a value without an allocation of its own.
  private var words: (UInt64, UInt64, UInt64, UInt64)

  /// All bytes zero: in front of the first seal.
  package static let zero = ChainHash(words: (0, 0, 0, 0))

  private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// The hash of the bytes.
  package init(of bytes: ArraySlice<UInt8>) {
    var hasher = ChainHasher()
    hasher.add(bytes)
    self = hasher.finish()
  }

  /// Reads 64 hexadecimal digits, letters in lower case; nil for every other text.
  package init?(hexadecimal text: some Collection<UInt8>) {
    guard text.count == Self.digitCount else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, digit) in text.enumerated() {
      let value: UInt8
      switch digit {
      case 48...57: value = digit - 48
      case 97...102: value = digit - 87
      default: return nil
      }
      words[index / 16] = words[index / 16] << 4 | UInt64(value)
    }
    self.words = (words[0], words[1], words[2], words[3])
  }

  package static let digitCount = 64

  fileprivate init(digest: UnsafeRawBufferPointer) {
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
    words = (word(0), word(1), word(2), word(3))
  }

  /// 64 hexadecimal digits, letters in lower case.
  package func append(to bytes: inout [UInt8]) {
    append(words.0, to: &bytes)
    append(words.1, to: &bytes)
    append(words.2, to: &bytes)
    append(words.3, to: &bytes)
  }

  private func append(_ word: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: 60, through: 0, by: -4) {
      let nibble = UInt8(word >> UInt64(shift) & 15)
      bytes.append(nibble < 10 ? nibble + 48 : nibble + 87)
    }
  }

  package var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  package static func == (left: ChainHash, right: ChainHash) -> Bool { left.words == right.words }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// A SHA-256 of bytes that come in parts.
///
/// The calls into C read the bytes that they are given and write into the structure only; they keep no pointer.
package struct ChainHasher {
  private var state = mailtrail_sha256()

  package init() { mailtrail_sha256_begin(&state) }

  package mutating func add(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { mailtrail_sha256_add(&state, $0.baseAddress, $0.count) }
  }

  /// The hash of all that was added.
  package func finish() -> ChainHash {
    var state = state
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
      mailtrail_sha256_end(&state, digest.baseAddress!.assumingMemoryBound(to: UInt8.self))
      return ChainHash(digest: UnsafeRawBufferPointer(digest))
    }
  }
}
