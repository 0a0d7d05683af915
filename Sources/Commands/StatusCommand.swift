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

  @Option(
    help: ArgumentHelp(
      "Write the metrics of Prometheus into this file at once, for the textfile directory of its node_exporter.",
      valueName: "file"))
  var textfile: String?

  @Flag(help: "List who logged as a mail daemon in the last day and was not believed, from the journal itself.")
  var refused = false

  func validate() throws {
    if refused, output == .prometheus { throw ValidationError("--refused goes with -o short and -o json") }
    if refused, textfile != nil { throw ValidationError("--textfile has the metrics, --refused a list: not both") }
  }

  func run() throws {
    let configuration = try options.load()
    if refused { return try printLeftOut(configuration) }
    let status = try report(configuration)
    let isRunning = status?.isRunning(in: configuration.state.directory) ?? false
    let condition = status.map { CollectorCondition($0, isRunning: isRunning) } ?? .stopped
    if let textfile { return try write(StatusMetrics(status, condition), to: textfile) }
    if output == .prometheus {
      print(StatusMetrics(status, condition).text, terminator: "")
    } else {
      guard let status else {
        throw CommandFailure(
          "mailtrail: no collector has reported in \(configuration.state.directory); systemctl status mailtrail says why",
          status: condition.exitStatus)
      }
      try show(status, condition, configuration)
    }
    if condition != .caughtUp { throw CommandFailure("", status: condition.exitStatus) }
  }

  /// The last report; nil when there is none.
  private func report(_ configuration: Configuration) throws -> CollectorStatus? {
    do { return try CollectorStatus.read(from: configuration.state.directory) } catch let error as FileError {
      guard error.code == ENOENT else { throw error }
      return nil
    }
  }

  private func show(_ status: CollectorStatus, _ condition: CollectorCondition, _ configuration: Configuration) throws {
    guard output == .short else { return print(json(status, condition)) }
    print(text(status, condition, configuration))
    let unread = UnreadLines()
    for line in try gaps(configuration.audit.directory, unread) { print(folded(line)) }
    try unread.report()
  }

  /// Replaces the file in one step, so that nobody reads half of it.
  private func write(_ metrics: StatusMetrics, to path: String) throws {
    let parts = path.split(separator: "/")
    guard let name = parts.last.map(String.init) else { throw ValidationError("‘\(path)’ is no file") }
    let parent = (path.hasPrefix("/") ? "/" : "./") + parts.dropLast().joined(separator: "/")
    try Directory.open(parent).replace(name, with: Array(metrics.text.utf8), mode: 0o644, isDurable: false)
  }

  private func printLeftOut(_ configuration: Configuration) throws {
    let sources = SourceRequest(configuration.sources, follows: false)
    let now = SystemClock.realtime()
    let day = SourceRequest(
      journal: sources.journal, text: sources.text, start: .since(now - min(now, TimeSpan.day)))
    let report = LeftOutReport(try SenderSurvey(of: day, configuration, try configuration.loadTable()))
    for line in output == .json ? report.json : report.lines { print(line) }
  }

  private func text(
    _ status: CollectorStatus, _ condition: CollectorCondition, _ configuration: Configuration
  ) -> String {
    var lines = [
      "   Collector: "
        + (condition != .stopped
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
    for (subject, reason) in status.troubles.sorted(by: { $0.key < $1.key }) {
      lines.append("      Trouble: " + TerminalText.safe("\(subject): \(reason)".utf8))
    }
    for (subject, reason) in status.waitingFor.sorted(by: { $0.key < $1.key }) {
      lines.append("      Waiting: " + TerminalText.safe("\(subject): \(reason)".utf8))
    }
    let kinds = status.eventCounts.byKind.map { (key: $0.key.name.description, value: $0.value) }
    for (kind, count) in kinds.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      lines.append(
        "   " + TerminalText.padded(String(repeating: " ", count: max(0, 10 - String(count).count)) + String(count), 12)
          + kind)
    }
    return lines.map(folded).joined(separator: "\n")
  }

  /// Behind the label, where the terminal is too narrow.
  private func folded(_ line: String) -> String {
    FoldedText.folded(line, width: Terminal.standardOutput.lineWidth, indent: 14)
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

  private func json(_ status: CollectorStatus, _ condition: CollectorCondition) -> String {
    var json = JSONText()
    json.add("condition", condition.rawValue)
    for number in status.numbers { json.add(number.name, number.value) }
    json.add("last_error", status.lastError)
    var troubles = JSONText()
    for (subject, reason) in status.troubles.merging(status.waitingFor, uniquingKeysWith: { $1 })
      .sorted(by: { $0.key < $1.key })
    { troubles.add(subject, reason) }
    json.add("troubles", json: troubles.object)
    var events = JSONText()
    for (kind, count) in status.eventCounts.byKind.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      events.add(kind.name.description, count)
    }
    json.add("events", json: events.object)
    var unknown = JSONText()
    for (daemon, count) in status.unrecognisedByDaemon.sorted(by: { $0.key < $1.key }) { unknown.add(daemon, count) }
    json.add("unrecognised_by_daemon", json: unknown.object)
    return json.object
  }
}
