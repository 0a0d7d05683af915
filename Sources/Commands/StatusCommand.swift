import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Bridge
import Configuration
import Glibc
import LogSources
import Platform

/// `mailtrail status`: how the collector is doing.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show the state of the collector: position, counts, gaps, checkpoint.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case short, json, prometheus }

  @OptionGroup var options: ConfigurationOptions

  @Option(name: [.short, .long], help: "short, json or prometheus.")
  var output = Format.short

  @Flag(help: "List who logged as a mail daemon in the last day and was not believed, from the journal itself.")
  var refused = false

  func validate() throws {
    if refused, output == .prometheus { throw ValidationError("--refused goes with -o short and -o json") }
  }

  func run() throws {
    let configuration = try options.load()
    if refused { return try printLeftOut(configuration) }
    let status: CollectorStatus
    do { status = try CollectorStatus.read(from: configuration.state.directory) } catch {
      throw CommandFailure(
        "mailtrail: no report in \(configuration.state.directory) (\(error)); is the service running? systemctl status mailtrail"
      )
    }
    switch output {
    case .short:
      print(text(status, configuration))
      let unread = UnreadLines()
      for line in try gaps(configuration.audit.directory, unread) { print(line) }
      try unread.report()
    case .json: print(json(status))
    case .prometheus: print(prometheus(status))
    }
  }

  private func printLeftOut(_ configuration: Configuration) throws {
    let sources = SourceRequest(configuration.sources, follows: false)
    let now = SystemClock.realtime()
    let day = SourceRequest(
      journal: sources.journal, text: sources.text, start: .since(now - min(now, TimeSpan.day)))
    let report = LeftOutReport(try SenderSurvey(of: day, configuration, try configuration.loadTable()))
    for line in output == .json ? report.json : report.lines { print(line) }
  }

  private func text(_ status: CollectorStatus, _ configuration: Configuration) -> String {
    let isRunning = status.isRunning(in: configuration.state.directory)
    var lines = [
      "   Collector: "
        + (isRunning
          ? "running, pid \(status.pid), since " + LocalClock.text(status.started, isISO: true)
          : "not running; this is its last report")
    ]
    lines.append("  Reported at: " + LocalClock.text(status.reported, isISO: true))
    lines.append(
      "     Position: "
        + (status.newestEntry == 0
          ? "nothing read yet"
          : LocalClock.text(status.newestEntry, isISO: true) + (status.isCaughtUp ? ", caught up" : ", catching up")))
    lines.append(
      "   Checkpoint: " + (status.checkpoint == 0 ? "none yet" : LocalClock.text(status.checkpoint, isISO: true)))
    lines.append(
      "   Audit tree: \(configuration.audit.directory), \(status.mailboxes) mailboxes known, \(status.eventsWritten) events written by this run"
    )
    lines.append(
      "      Entries: \(status.entriesRead) read, \(status.recognised) recognised, \(status.unrecognised) unknown to the rules, \(status.refused) refused, "
        + "\(status.unprovable) unprovable"
    )
    if let unknown = Self.unknown(status) { lines.append("      Unknown: " + unknown) }
    lines.append("         Gaps: \(status.gaps)" + (status.truncated > 0 ? ", \(status.truncated) messages cut" : ""))
    lines.append(
      "       Memory: \(status.contexts) context records, \(status.evicted) dropped early; \(status.waiting) lines wait for others, "
        + "\(status.waitsCutShort) were recorded early")
    if !status.lastError.isEmpty { lines.append("   Last error: " + TerminalText.safe(status.lastError.utf8)) }
    for (subject, reason) in status.waitingFor.sorted(by: { $0.key < $1.key }) {
      lines.append("      Waiting: " + TerminalText.safe("\(subject): \(reason)".utf8))
    }
    for (kind, count) in status.countsByKind.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      lines.append(
        "   " + TerminalText.padded(String(repeating: " ", count: max(0, 10 - String(count).count)) + String(count), 12)
          + kind)
    }
    return lines.joined(separator: "\n")
  }

  /// Whose lines no rule knows: a daemon that logs in another format is seen here first.
  private static func unknown(_ status: CollectorStatus) -> String? {
    let daemons = status.unrecognisedByDaemon.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    guard !daemons.isEmpty else { return nil }
    let list = daemons.map { "\($0.value) of \(TerminalText.safe($0.key.utf8))" }.joined(separator: ", ")
    return list + "; ‘mailtrail rules coverage’ prints them, ‘mailtrail doctor’ checks Dovecot's format"
  }

  /// The last gaps, of earlier runs too: they are in the collector's own trail.
  private func gaps(_ directory: String, _ unread: UnreadLines) throws -> [String] {
    guard let reader = try? TrailReader(root: directory) else { return [] }
    var lines: [String] = []
    let trail = TrailPath(.bridge)
    try reader.forEachLine(of: trail, order: .newestFirst) { line in
      guard let event = unread.event(of: line, in: trail), event.kind == .bridgeGap else { return true }
      let count = event.fields[.count].map { String(decoding: $0, as: UTF8.self) + " entries, " } ?? ""
      let subject = event.fields[.scope].map { TerminalText.safe($0) + ": " } ?? ""
      let reason = event.fields[.reason].map { TerminalText.safe($0) } ?? ""
      lines.append("          Gap: " + LocalClock.text(event.time, isISO: true) + " " + count + subject + reason)
      return lines.count < Self.maximumGaps
    }
    return lines
  }

  private static let maximumGaps = 10

  private func json(_ status: CollectorStatus) -> String {
    var json = JSONText()
    for number in status.numbers { json.add(number.name, number.value) }
    json.add("last_error", status.lastError)
    var events = JSONText()
    for (kind, count) in status.countsByKind.sorted(by: { $0.key < $1.key }) { events.add(kind, count) }
    json.add("events", json: events.object)
    var unknown = JSONText()
    for (daemon, count) in status.unrecognisedByDaemon.sorted(by: { $0.key < $1.key }) { unknown.add(daemon, count) }
    json.add("unrecognised_by_daemon", json: unknown.object)
    return json.object
  }

  private func prometheus(_ status: CollectorStatus) -> String {
    var lines = status.numbers.filter { $0.name != "pid" }.map { "mailtrail_\($0.name) \($0.value)" }
    lines.append("mailtrail_last_error \(status.lastError.isEmpty ? 0 : 1)")
    lines += status.unrecognisedByDaemon.sorted { $0.key < $1.key }.map {
      "mailtrail_unrecognised_by_daemon{daemon=\"\($0.key)\"} \($0.value)"
    }
    lines += status.countsByKind.sorted { $0.key < $1.key }.map {
      "mailtrail_events_total{kind=\"\($0.key)\"} \($0.value)"
    }
    return lines.joined(separator: "\n")
  }
}
