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

  @Flag(name: .customLong("gaps"), help: "Show gaps of the collector in json, json-pretty and csv too.")
  var showsGaps = false

  @Argument(
    help:
      "The account or address; a bare name gets mailboxes.default-domain. Or _unknown, _local/USER, _panel/ACCOUNT.",
    completion: .mailbox)
  var mailbox: String

  func run() throws {
    let configuration = try options.load()
    let reader = try TrailReader(root: configuration.audit.directory)
    let lookup = try MailboxLookup(configuration, reader)
    let subject = try lookup.subject(of: mailbox)
    let filter = try values.filter(events, reader, in: [subject.trail])
    let unread = UnreadLines()
    let found = try SubjectEvents(subject: subject, filter: filter, limit: limit).read(reader, unread)
    if found.isEmpty, !follow, try !lookup.hasTrail(subject.trail) { throw try lookup.noTrail(of: subject) }
    let gaps = try RecordedGaps.touching(filter.shownTimes(of: found), reader, unread)
    let output = events.makeOutput(showsMailbox: false, isPagerDisabled: follow)
    // Of nothing found, the remark below says them.
    let isSaidBelow = events.format.isForPeople && found.isEmpty && filter.since == nil
    for event in merged(found, hasGaps && !isSaidBelow ? gaps : []) {
      guard try output.print(event) else { break }
    }
    if follow { return try followOn(reader, subject.trail, filter, output, unread) }
    if !events.quiet {
      if found.isEmpty { try output.remark("-- No entries --") }
      let basis = AnswerBasis(configuration, reader, zone: events.zone)
      if events.format.isForPeople {
        try output.remark(basis.remark(on: subject.trail, gaps: gaps, filter))
      }
    }
    try output.finish()
    try unread.report()
    if events.grep != nil, found.isEmpty { throw CommandFailure("") }
  }

  private var limit: Int? { events.limit ?? (follow ? 10 : nil) }

  /// Whether gaps stand among the events.
  private var hasGaps: Bool { events.format.isForPeople || showsGaps }

  private func merged(_ found: [AuditEvent], _ gaps: [AuditEvent]) -> [AuditEvent] {
    let all = (found + gaps).sorted { $0.time < $1.time }
    return events.reverse ? all.reversed() : all
  }

  private func followOn(
    _ reader: TrailReader, _ trail: TrailPath, _ filter: EventFilter, _ output: EventOutput, _ unread: UnreadLines
  ) throws {
    var position = try reader.end(of: trail)
    var gaps = hasGaps ? try GapFollower(reader) : nil
    while try output.flush() {
      for gap in try gaps?.newGaps(unread) ?? [] { guard try output.print(gap) else { return } }
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
