import AuditFiles
import AuditModel
import Platform

/// Looks at a day file's lines from an offset on: which events are there whole, and where the file ends in a torn one.
struct TailExaminer {
  struct Line {
    var id: EventID
    /// Microseconds since 1970.
    var time: UInt64
  }

  struct Finding {
    var lines: [Line] = []
    /// The length to which the file is to be cut; its own when nothing is torn.
    var soundLength: Int
    /// Whole lines that are no records and were not written by us: left alone.
    var foreignLines = 0
  }

  /// Whether each line is decoded as a whole, or only its id read.
  let isThorough: Bool

  func examine(_ file: FileDescriptor, path: String, from start: Int, length: Int) throws(FileError) -> Finding {
    var finding = Finding(soundLength: length)
    var lastForeign: Int?
    try LineScanner(file, path: path).forward(from: start) { (line) throws(FileError) in
      // After a power cut a file can have a hole where its data did not reach the disk. No record holds a NUL byte,
      // and nothing behind a hole was durable.
      if !line.isWhole || line.bytes.contains(0) {
        finding.soundLength = line.offset
        return false
      }
      if let sound = isThorough ? Self.decoded(line.bytes) : Self.identified(line.bytes) {
        finding.lines.append(sound)
        lastForeign = nil
      } else {
        finding.foreignLines += 1
        lastForeign = line.offset
      }
      return true
    }
    // A last line that no record is counts as torn.
    if isThorough, let lastForeign, finding.soundLength == length {
      finding.soundLength = lastForeign
      finding.foreignLines -= 1
    }
    return finding
  }

  /// A whole record, also one of a newer version: what is cut is lost.
  private static func decoded(_ line: ArraySlice<UInt8>) -> Line? {
    do {
      let outline = try RecordDecoder().outline(of: line)
      return Line(id: outline.id, time: outline.time)
    } catch {
      return nil
    }
  }

  private static func identified(_ line: ArraySlice<UInt8>) -> Line? {
    RecordDecoder().identity(of: line).map { Line(id: $0.id, time: $0.time) }
  }
}
