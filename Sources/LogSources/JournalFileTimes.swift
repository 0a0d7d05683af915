import Glibc

/// From when to when the entries of a journal file are, as its header says: the bounds of a gap when the file is lost.
public struct JournalFileTimes: Sendable, Equatable {
  /// Microseconds since 1970.
  public var first: UInt64
  public var last: UInt64

  /// Nil when the header cannot be read, or the file never had an entry.
  public init?(path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 200)
    guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count, bytes.starts(with: "LPKSHHRH".utf8) else {
      return nil
    }
    func number(_ start: Int) -> UInt64 {
      bytes[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    (first, last) = (number(184), number(192))
    guard first > 0, first <= last else { return nil }
  }
}
