import AuditModel
import Bridge
import Platform

/// The report in Prometheus' text format: each metric with its help and type, times in seconds, counters as `_total`.
struct StatusMetrics {
  private enum Kind: String { case counter, gauge }

  private var lines: [String] = []

  /// - Parameter status: nil where no collector has ever reported.
  init(_ status: CollectorStatus?, _ condition: CollectorCondition) {
    add("up", .gauge, "Whether the collector runs.", condition == .stopped ? "0" : "1")
    guard let status else { return }
    add("caught_up", .gauge, "Whether all that there is has been read and written.", status.isCaughtUp ? "1" : "0")
    let troubles = status.troubles.count + status.waitingFor.count + (status.lastError.isEmpty ? 0 : 1)
    add("troubles", .gauge, "What the collector cannot do as it was asked to.", String(troubles))
    addTimes(status)
    addEntries(status)
    addEvents(status)
    addMemory(status)
  }

  /// The text, with a line end behind each line.
  var text: String { lines.map { $0 + "\n" }.joined() }

  private mutating func addTimes(_ status: CollectorStatus) {
    add("start_time_seconds", .gauge, "When the collector started, since 1970.", Self.seconds(status.started))
    add("report_time_seconds", .gauge, "When the collector reported last, since 1970.", Self.seconds(status.reported))
    add(
      "newest_entry_time_seconds", .gauge, "The time of the newest entry that was read.",
      Self.seconds(status.newestEntry))
    add("checkpoint_time_seconds", .gauge, "When the last checkpoint was written.", Self.seconds(status.checkpoint))
  }

  private mutating func addEntries(_ status: CollectorStatus) {
    add("entries_read_total", .counter, "Entries that were looked at.", status.entriesRead)
    add("entries_recognised_total", .counter, "Entries of mail daemons that a rule knows.", status.recognised)
    add(
      "entries_unrecognised_total", .counter, "Entries of mail daemons that no rule knows.", by: "daemon",
      status.unrecognisedByDaemon)
    add("entries_refused_total", .counter, "Entries under a mail daemon's name that are not its own.", status.refused)
    add(
      "entries_unprovable_total", .counter, "Entries under a mail daemon's name that the journal does not prove.",
      status.unprovable)
    add("entries_truncated_total", .counter, "Entries whose message was too long and was cut.", status.truncated)
    add("gaps_total", .counter, "Gaps: times in which entries are missing.", status.gaps)
  }

  private mutating func addEvents(_ status: CollectorStatus) {
    add("events_written_total", .counter, "Events that were written.", status.eventsWritten)
    guard !status.eventCounts.byDaemon.isEmpty else { return }
    begin("events_total", .counter, "Events by daemon and kind.")
    for (daemon, counts) in status.eventCounts.byDaemon.sorted(by: { $0.key < $1.key }) {
      for (kind, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        lines.append("mailtrail_events_total{daemon=\"\(Self.escaped(daemon))\",kind=\"\(kind.name)\"} \(count)")
      }
    }
  }

  private mutating func addMemory(_ status: CollectorStatus) {
    add("mailboxes", .gauge, "Mailboxes that are known.", String(status.mailboxes))
    add("context_records", .gauge, "What is remembered of earlier lines.", String(status.contexts))
    add(
      "context_records_evicted_total", .counter, "What was forgotten early, since too much was remembered.",
      status.evicted)
    add("waiting_lines", .gauge, "Lines that wait for another one.", String(status.waiting))
    add(
      "waits_cut_short_total", .counter, "Lines that were recorded early, since too many waited.", status.waitsCutShort)
  }

  private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: String) {
    begin(name, kind, help)
    lines.append("mailtrail_\(name) \(value)")
  }

  private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: UInt64) {
    add(name, kind, help, String(value))
  }

  /// - Parameter values: by the value of the label.
  private mutating func add(
    _ name: String, _ kind: Kind, _ help: String, by label: String, _ values: [String: UInt64]
  ) {
    guard !values.isEmpty else { return }
    begin(name, kind, help)
    for (value, count) in values.sorted(by: { $0.key < $1.key }) {
      lines.append("mailtrail_\(name){\(label)=\"\(Self.escaped(value))\"} \(count)")
    }
  }

  private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    lines += ["# HELP mailtrail_\(name) \(help)", "# TYPE mailtrail_\(name) \(kind.rawValue)"]
  }

  /// A daemon is called as its table is, and an administrator calls his as he likes.
  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  private static func seconds(_ microseconds: UInt64) -> String {
    let fraction = String(microseconds % 1_000_000)
    return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
  }
}
