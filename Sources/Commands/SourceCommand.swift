import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Bridge
import Configuration
import LogSources
import Platform
import RuleTable

/// `mailtrail source`: the log line behind an event.
struct SourceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "source", abstract: "Show the log line behind an event, and what its rule takes from it.",
    discussion: "Without --file, --directory, --namespace or --syslog-file it reads what the configuration names.")

  @OptionGroup var options: ConfigurationOptions

  @Option(name: [.customShort("D"), .long], help: "Read the journal files of this directory; may be repeated.")
  var directory: [String] = []

  @Option(help: "Read this journal file; may be repeated.")
  var file: [String] = []

  @Option(help: "Read this journal namespace; may be repeated.")
  var namespace: [String] = []

  @Option(
    help: ArgumentHelp(
      "Read this text log, plain or compressed by gzip, xz or zstd; may be repeated.", valueName: "file"))
  var syslogFile: [String] = []

  @Option(
    help: ArgumentHelp(
      "The format of the text logs; detected by default: \(TextLogFormat.names).", valueName: "format"))
  var format: TextLogFormat?

  @Flag(help: "Show times in UTC.")
  var utc = false

  @Flag(help: "Do not pipe the output into a pager.")
  var noPager = false

  @Flag(name: [.short, .long], help: "Show the line of the event only, not others of its session or queue id.")
  var quiet = false

  @Argument(help: "The id of the event, as -o json shows it.")
  var id: String

  mutating func validate() throws {
    guard EventID(id.utf8) != nil else {
      throw ValidationError("‘\(id)’ is no id of an event; mailtrail search -o json shows them")
    }
    if format != nil, syslogFile.isEmpty { throw ValidationError("--format goes with --syslog-file") }
  }

  func run() throws {
    guard let id = EventID(id.utf8) else { return }
    let configuration = try options.load()
    let reader = try TrailReader(root: configuration.audit.directory)
    let event = try ValueOptions.event(id, reader, reader.trails())
    guard !event.kind.name.description.hasPrefix("bridge.") else {
      throw CommandFailure("mailtrail: the collector recorded \(event.kind.name) itself; no log line is behind it")
    }
    let table = try configuration.loadTable()
    let request = request(around: event, configuration)
    let entries = try SourceEntries(
      of: id.source, in: request, rules: configuration.rules, table: table, texts: quiet ? [] : Self.texts(of: event))
    guard !entries.found.isEmpty else {
      StandardError.write("mailtrail: " + missing(entries, request))
      let (times, unread) = (ValueOptions.times(around: event.time, within: TimeSpan.minute), UnreadLines())
      StandardError.write(
        try AnswerBasis(configuration, reader, zone: utc ? .utc : .local).remark(
          on: TrailPath(.bridge), gaps: RecordedGaps.touching(times, reader, unread), EventFilter(since: event.time)))
      throw CommandFailure("")
    }
    let pager = Pager(isDisabled: noPager)
    defer { pager.finish() }
    let text = SourceText(zone: utc ? .utc : .local, table: table)
    for entry in entries.found { guard try pager.write(text.whole(entry)) else { return } }
    guard !entries.related.isEmpty else { return }
    _ = try pager.write("\nWith the same session or queue id, within ten minutes:\n")
    for entry in entries.related { guard try pager.write(text.line(entry)) else { return } }
  }

  /// An event has the time of its entry; the summary of a burst has the id of its first entry, and is the last of an hour.
  private func request(around event: AuditEvent, _ configuration: Configuration) -> SourceRequest {
    var request = SourceRequest(configuration.sources, follows: false)
    let isJournalChosen = !(directory.isEmpty && file.isEmpty && namespace.isEmpty)
    if isJournalChosen || !syslogFile.isEmpty {
      var selection = JournalSelection(namespaces: namespace, directories: directory, files: file)
      selection.localMachine = false
      request.journal = isJournalChosen ? selection : nil
      request.text = TextLogRequest(files: syslogFile, format: format)
    }
    let times = ValueOptions.times(around: event.time, within: 10 * TimeSpan.minute)
    let earlier = ValueOptions.times(around: event.time, within: TimeSpan.hour + TimeSpan.minute).lowerBound
    request.start = .since(event.id.isBurst ? earlier : times.lowerBound)
    request.until = times.upperBound
    return request
  }

  /// What other lines of the same matter have in them; a short text would be in any line.
  private static func texts(of event: AuditEvent) -> [[UInt8]] {
    [FieldKey.session, .queueID].compactMap { event.fields[$0] }.filter { $0.count >= 6 }.map(Array.init)
  }

  private func missing(_ entries: SourceEntries, _ request: SourceRequest) -> String {
    var range = ""
    if case .since(let start) = request.start, let end = request.until {
      let zone: DisplayZone = utc ? .utc : .local
      range =
        " from \(LocalClock.text(start, isISO: true, zone: zone)) to \(LocalClock.text(end, isISO: true, zone: zone))"
    }
    let hint = "; -D, --file, --namespace or --syslog-file name another source"
    if entries.examined == 0 {
      return "no entry\(range) is there any more, or this user may not read it" + hint
    }
    return "of \(entries.examined) entries\(range) none is that of the event: it was removed, or is in another source"
      + hint
  }
}

/// Entries for people, as journalctl(1) shows them.
struct SourceText {
  var zone: DisplayZone
  var table: CompiledTable

  /// A line: time, host, identifier with process, message.
  func line(_ entry: SourceEntry) -> String {
    let process = entry.pid.map { "[\($0)]" } ?? ""
    let host = entry.host.isEmpty ? "" : " " + TerminalText.safe(entry.host)
    let message = TerminalText.safe(entry.message)
    return
      "\(LocalClock.precise(entry.time, zone: zone))\(host) \(TerminalText.safe(entry.identifier))\(process): \(message)\n"
  }

  /// The line, who wrote it, and what its rule takes from it.
  func whole(_ entry: SourceEntry) -> String {
    var text = line(entry)
    func add(_ name: String, _ value: String?) {
      if let value, !value.isEmpty { text += "    \(name)=\(value)\n" }
    }
    add("_UID", entry.uid.map { String($0) })
    add("_COMM", TerminalText.safe(entry.command))
    add("_SYSTEMD_UNIT", TerminalText.safe(entry.unit))
    add("CONTAINER_NAME", TerminalText.safe(entry.container))
    if entry.isFromTextLog { text += "    (a line of a text log)\n" }
    guard let rule = entry.rule.map({ table.rules[$0] }) else { return text + "    (no rule knows it now)\n" }
    text += "    rule \(rule.id) at \(rule.location)\n"
    for capture in entry.captures {
      text += "      \(table.names.name(of: capture.name)) = \(TerminalText.safe(capture.value))\n"
    }
    return text
  }
}
