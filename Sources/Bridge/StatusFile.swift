import AuditModel
import Correlation
import Glibc

/// What the running collector says of itself, for `mailtrail status`: a small file in the state directory.
public struct CollectorStatus: Sendable, Equatable {
  public var pid: Int32 = 0
  /// Microseconds since 1970 of this report.
  public var reported: UInt64 = 0
  public var started: UInt64 = 0
  /// The newest entry that was read; 0 for none.
  public var newestEntry: UInt64 = 0
  public var isCaughtUp = false
  public var entriesRead: UInt64 = 0
  public var recognised: UInt64 = 0
  public var unrecognised: UInt64 = 0
  public var refused: UInt64 = 0
  public var unprovable: UInt64 = 0
  public var eventsWritten: UInt64 = 0
  public var gaps: UInt64 = 0
  public var truncated: UInt64 = 0
  public var mailboxes: UInt64 = 0
  public var notes: UInt64 = 0
  public var waiting: UInt64 = 0
  public var evicted: UInt64 = 0
  /// Waits for another line that were ended before their time, because too many waited.
  public var waitsCutShort: UInt64 = 0
  public var checkpoint: UInt64 = 0
  /// Why nothing can be written at the moment; empty when all is well.
  public var trouble = ""
  /// What cannot be read at the moment, and why.
  public var waitingFor: [String: String] = [:]
  public var countsByKind: [String: UInt64] = [:]

  public init() {}

  static let fileName = "status"

  /// The numbers by name, in the order of the report.
  public var numbers: [(name: String, value: UInt64)] {
    [
      ("pid", UInt64(pid)), ("reported", reported), ("started", started), ("newest_entry", newestEntry),
      ("caught_up", isCaughtUp ? 1 : 0), ("entries_read", entriesRead), ("recognised", recognised),
      ("unrecognised", unrecognised), ("refused", refused), ("unprovable", unprovable),
      ("events_written", eventsWritten), ("gaps", gaps), ("truncated", truncated), ("mailboxes", mailboxes),
      ("notes", notes), ("waiting", waiting),
      ("evicted", evicted), ("waits_cut_short", waitsCutShort), ("checkpoint", checkpoint),
    ]
  }

  /// Takes up what the pipeline counted, and what it remembers.
  mutating func take(_ pipeline: Pipeline) {
    let (counts, correlator) = (pipeline.counts, pipeline.correlator)
    (recognised, unrecognised) = (counts.recognised, counts.unrecognised)
    (refused, unprovable) = (counts.refused, counts.unprovable)
    (notes, waiting) = (UInt64(correlator.sizes.notes), UInt64(correlator.sizes.waiting))
    mailboxes = UInt64(correlator.mailboxCount)
    (evicted, waitsCutShort) = (UInt64(correlator.notesEvicted), UInt64(correlator.waitsCutShort))
  }

  /// Replaces the report; a failure is not worth more than an old report.
  func write(in directory: String) {
    var text = numbers.map { "\($0.name)=\($0.value)\n" }.joined()
    text += "trouble=" + trouble.replacing("\n", with: " ") + "\n"
    for (subject, reason) in waitingFor.sorted(by: { $0.key < $1.key }) {
      text += "waiting." + "\(subject)=\(reason)".replacing("\n", with: " ") + "\n"
    }
    for (kind, count) in countsByKind.sorted(by: { $0.key < $1.key }) { text += "kind.\(kind)=\(count)\n" }
    let temporary = directory + "/" + Self.fileName + ".tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { return }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else { return }
    _ = rename(temporary, directory + "/" + Self.fileName)
  }

  /// Reads the last report of a state directory.
  public static func read(from directory: String) throws -> CollectorStatus {
    let text = String(decoding: try InputFile.contents(of: directory + "/" + fileName), as: UTF8.self)
    var status = CollectorStatus()
    var values: [String: UInt64] = [:]
    for line in text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let name = String(line[..<equals])
      let value = String(line[line.index(after: equals)...])
      if name == "trouble" {
        status.trouble = value
      } else if name.hasPrefix("waiting.") {
        status.waitingFor[String(name.dropFirst(8))] = value
      } else if name.hasPrefix("kind.") {
        status.countsByKind[String(name.dropFirst(5))] = UInt64(value)
      } else {
        values[name] = UInt64(value)
      }
    }
    status.pid = Int32(truncatingIfNeeded: values["pid"] ?? 0)
    status.isCaughtUp = values["caught_up"] == 1
    let places: [(String, WritableKeyPath<CollectorStatus, UInt64>)] = [
      ("reported", \.reported), ("started", \.started), ("newest_entry", \.newestEntry),
      ("entries_read", \.entriesRead), ("recognised", \.recognised), ("unrecognised", \.unrecognised),
      ("refused", \.refused), ("unprovable", \.unprovable), ("events_written", \.eventsWritten), ("gaps", \.gaps),
      ("truncated", \.truncated),
      ("mailboxes", \.mailboxes), ("notes", \.notes), ("waiting", \.waiting), ("evicted", \.evicted),
      ("waits_cut_short", \.waitsCutShort), ("checkpoint", \.checkpoint),
    ]
    for (name, path) in places { status[keyPath: path] = values[name] ?? 0 }
    return status
  }
}
