import AuditFiles
import AuditModel
import Glibc
import Platform

/// Looks in a day file for certain events, by their ids: one quick pass, with memory for the events that are asked for,
/// however many lines the file has.
struct TrailSearch {
  struct Finding {
    var present: Set<EventID> = []
    /// The length to which the file is to be cut; its own when nothing is torn.
    var soundLength: Int
  }

  private let wanted: Set<EventID>
  /// The digits of an id that name its entry: by them most lines are skipped.
  private let sources: Set<UInt64>

  init(for wanted: Set<EventID>) {
    self.wanted = wanted
    sources = Set(wanted.map(\.source))
  }

  func run(_ file: FileDescriptor, path: String, length: Int) throws(FileError) -> Finding {
    var finding = Finding(soundLength: length)
    try LineScanner(file, path: path).forward(from: 0) { (line) throws(FileError) in
      let isSound = line.bytes.withUnsafeBytes { bytes in
        // As `TailExaminer` has it: no record holds a NUL byte, and nothing behind a hole was durable.
        guard line.isWhole, !Self.hasZero(bytes) else { return false }
        if let id = identity(bytes), wanted.contains(id) { finding.present.insert(id) }
        return true
      }
      if !isSound { finding.soundLength = line.offset }
      return isSound
    }
    return finding
  }

  /// The id of a record whose entry is asked for.
  private func identity(_ line: UnsafeRawBufferPointer) -> EventID? {
    let start = Self.opening.count
    guard line.count > start + Self.longestID, let source = Self.source(line, at: start), sources.contains(source),
      line.prefix(start).elementsEqual(Self.opening),
      let close = line[start..<(start + Self.longestID + 1)].firstIndex(of: UInt8(ascii: "\""))
    else { return nil }
    return EventID(line[start..<close])
  }

  private static let opening = Array(#"{"id":""#.utf8)
  private static let longestID = 35

  private static func hasZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    return memchr(base, 0, bytes.count) != nil
  }

  /// The sixteen digits that an id begins with.
  private static func source(_ line: UnsafeRawBufferPointer, at start: Int) -> UInt64? {
    var value: UInt64 = 0
    for digit in line[start..<(start + 16)] {
      switch digit {
      case 48...57: value = value << 4 | UInt64(digit - 48)
      case 97...102: value = value << 4 | UInt64(digit - 87)
      default: return nil
      }
    }
    return value
  }
}
