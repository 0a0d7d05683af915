import Glibc

/// Cuts the bytes of a text log into lines.
///
/// The line at hand stays valid until `consume`. A line is whole with its line feed; what has none yet waits.
final class LineReader {
  /// A line without its end, or the beginning of one that is too long.
  struct Line {
    var bytes: UnsafeRawBufferPointer
    /// Where it begins in the (decompressed) file.
    var offset: UInt64
    /// Whether it was longer than its format may be and is cut.
    var isCut: Bool
  }

  private let source: any TextLogBytes
  private let path: String
  private let framing: RecordFraming
  /// Where in an entry of the export format the first byte that was not searched stands.
  private var export = ExportFraming()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
  // Always 0 <= start <= searched <= end <= buffer.count, and start + length <= end: what makes the accesses below safe,
  // which a buffer does not check in release builds. `take` and `consume` check it once for what they move.
  private var start = 0
  private var end = 0
  /// The first byte that was not searched for a line feed yet.
  private var searched = 0
  /// How long the line at hand is with its end; 0 when there is none.
  private var length = 0
  /// The beginning of a line that does not fit the buffer, and how many bytes of it are gone.
  private var longLine: UnsafeMutableRawBufferPointer?
  private var longBytes = 0
  private var isSealed = false
  /// Where the next line begins.
  private(set) var offset: UInt64 = 0
  /// How many bytes came from the source.
  private(set) var bytesRead: UInt64 = 0
  /// The first bytes of the file, by which it is known again.
  private(set) var head: [UInt8] = []

  /// So many first bytes identify a file.
  static let headLimit = 1024
  static let bufferSize = 262_144

  init(
    _ source: any TextLogBytes, path: String = "standard input", framing: RecordFraming = TextLogFormat.syslog.framing
  ) {
    (self.source, self.path, self.framing) = (source, path, framing)
  }

  deinit {
    buffer.deallocate()
    longLine?.deallocate()
  }

  /// Sets the offset when the source was moved by its owner; nothing may have been read.
  func begin(at offset: UInt64, head: [UInt8]) {
    (self.offset, bytesRead, self.head) = (offset, offset, head)
  }

  /// Reads nothing more: what is in the buffer is all.
  func seal() { isSealed = true }

  /// Whether bytes wait for their line feed.
  var hasTornLine: Bool { end > start || longBytes > 0 }

  /// The line at hand, or the next one; nil when there is no whole line now.
  ///
  /// - Parameter takesTorn: whether the rest at the end of the file counts as a line.
  func line(takesTorn: Bool) throws(JournalError) -> Line? {
    if length > 0 { return current(isWhole: buffer[start + length - 1] == 10) }
    while true {
      if let found = try findEnd() {
        length = found - start
        return current(isWhole: true)
      }
      searched = end
      if end == buffer.count { makeRoom() }
      let count = isSealed ? 0 : try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
      if count == 0 {
        guard takesTorn, hasTornLine else { return nil }
        length = end - start
        return current(isWhole: false)
      }
      take(count)
    }
  }

  /// Where what begins at `start` ends, with its end; nil when that is not in the buffer.
  private func findEnd() throws(JournalError) -> Int? {
    guard case .journalExport = framing else {
      let found = memchr(buffer.baseAddress! + searched, 10, end - searched)
      return found.map { $0 - buffer.baseAddress! + 1 }
    }
    if start == searched, longBytes == 0 { export = ExportFraming(isFirst: offset == 0) }
    switch export.advance(UnsafeRawBufferPointer(rebasing: buffer[..<end]), from: searched) {
    case .end(let end): return end
    case .open: return nil
    case .damage(let index):
      throw JournalError(
        operation: "cannot read on in", subject: path,
        detail: "it is damaged at byte \(offset + UInt64(longBytes + index - start)): no field of an export is there",
        remedy: "write it anew with journalctl -o export; what comes before the damage was read")
    }
  }

  private func take(_ count: Int) {
    precondition(count <= buffer.count - end, "a source gave more than it was asked for")
    if head.count < Self.headLimit {
      head.append(contentsOf: buffer[end..<(end + min(count, Self.headLimit - head.count))])
    }
    end += count
    bytesRead += UInt64(count)
  }

  /// Passes the line at hand.
  func consume() {
    offset += UInt64(length + longBytes)
    start += length
    precondition(start <= end)
    searched = start
    export = ExportFraming(isFirst: false)
    length = 0
    longLine?.deallocate()
    longLine = nil
    longBytes = 0
  }

  private func makeRoom() {
    let rest = end - start
    if rest == buffer.count {
      // Longer than the buffer: its beginning is kept, the rest only counted. The hole of a log that was truncated
      // under a daemon that goes on at its old offset is no beginning.
      if longLine == nil, buffer.contains(where: { $0 != 0 }) {
        let beginning = UnsafeMutableRawBufferPointer.allocate(byteCount: EntryBatch.fieldLimit, alignment: 16)
        beginning.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<(start + EntryBatch.fieldLimit)]))
        longLine = beginning
      }
      longBytes += rest
      (start, end) = (0, 0)
    } else {
      memmove(buffer.baseAddress!, buffer.baseAddress! + start, rest)
      (start, end) = (0, rest)
    }
    searched = end
  }

  private func current(isWhole: Bool) -> Line {
    if let longLine { return Line(bytes: UnsafeRawBufferPointer(longLine), offset: offset, isCut: true) }
    guard case .lines(let limit) = framing else {
      // Blank lines in front of an entry are nothing.
      let first = buffer[start..<(start + length)].firstIndex { $0 != 10 } ?? start + length
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[first..<(start + length)])
      return Line(bytes: bytes, offset: offset, isCut: false)
    }
    var first = start
    var last = start + length - (isWhole ? 1 : 0)
    if last > first, buffer[last - 1] == 13 { last -= 1 }
    // A daemon that goes on at its old offset in a truncated file leaves NULs in front.
    while first < last, buffer[first] == 0 { first += 1 }
    let isCut = last - first > limit
    if isCut { last = first + limit }
    return Line(bytes: UnsafeRawBufferPointer(rebasing: buffer[first..<last]), offset: offset, isCut: isCut)
  }
}
