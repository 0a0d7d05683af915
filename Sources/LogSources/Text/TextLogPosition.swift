/// How far a text log has been read: one offset for each of its files that may still hold or get lines.
public struct TextLogPosition: Sendable, Equatable {
  /// The position in one file.
  public struct File: Sendable, Equatable {
    /// stat(2).
    public var device: UInt64
    public var inode: UInt64
    /// Where the next line begins, in bytes of the decompressed log.
    public var offset: UInt64
    /// From where on the lines are still remembered that may be alike.
    public var windowStart: UInt64
    /// How many first bytes the hash is of: up to 1024, and none past `offset`.
    public var headLength: UInt64
    public var headHash: UInt64
    /// Whether everything that was there had been read: then it is no loss if the file is gone.
    public var isAtEnd: Bool

    public init(
      device: UInt64, inode: UInt64, offset: UInt64, windowStart: UInt64, headLength: UInt64, headHash: UInt64,
      isAtEnd: Bool
    ) {
      self.device = device
      self.inode = inode
      self.offset = offset
      self.windowStart = windowStart
      self.headLength = headLength
      self.headHash = headHash
      self.isAtEnd = isAtEnd
    }
  }

  /// Oldest first.
  public var files: [File]
  /// The time of the last line, microseconds since 1970, from which the year of the next one follows; 0 without lines.
  public var lastTime: UInt64

  public init(files: [File] = [], lastTime: UInt64 = 0) {
    self.files = files
    self.lastTime = lastTime
  }

  /// The last time, then seven numbers for each file, eight bytes each, little-endian.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    append(lastTime)
    for file in files {
      for number in [file.device, file.inode, file.offset, file.windowStart, file.headLength, file.headHash] {
        append(number)
      }
      append(file.isAtEnd ? 1 : 0)
    }
    return bytes
  }

  init?(encoded bytes: ArraySlice<UInt8>) {
    guard bytes.count % 56 == 8 else { return nil }
    let numbers: [UInt64] = stride(from: bytes.startIndex, to: bytes.endIndex, by: 8).map { start in
      var number: UInt64 = 0
      for byte in bytes[start..<(start + 8)].reversed() { number = number << 8 | UInt64(byte) }
      return number
    }
    var files: [File] = []
    for start in stride(from: 1, to: numbers.count, by: 7) {
      let file = File(
        device: numbers[start], inode: numbers[start + 1], offset: numbers[start + 2],
        windowStart: numbers[start + 3], headLength: numbers[start + 4], headHash: numbers[start + 5],
        isAtEnd: numbers[start + 6] == 1)
      guard file.windowStart <= file.offset, file.headLength <= min(file.offset, 1024) else { return nil }
      files.append(file)
    }
    self.init(files: files, lastTime: numbers[0])
  }
}
