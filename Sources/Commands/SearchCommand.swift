import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Configuration
import Platform

/// `mailtrail search`: events of all mailboxes.
struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Show the matching events of all mailboxes.",
    discussion: "With --count-by it shows how many events have which value of a key instead."
  )

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var events: EventOptions
  @OptionGroup var values: ValueOptions

  @Option(help: "Show events of the mailboxes of this domain; may be repeated.")
  var domain: [String] = []

  @Option(help: ArgumentHelp("Count the events by this key of the record, most first.", valueName: "key"))
  var countBy: String?

  @Flag(name: [.short, .long], help: "Continue to show new events.")
  var follow = false

  @Flag(name: .customLong("gaps"), help: "Show gaps of the collector in json, json-pretty and csv too.")
  var showsGaps = false

  mutating func validate() throws {
    if let countBy, ValueCounter.Key(name: countBy) == nil {
      throw ValidationError(
        Suggestion.unknown("key", countBy, among: ValueCounter.Key.names) + "mailtrail-record(5) lists them")
    }
    if countBy != nil, let output = events.output, output != .short, output != .json {
      throw ValidationError("--count-by prints short or json")
    }
    if follow, countBy != nil { throw ValidationError("--count-by counts what is there; leave --follow out") }
    if follow, events.reverse { throw ValidationError("--follow shows the newest event last; leave --reverse out") }
  }

  func run() throws {
    let configuration = try options.load()
    let reader = try TrailReader(root: configuration.audit.directory)
    let domains = try DomainFilter(domain, configuration)
    let all = try reader.trails()
    let trails = domain.isEmpty ? all : all.filter(domains.accepts)
    let filter = try values.filter(events, reader, in: trails)
    let question = Question(
      reader: reader, trails: trails, filter: filter, domains: domains,
      basis: AnswerBasis(configuration, reader, zone: events.zone))
    let unread = UnreadLines()
    let found =
      try countBy.flatMap { ValueCounter.Key(name: $0) }.map { try count($0, question, unread) }
      ?? show(question, unread)
    try unread.report()
    guard found == 0 else { return }
    if let missing = domains.missing(among: all) { throw CommandFailure(missing) }
    if events.grep != nil { throw CommandFailure("") }
  }

  /// What is sought, and where.
  struct Question {
    var reader: TrailReader
    var trails: [TrailPath]
    var filter: EventFilter
    var domains: DomainFilter
    var basis: AnswerBasis

    var search: TreeSearch {
      TreeSearch(reader, trails: trails, filter: filter.lineFilter, accepts: accepts)
    }

    var accepts: @Sendable (AuditEvent, TrailPath) -> Bool {
      { [filter, domains] event, trail in filter.accepts(event) && domains.accepts(event, in: trail) }
    }
  }

  /// - Returns: how many events there are; with `--follow` it does not return before nobody reads any more.
  private func show(_ question: Question, _ unread: UnreadLines) throws -> Int {
    let output = events.makeOutput(showsMailbox: true, isPagerDisabled: follow)
    let gaps = try RecordedGaps.touching(question.filter.shownTimes(of: []), question.reader, unread)
    var weave = GapWeave(hasGaps ? gaps : [], since: question.filter.since, isReversed: events.reverse)
    let follower = follow ? try TreeFollower(question.reader, where: question.domains.accepts) : nil
    let limit = events.limit ?? (follow && events.lines == nil ? 10 : nil)
    var (isRead, found) = (true, 0)
    // What is appended meanwhile is found by both.
    var recent: [EventID] = []
    let files = try question.search.forEachEvent(newest: limit, reverse: events.reverse) { event in
      found += 1
      if follow { recent.append(event.id) }
      if recent.count > 2 * Self.recentEvents { recent.removeFirst(Self.recentEvents) }
      isRead = try (weave.before(event) + [event]).allSatisfy { try output.print($0) }
      return isRead
    }
    unread.add(files)
    if isRead { isRead = try weave.rest().allSatisfy { try output.print($0) } }
    if let follower, isRead { try followOn(follower, question, besides: Set(recent), output, unread) }
    if !events.quiet, !follow { for text in try remarks(found, question, gaps) { try output.remark(text) } }
    try output.finish()
    return found
  }

  /// Whether gaps stand among the events.
  private var hasGaps: Bool { events.format.isForPeople || showsGaps }

  /// What stands under the answer.
  private func remarks(_ found: Int, _ question: Question, _ gaps: [AuditEvent]) throws -> [String] {
    let nothing = found == 0 ? ["-- No entries --"] : []
    guard events.format.isForPeople else { return nothing }
    return nothing + [try question.basis.remark(on: TrailPath(.bridge), gaps: gaps, question.filter)]
  }

  /// More than are appended while the tree is searched.
  private static let recentEvents = 10_000

  private func followOn(
    _ follower: TreeFollower, _ question: Question, besides shown: Set<EventID>, _ output: EventOutput,
    _ unread: UnreadLines
  ) throws {
    var follower = follower
    let accepts = question.accepts
    var gaps = hasGaps ? try GapFollower(question.reader) : nil
    while try output.flush() {
      for gap in try gaps?.newGaps(unread) ?? [] { guard try output.print(gap) else { return } }
      let started = SystemClock.monotonic()
      for (line, trail) in try follower.newLines() {
        guard let event = unread.event(of: line, in: trail), accepts(event, trail), !shown.contains(event.id)
        else { continue }
        guard try output.print(event) else { return }
      }
      TreeFollower.pause(after: SystemClock.monotonic() - started)
    }
  }

  /// - Returns: how many rows there are.
  private func count(_ key: ValueCounter.Key, _ question: Question, _ unread: UnreadLines) throws -> Int {
    let share = (16 << 20) / TreeSearch.processors
    let (counters, files) = try question.search.collect { ValueCounter(key, byteLimit: share) }
    unread.add(files)
    guard let counter = ValueCounter.merged(counters) else { return 0 }
    let table = ValueTable(counter, limit: events.limit, reverse: events.reverse)
    let pager = Pager(isDisabled: events.noPager)
    for line in events.output == .json ? table.json : table.lines(heading: !events.quiet) {
      guard try pager.write(line + "\n") else { break }
    }
    pager.finish()
    let rows = counter.counts.count + counter.withoutKey
    if !events.quiet {
      let gaps = try RecordedGaps.touching(question.filter.shownTimes(of: []), question.reader, unread)
      for text in try remarks(rows, question, gaps) { StandardError.write(text) }
    }
    StandardError.write(table.note ?? "")
    return rows
  }
}
