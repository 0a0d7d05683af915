import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Configuration
import Platform

/// `mailtrail trace`: the life of one message.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Show what became of a message, for each of its recipients.")

  @OptionGroup var options: ConfigurationOptions

  @Option(help: ArgumentHelp("Trace messages of this sender, with --around.", valueName: "address"))
  var from: String?

  @Option(help: ArgumentHelp("Trace messages for this recipient, with --around.", valueName: "address"))
  var to: String?

  @Option(
    help: ArgumentHelp("When it was sent or delivered, or the id of an event of that time.", valueName: "time|id"))
  var around: String?

  @Option(help: ArgumentHelp("With --around, how far before and after it; 5min by default.", valueName: "span"))
  var within: String?

  @Option(name: [.short, .long], help: "short, short-iso, verbose, json, json-pretty or csv.")
  var output: OutputFormat?

  @Flag(help: "Show times in UTC.")
  var utc = false

  @Flag(help: "Do not pipe the output into a pager.")
  var noPager = false

  @Flag(name: [.short, .long], help: "Suppress hints.")
  var quiet = false

  @Argument(help: "The Message-ID, with or without <>, or the queue id.")
  var message: String?

  mutating func validate() throws {
    let isExchange = from != nil || to != nil
    if message != nil, isExchange || around != nil {
      throw ValidationError("a Message-ID or queue id says which message; leave --from, --to and --around out")
    }
    if message == nil, !isExchange || around == nil {
      throw ValidationError("name a Message-ID or queue id, or --around a time with --from, --to or both")
    }
    if [message, from, to].contains("") { throw ValidationError("an empty text names no message") }
    if within != nil, around == nil { throw ValidationError("--within goes with --around") }
    if let within, TimeSpan.microseconds(within) == nil {
      throw ValidationError("‘\(within)’ is no length of time; as in 30s, 5min or \"1h 30min\" (systemd.time(7))")
    }
    if let around, EventID(around.utf8) == nil { _ = try ValueOptions.time(of: around) }
  }

  func run() throws {
    let configuration = try options.load()
    let reader = try TrailReader(root: configuration.audit.directory)
    let unread = UnreadLines()
    var tracer = try MessageTracer(reader, unread)
    let times = try times(reader)
    let seeds = try message.map { try tracer.events(named: $0) } ?? exchange(in: times, &tracer)
    let messages = try tracer.messages(of: seeds)
    let basis = AnswerBasis(configuration, reader, zone: zone)
    guard !messages.isEmpty else {
      let gaps = try RecordedGaps.touching(times, reader, unread)
      StandardError.write("mailtrail: " + nothing(seeds))
      StandardError.write(
        try basis.remark(
          on: TrailPath(.bridge), gaps: gaps, EventFilter(since: around == nil ? nil : times.lowerBound)))
      try unread.report()
      throw CommandFailure("")
    }
    if format == .short || format == .shortISO {
      try show(messages, basis, level: configuration.audit.level) {
        try RecordedGaps.touching($0, reader, unread)
      }
    } else {
      try printEvents(messages)
    }
    if tracer.isCut, !quiet {
      StandardError.write(
        "mailtrail: there is more than is shown: \(MessageTracer.maximumEvents) events and "
          + "\(MessageTracer.maximumMessages) messages at most")
    }
    try unread.report()
  }

  private var format: OutputFormat { output ?? .short }

  private var zone: DisplayZone { utc ? .utc : .local }

  /// All times, or those that `--around` asks for.
  private func times(_ reader: TrailReader) throws -> ClosedRange<UInt64> {
    guard let around else { return 0...UInt64(Int.max - 1) }
    let ofEvent = try EventID(around.utf8).map { try ValueOptions.time(of: $0, reader, reader.trails()) }
    let span = within.flatMap { TimeSpan.microseconds($0) } ?? 5 * TimeSpan.minute
    return ValueOptions.times(around: try ofEvent ?? ValueOptions.time(of: around), within: span)
  }

  /// Events of messages from one address, to another, or both.
  private func exchange(in times: ClosedRange<UInt64>, _ tracer: inout MessageTracer) throws -> [AuditEvent] {
    var filter = EventFilter(since: times.lowerBound, until: times.upperBound)
    filter.values = from.map { [ValueFilter([.sender], [$0])] } ?? []
    let named = to.map { ValueFilter([.recipient, .recipients], [$0]) }
    let mailbox = to.map { ValueFilter([.mailbox], [$0]) }
    return try tracer.events(filter.lineFilter) { [filter] event in
      guard filter.accepts(event) else { return false }
      guard let named, let mailbox else { return true }
      return named.accepts(event) || (event.kind.name.description.hasPrefix("delivery.") && mailbox.accepts(event))
    }
  }

  private func nothing(_ seeds: [AuditEvent]) -> String {
    if !seeds.isEmpty { return "what was found has neither Message-ID nor queue id; mailtrail search shows it" }
    return message == nil ? "no event of such a message is recorded" : "no event of this message is recorded"
  }

  private func show(
    _ messages: [[AuditEvent]], _ basis: AnswerBasis, level: Level,
    gapsTouching: (ClosedRange<UInt64>) throws -> [AuditEvent]
  ) throws {
    let pager = Pager(isDisabled: noPager)
    defer { pager.finish() }
    var gaps: [AuditEvent] = []
    for (index, events) in messages.enumerated() {
      let touching = try gapsTouching(Self.times(of: events))
      gaps += touching.filter { gap in !gaps.contains { $0.id == gap.id } }
      let text = MessageLifeText(
        MessageLife(events), zone: zone, isISO: format == .shortISO, width: Terminal.standardOutput.lineWidth,
        doubt: doubt(touching, level))
      guard try pager.write(((index > 0 ? "\n" : "") + text.text).utf8) else { return }
    }
    guard !quiet else { return }
    let remark = try basis.remark(
      on: TrailPath(.bridge), gaps: gaps.sorted { $0.time < $1.time },
      EventFilter(since: messages.first?.first?.time))
    if pager.isRunning { _ = try pager.write((remark + "\n").utf8) } else { StandardError.write(remark) }
  }

  /// When something may be missing: until an hour behind the last event, as most messages arrive at once.
  private static func times(of events: [AuditEvent]) -> ClosedRange<UInt64> {
    let first = events.first?.time ?? 0
    let end = ValueOptions.times(around: events.last?.time ?? 0, within: TimeSpan.hour).upperBound
    return min(first, end)...end
  }

  /// Why nothing may be known of a recipient.
  private func doubt(_ gaps: [AuditEvent], _ level: Level) -> String {
    if let gap = gaps.first {
      let bounds = RecordedGaps.bounds(of: gap)
      let more = gaps.count > 1 ? ", and \(gaps.count - 1) more" : ""
      return "there is a gap" + (bounds.from.map { " from " + time($0) } ?? "")
        + (bounds.to.map { " to " + time($0) } ?? "")
        + (bounds == GapBounds(from: nil, to: nil) ? " about " + time(gap.time) : "") + more
    }
    guard level > EventKind.sendDelivered.defaultLevel else { return "" }
    return "what is handed to another server is of level \(EventKind.sendDelivered.defaultLevel.rawValue), "
      + "and audit.level is \(level.rawValue)"
  }

  private func time(_ microseconds: UInt64) -> String {
    LocalClock.text(microseconds, isISO: format == .shortISO, zone: zone)
  }

  /// All events in the order of time.
  private func printEvents(_ messages: [[AuditEvent]]) throws {
    let presentation = Presentation(
      usesColor: Terminal.standardOutput.usesColor, showsMailbox: true, width: Terminal.standardOutput.lineWidth,
      zone: zone)
    let output = EventOutput(format: format.format(presentation), isPagerDisabled: noPager, jumpsToEnd: false)
    for event in messages.flatMap({ $0 }).sorted(by: { $0.time < $1.time }) {
      guard try output.print(event) else { break }
    }
    try output.finish()
  }
}
