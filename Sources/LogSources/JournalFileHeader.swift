import Glibc

/// What a journal file's header says of its identity ("Journal File Format", systemd.io/JOURNAL_FILE_FORMAT, Header).
struct JournalFileHeader: Equatable {
  /// Made with the file and kept when it is renamed at a rotation, so that it names the file better than its path.
  var fileID: ID128
  /// Whose sequence numbers its entries bear, and the first and last of them; 0 for none.
  var sequenceID: ID128
  var firstSequenceNumber: UInt64
  var lastSequenceNumber: UInt64
  var entryCount: UInt64
  /// The realtime of its first entry; 0 for none.
  var firstTime: UInt64

  private static let length = 208

  /// Nil for a file that is not there, too short, or no journal.
  init?(path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Self.length)
    guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count, bytes.starts(with: "LPKSHHRH".utf8) else {
      return nil
    }
    fileID = Self.id(bytes[24..<40])
    sequenceID = Self.id(bytes[72..<88])
    lastSequenceNumber = Self.number(bytes[160..<168])
    firstSequenceNumber = Self.number(bytes[168..<176])
    entryCount = Self.number(bytes[152..<160])
    firstTime = Self.number(bytes[184..<192])
  }

  /// Big-endian halves.
  private static func id(_ bytes: ArraySlice<UInt8>) -> ID128 {
    ID128(high: number(bytes.prefix(8).reversed()), low: number(bytes.suffix(8).reversed()))
  }

  /// Little-endian.
  private static func number(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
