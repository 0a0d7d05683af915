import Glibc

/// The lines that another program writes into a pipe, as they come. Belongs to one thread.
public final class PipedLines {
  /// A line without its end.
  public struct Line {
    /// Valid until the next call of `next`.
    public var bytes: UnsafeRawBufferPointer
    /// Whether it was longer than `EntryBatch.fieldLimit` and is cut there.
    public var isCut: Bool
  }

  private let source: PipedBytes
  private let reader: LineReader
  private var isTaken = false

  /// - Parameter descriptor: of a pipe, a socket or a file; it stays its owner's.
  public init(descriptor: Int32) {
    source = PipedBytes(descriptor: descriptor)
    reader = LineReader(source)
  }

  /// Whether the other side has closed the pipe.
  public var isAtEnd: Bool { source.isAtEnd }

  /// Whether bytes of a line without its end are at hand: at the end of the pipe they stay so.
  public var hasTornLine: Bool { reader.hasTornLine }

  /// The next whole line; nil when none is there now. Never waits.
  ///
  /// - Throws: `JournalError` when the pipe cannot be read.
  public func next() throws(JournalError) -> Line? {
    if isTaken { reader.consume() }
    isTaken = false
    guard let line = try reader.line(takesTorn: false) else { return nil }
    isTaken = true
    return Line(bytes: line.bytes, isCut: line.isCut)
  }
}

/// Bytes of a pipe that are there already.
private final class PipedBytes: TextLogBytes {
  private let descriptor: Int32
  private(set) var isAtEnd = false

  init(descriptor: Int32) { self.descriptor = descriptor }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
    while !isAtEnd {
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&wanted, 1, 0)
      if ready == 0 { return 0 }
      let count = ready < 0 ? -1 : Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 { return count }
      if count == 0 {
        isAtEnd = true
      } else if errno != EINTR {
        if errno == EAGAIN { return 0 }
        throw JournalError(operation: "cannot read", subject: "standard input", code: errno)
      }
    }
    return 0
  }
}
