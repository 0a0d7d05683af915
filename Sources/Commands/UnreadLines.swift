import AuditFiles
import AuditModel
import AuditOutput
import AuditReading

/// Counts the lines of trails that are no records, so that an answer says what it could not read.
final class UnreadLines {
  private struct File: Hashable {
    var trail: String
    var day: Day
  }

  private var counts: [File: (number: Int, first: RecordError)] = [:]

  /// The line's event; nil, and counted, when it is no record that this version knows.
  func event(of line: TrailLine, in trail: TrailPath) -> AuditEvent? {
    do {
      return try line.event()
    } catch {
      counts[File(trail: trail.directory, day: line.day), default: (0, error)].number += 1
      return nil
    }
  }

  /// Counts what a search over many trails could not read.
  func add(_ files: [(file: UnreadFile, number: Int, first: RecordError)]) {
    for (file, number, first) in files {
      counts[File(trail: file.trail.directory, day: file.day), default: (0, first)].number += number
    }
  }

  /// Says which files have such lines.
  ///
  /// - Throws: `CommandFailure` when there are any: the answer is not complete.
  func report() throws {
    for (file, found) in counts.sorted(by: { ($0.key.trail, $0.key.day) < ($1.key.trail, $1.key.day) }) {
      let lines = found.number == 1 ? "1 line is" : "\(found.number) lines are"
      StandardError.write(
        "mailtrail: \(TerminalText.safe((file.trail + "/" + file.day.fileName).utf8)): \(lines) not shown, no record of this "
          + "version: \(found.first.expected) expected at byte \(found.first.byte). A newer mailtrail may have written it, or "
          + "somebody else: mailtrail verify says which lines")
    }
    if !counts.isEmpty { throw CommandFailure("") }
  }
}
