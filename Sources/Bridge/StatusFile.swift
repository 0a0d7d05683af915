import AuditModel
import Correlation
import Glibc
import Platform

/// What the running collector says of itself, for `mailtrail status`: a small file in the state directory.
package struct CollectorStatus: Sendable, Equatable {
  package var pid: Int32 = 0
  /// Microseconds since 1970 of this report.
  package var reported: UInt64 = 0
  package var started: UInt64 = 0
  /// The newest entry that was read; 0 for none.
  package var newestEntry: UInt64 = 0
  package var isCaughtUp = false
  package var entriesRead: UInt64 = 0
  package var recognised: UInt64 = 0
  package var unrecognised: UInt64 = 0
  package var unrecognisedByDaemon: [String: UInt64] = [:]
  package var refused: UInt64 = 0
  package var unprovable: UInt64 = 0
  package var eventsWritten: UInt64 = 0
  package var gaps: UInt64 = 0
  package var truncated: UInt64 = 0
  package var mailboxes: UInt64 = 0
  package var contexts: UInt64 = 0
  package var waiting: UInt64 = 0
  package var evicted: UInt64 = 0
  /// Waits for another line that were ended before their time, because too many waited.
  package var waitsCutShort: UInt64 = 0
  package var checkpoint: UInt64 = 0
  /// Why nothing can be written at the moment; empty when all is well.
  package var lastError = ""
  /// What cannot be read at the moment, and why.
  package var waitingFor: [String: String] = [:]
  /// What is not as somebody asked for, and goes on until it is mended.
  package var troubles: [String: String] = [:]
  package var eventCounts = EventCounts()

  package init() {}

  static let fileName = "status"

  /// The numbers by name, in the order of the report.
  package var numbers: [(name: String, value: UInt64)] {
    [
      ("pid", UInt64(pid)), ("reported", reported), ("started", started), ("newest_entry", newestEntry),
      ("caught_up", isCaughtUp ? 1 : 0), ("entries_read", entriesRead), ("recognised", recognised),
      ("unrecognised", unrecognised), ("refused", refused), ("unprovable", unprovable),
      ("events_written", eventsWritten), ("gaps", gaps), ("truncated", truncated), ("mailboxes", mailboxes),
      ("contexts", contexts), ("waiting", waiting),
      ("evicted", evicted), ("waits_cut_short", waitsCutShort), ("checkpoint", checkpoint),
    ]
  }

  /// Takes up what the pipeline counted, and what it remembers.
  mutating func take(_ pipeline: Pipeline) {
    let (counts, correlator) = (pipeline.counts, pipeline.correlator)
    (recognised, unrecognised) = (counts.recognised, counts.unrecognised)
    unrecognisedByDaemon = counts.unrecognisedByDaemon
    (refused, unprovable) = (counts.refused, counts.unprovable)
    (contexts, waiting) = (UInt64(correlator.sizes.contexts), UInt64(correlator.sizes.waiting))
    mailboxes = UInt64(correlator.mailboxCount)
    (evicted, waitsCutShort) = (UInt64(correlator.contextsEvicted), UInt64(correlator.waitsCutShort))
  }

  /// Whether the process that wrote the report still runs, by its lock of the state directory; where the kernel does not
  /// name locks, by its number alone.
  package func isRunning(in directory: String) -> Bool {
    guard pid > 0 else { return false }
    return DirectoryLock.isHeld(directory, by: pid) ?? (kill(pid, 0) == 0 || errno == EPERM)
  }

  /// Replaces the report; a failure is not worth more than an old report.
  func write(in directory: String) {
    var text = numbers.map { "\($0.name)=\($0.value)\n" }.joined()
    text += "last_error=" + lastError.replacing("\n", with: " ") + "\n"
    for (subject, reason) in waitingFor.sorted(by: { $0.key < $1.key }) {
      text += "waiting." + "\(subject)=\(reason)".replacing("\n", with: " ") + "\n"
    }
    for (subject, reason) in troubles.sorted(by: { $0.key < $1.key }) {
      text += "trouble." + "\(subject)=\(reason)".replacing("\n", with: " ") + "\n"
    }
    for (daemon, count) in unrecognisedByDaemon.sorted(by: { $0.key < $1.key }) {
      text += "unrecognised.\(daemon)=\(count)\n"
    }
    text += eventCounts.lines.joined()
    do {
      try Directory.open(directory).replace(Self.fileName, with: Array(text.utf8), isDurable: false)
    } catch {
      // The old report stays, with its time; why nothing can be written is said by what has to be written.
    }
  }

  /// Reads the last report of a state directory.
  package static func read(from directory: String) throws -> CollectorStatus {
    let text = String(decoding: try InputFile.contents(of: directory + "/" + fileName), as: UTF8.self)
    var status = CollectorStatus()
    var values: [String: UInt64] = [:]
    for line in text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let name = String(line[..<equals])
      let value = String(line[line.index(after: equals)...])
      if name == "last_error" {
        status.lastError = value
      } else if name.hasPrefix("waiting.") {
        status.waitingFor[String(name.dropFirst(8))] = value
      } else if name.hasPrefix("trouble.") {
        status.troubles[String(name.dropFirst(8))] = value
      } else if name.hasPrefix("unrecognised.") {
        status.unrecognisedByDaemon[String(name.dropFirst(13))] = UInt64(value)
      } else if name.hasPrefix(EventCounts.prefix) {
        status.eventCounts.read(name.dropFirst(EventCounts.prefix.count), value)
      } else {
        values[name] = UInt64(value)
      }
    }
    status.pid = Int32(truncatingIfNeeded: values["pid"] ?? 0)
    status.isCaughtUp = values["caught_up"] == 1
    let numbers: [(String, WritableKeyPath<CollectorStatus, UInt64>)] = [
      ("reported", \.reported), ("started", \.started), ("newest_entry", \.newestEntry),
      ("entries_read", \.entriesRead), ("recognised", \.recognised), ("unrecognised", \.unrecognised),
      ("refused", \.refused), ("unprovable", \.unprovable), ("events_written", \.eventsWritten), ("gaps", \.gaps),
      ("truncated", \.truncated),
      ("mailboxes", \.mailboxes), ("contexts", \.contexts), ("waiting", \.waiting), ("evicted", \.evicted),
      ("waits_cut_short", \.waitsCutShort), ("checkpoint", \.checkpoint),
    ]
    for (name, path) in numbers { status[keyPath: path] = values[name] ?? 0 }
    return status
  }
}
