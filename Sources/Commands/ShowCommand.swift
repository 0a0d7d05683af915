import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Bridge
import Configuration
import Glibc
import Platform

/// `mailtrail show MAILBOX`: the trail of one mailbox.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the trail of one mailbox.",
    discussion: "A name that is no mailbox is looked up in _unknown, where failures for such names are recorded.")

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var events: EventOptions
  @OptionGroup var values: ValueOptions

  @Flag(name: [.short, .long], help: "Continue to show new events.")
  var follow = false

  @Argument(
    help: "The account or address; a bare name gets mailboxes.default-domain. Or _unknown, _local/USER, _panel/ACCOUNT."
  )
  var mailbox: String

  func run() throws {
    let configuration = try options.load()
    let reader = try TrailReader(root: configuration.audit.directory)
    let lookup = try MailboxLookup(configuration, reader)
    let subject = try lookup.subject(of: mailbox)
    let own = subject.trail
    let filter = try values.filter(events, reader, in: [own])
    let format = (events.output ?? .short).format(
      usesColor: Terminal.standardOutput.usesColor, showsMailbox: false)
    let output = EventOutput(format: format, isPagerDisabled: events.noPager || follow, jumpsToEnd: false)
    let unread = UnreadLines()
    var found = try collect(reader, own, filter, unread) { _ in true }
    if !subject.names.isEmpty {
      found += try collect(reader, TrailPath(.unknown), filter, unread) { event in
        let name = event.fields[.mailbox] ?? []
        return subject.names.contains { name.elementsEqual($0.bytes) }
      }
    }
    found.sort { $0.time < $1.time }
    if let limit = events.limit ?? (follow ? 10 : nil), found.count > limit { found.removeFirst(found.count - limit) }
    let gaps = try gaps(reader, found, filter, unread)
    for event in merged(found, gaps) { guard try output.print(event) else { break } }
    if follow { try followOn(reader, own, filter, output, unread) }
    output.finish()
    if found.isEmpty, !follow, try !lookup.hasTrail(own) { throw try lookup.noTrail(of: subject) }
    if found.isEmpty, !events.quiet, !follow { StandardError.write("-- No entries --") }
    try unread.report()
    if events.grep != nil, found.isEmpty { throw CommandFailure("") }
  }

  /// Bounded by `--lines` from the newest end, so that a long trail costs nothing: by whole days, for within a day what
  /// came late, or was moved there, stands behind what is newer.
  private func collect(
    _ reader: TrailReader, _ trail: TrailPath, _ filter: EventFilter, _ unread: UnreadLines,
    _ isOurs: (AuditEvent) -> Bool
  ) throws -> [AuditEvent] {
    var found: [AuditEvent] = []
    var lastDay: Day?
    let limit = events.limit ?? (follow ? 10 : nil)
    let times = (filter.since ?? 0)..<((filter.until ?? .max - 1) + 1)
    try reader.forEachLine(of: trail, in: times, order: limit == nil ? .oldestFirst : .newestFirst) { line in
      if let lastDay, line.day < lastDay { return false }
      guard let event = unread.event(of: line, in: trail), filter.accepts(event), isOurs(event) else { return true }
      found.append(event)
      if let limit, found.count >= limit { lastDay = line.day }
      return true
    }
    return found
  }

  /// Gaps of the collector that touch the time that is shown: what is missing there may be missing from this trail.
  private func gaps(
    _ reader: TrailReader, _ found: [AuditEvent], _ filter: EventFilter, _ unread: UnreadLines
  ) throws -> [AuditEvent] {
    guard let first = filter.since ?? found.first?.time else { return [] }
    let shown = first...max(first, filter.until ?? .max - 1)
    var gaps: [AuditEvent] = []
    // A gap's record is never older than its end.
    let trail = TrailPath(.bridge)
    try reader.forEachLine(of: trail, in: first..<UInt64.max) { line in
      guard let event = unread.event(of: line, in: trail), event.kind == .bridgeGap else { return true }
      let bounds = GapBounds(reason: event.fields[.reason].map(Array.init) ?? [])
      if bounds.touches(shown, recordedAt: event.time) { gaps.append(event) }
      return true
    }
    return gaps
  }

  private func merged(_ found: [AuditEvent], _ gaps: [AuditEvent]) -> [AuditEvent] {
    let all = (found + gaps).sorted { $0.time < $1.time }
    return events.reverse ? all.reversed() : all
  }

  private func followOn(
    _ reader: TrailReader, _ trail: TrailPath, _ filter: EventFilter, _ output: EventOutput, _ unread: UnreadLines
  ) throws {
    var position = try reader.end(of: trail)
    _ = try output.flush()
    while true {
      var lines: [TrailLine] = []
      position = try reader.forEachLine(of: trail, after: position) { lines.append($0) }
      for line in lines {
        guard let event = unread.event(of: line, in: trail), filter.accepts(event) else { continue }
        guard try output.print(event) else { return }
      }
      guard try output.flush() else { return }
      usleep(200_000)
    }
  }
}

/// `mailtrail mailboxes`: which mailboxes have a trail.
struct MailboxesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mailboxes", abstract: "List the mailboxes that have a trail.")

  @OptionGroup var options: ConfigurationOptions

  @Flag(
    name: [.short, .long], help: "Also list the trails of what is no mailbox: _unknown, _local/USER, _panel/ACCOUNT.")
  var all = false

  func run() throws {
    let reader = try TrailReader(root: try options.load().audit.directory)
    for trail in try reader.trails() {
      if let address = try reader.mailbox(of: trail) {
        print(TerminalText.safe(address.bytes))
      } else if all, !trail.isOfMailbox {
        print(trail.directory)
      }
    }
  }
}

/// `mailtrail retention run`: removes what is older than the retention.
struct RetentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention", abstract: "Remove daily files that are older than the retention.", subcommands: [Run.self]
  )

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "run",
      abstract: "Remove daily files older than audit.retention now; the collector does so once an hour.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
      let configuration = try options.load()
      // The newest entry bounds the clock: a clock that jumps ahead must not erase evidence.
      let newest = (try? CollectorStatus.read(from: configuration.state.directory))?.newestEntry ?? 0
      guard newest > 0 else {
        throw CommandFailure(
          "mailtrail: no collector has reported yet, so the newest entry is not known and nothing is removed")
      }
      let retention = try TrailRetention(root: configuration.audit.directory, calendar: try configuration.calendar())
      let report = try retention.removeExpired(
        now: SystemClock.realtime(), newest: newest, retention: configuration.audit.retention.microseconds)
      print("removed \(report.filesRemoved) files and \(report.directoriesRemoved) directories")
    }
  }
}
