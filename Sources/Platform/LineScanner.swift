import Glibc

/// Reads a file's lines in blocks, forwards or backwards, with memory for little more than a block and a line.
package struct LineScanner {
  private let file: FileDescriptor
  private let path: String
  private static let blockLength = 64 * 1024
  /// A longer line is handed out in pieces: none of ours is, and a foreign one must not fill the memory.
  private static let maximumLineLength = 256 * 1024

  package init(_ file: FileDescriptor, path: String) {
    self.file = file
    self.path = path
  }

  package struct Line {
    /// Without the line end.
    package var bytes: ArraySlice<UInt8>
    /// Where the line begins in the file.
    package var offset: Int
    /// Whether a line end follows; only the last one can lack it.
    package var isWhole: Bool

    /// The offset of what follows.
    package var end: Int { offset + bytes.count + (isWhole ? 1 : 0) }
  }

  /// Hands out the lines from an offset on until the body answers false or the file ends.
  package func forward(from start: Int, _ body: (Line) throws(FileError) -> Bool) throws(FileError) {
    var buffer: [UInt8] = []
    var bufferStart = start
    while true {
      let block = try read(at: bufferStart + buffer.count, count: Self.blockLength)
      buffer += block
      var lineStart = 0
      while let end = Self.firstLineEnd(buffer, from: lineStart) {
        let line = Line(bytes: buffer[lineStart..<end], offset: bufferStart + lineStart, isWhole: true)
        guard try body(line) else { return }
        lineStart = end + 1
      }
      if block.count < Self.blockLength || buffer.count - lineStart > Self.maximumLineLength {
        if lineStart < buffer.count {
          let rest = Line(bytes: buffer[lineStart...], offset: bufferStart + lineStart, isWhole: false)
          guard try body(rest) else { return }
        }
        if block.count < Self.blockLength { return }
        lineStart = buffer.count
      }
      buffer.removeSubrange(..<lineStart)
      bufferStart += lineStart
    }
  }

  /// Hands out the lines that begin before an offset, the last one first, until the body answers false.
  package func backward(from end: Int, _ body: (Line) throws(FileError) -> Bool) throws(FileError) {
    var buffer: [UInt8] = []
    var bufferStart = end
    var isWhole = false
    // The line end of the last line belongs to it and separates nothing.
    if end > 0, try read(at: end - 1, count: 1) == [10] {
      bufferStart = end - 1
      isWhole = true
    }
    while bufferStart > 0 {
      let count = min(Self.blockLength, bufferStart)
      buffer = try read(at: bufferStart - count, count: count) + buffer
      bufferStart -= count
      // The buffer is cut once a block, not once a line: a line handed out may still share it.
      var limit = buffer.count
      while let lineEnd = buffer[..<limit].lastIndex(of: 10) {
        let bytes = buffer[(lineEnd + 1)..<limit]
        guard try body(Line(bytes: bytes, offset: bufferStart + lineEnd + 1, isWhole: isWhole)) else { return }
        isWhole = true
        limit = lineEnd
      }
      buffer.removeSubrange(limit...)
      if buffer.count > Self.maximumLineLength {
        guard try body(Line(bytes: buffer[...], offset: bufferStart, isWhole: isWhole)) else { return }
        buffer = []
        isWhole = false
      }
    }
    if !buffer.isEmpty || isWhole {
      _ = try body(Line(bytes: buffer[...], offset: 0, isWhole: isWhole))
    }
  }

  package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      result = file.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
      filled = max(0, result)
    }
    guard result >= 0 else { throw FileError(.read, path: path, code: Int32(-result)) }
    return bytes
  }

  /// memchr(3) within the array's own bounds.
  private static func firstLineEnd(_ buffer: [UInt8], from start: Int) -> Int? {
    buffer.withUnsafeBytes { bytes in
      guard start < bytes.count, let found = memchr(bytes.baseAddress! + start, 10, bytes.count - start)
      else { return nil }
      return UnsafeRawPointer(found) - bytes.baseAddress!
    }
  }
}
