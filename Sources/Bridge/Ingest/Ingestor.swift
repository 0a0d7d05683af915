import AuditFiles
import AuditModel
import Configuration
import Correlation
import Glibc
import LogSources
import Platform
import RuleTable

/// Takes the lines that a syslog daemon writes into its standard input, and writes the audit tree: what `mailtrail
/// ingest` does. One thread; what it acknowledges is durable.
package final class Ingestor {
  /// How to run.
  package struct Options: Sendable {
    /// How the lines are framed.
    package var format: TextLogFormat
    /// Whether each line is answered as rsyslog's omprog expects it with `confirmMessages`.
    package var confirms: Bool
    /// Where lines come from and answers go to.
    package var input: Int32
    package var output: Int32
    /// Where to say what is worth a line.
    package var log: Log

    package init(
      format: TextLogFormat = .syslog, confirms: Bool, input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO,
      log: Log
    ) {
      (self.format, self.confirms, self.input, self.output, self.log) = (format, confirms, input, output, log)
    }
  }

  private let configuration: Configuration
  private let table: CompiledTable
  private let options: Options
  private let systemJournal: SystemJournal
  private let calendar: DayCalendar
  private let pipeline: Pipeline
  private let lines: PipedLines
  private let signals = SignalThread()
  private let wake: WakeDescriptor
  private let batch = EntryBatch()
  private var assembler: TextEntryAssembler
  private var recent = RecentLines()
  /// nil until the tree could be opened.
  private var committer: Committer?
  /// A job whose writing failed: it comes before everything else.
  private var owed: WriteJob?
  private var stateLog = StateLog()
  /// Up to this time lines may be of an earlier run that remembered too few of them; microseconds since 1970.
  private var presentUntil: UInt64 = 0
  private var openLines: OpenLines?
  private var rulesRecord: RulesRecord?
  private var locked: Set<String> = []

  private var events: [OwnedEvent] = []
  private var newest: UInt64 = 0
  private var isInTransaction = false
  /// Whether a line of the open transaction came again.
  private var hasComeAgain = false
  /// When the oldest line came that is not durable yet (monotonic, µs); nil when all are.
  private var dirtySince: UInt64?
  private var lastError: String?
  private var isOutputClosed = false
  private var status = CollectorStatus()
  private var lastStatus: UInt64 = 0
  private var isStatusNew = true
  private var lastRetention: UInt64 = 0
  private var foreignLines = 0
  /// Since when the clock may end waits, monotonic, µs: what a syslog daemon held back while nobody listened comes first.
  private var settlesFrom: UInt64 = 0
  /// When the next seal is due, monotonic, µs.
  private var nextSeal: UInt64 = 0

  /// Without transactions events are durable at the latest so long after their line, in microseconds.
  private static let eventInterval: UInt64 = 200_000
  /// The same for lines that emitted nothing yet.
  private static let lineInterval: UInt64 = 700_000
  /// How far the clock must be past a deadline before it may end a wait: lines come through a queue, and may bear whole
  /// seconds.
  private static let grace: UInt64 = 2_000_000
  /// rsyslog waits ten seconds for an answer (`confirmTimeout`): so long a commit is tried before it is refused.
  private static let commitPatience: UInt64 = 3_000_000
  /// How long another process may take to end that writes the tree.
  private static let lockPatience: UInt64 = 6_000_000
  /// After a signal so long is waited for further lines, and for the end of a transaction.
  private static let silence: UInt64 = 500_000
  private static let stopPatience: UInt64 = 4_000_000

  /// Lines after a start are so much later than those before it, before the tree is no longer searched for them.
  private static let presentMargin: UInt64 = 60_000_000

  package init(configuration: Configuration, table: CompiledTable, options: Options) throws {
    self.configuration = configuration
    self.table = table
    self.options = options
    systemJournal = SystemJournal(log: options.log)
    calendar = try DayCalendar(configuration.audit.timeZone)
    pipeline = Pipeline(
      table: table, policy: try CorrelationPolicy(configuration, calendar: calendar),
      rules: configuration.rules)
    lines = PipedLines(descriptor: options.input)
    wake = try WakeDescriptor()
    assembler = TextEntryAssembler(format: options.format, interest: pipeline.interest)
  }

  /// Runs until the input ends or SIGTERM.
  ///
  /// What keeps it from running at all is thrown, or, where there are answers, sent with each until it is over.
  ///
  /// - Throws: also when the last lines are not durable.
  package func run() throws {
    signal(SIGPIPE, SIG_IGN)
    let wake = wake
    signals.start { wake.wake() }
    do { try open(patience: Self.lockPatience) } catch {
      guard options.confirms else { throw error }
      // rsyslogd does not bear a program that ends at its start (its issue 5017): each transaction is refused with the
      // reason instead, until it works.
      options.log.error(error)
    }
    answer(.ok)
    try loop()
    if committer != nil { try finish() }
  }

  // MARK: Start and end

  private func open(patience: UInt64) throws {
    let (audit, state) = (configuration.audit.directory, configuration.state.directory)
    for directory in [audit, state] where !locked.contains(directory) {
      try DirectoryLock.acquire(directory, timeout: patience)
      locked.insert(directory)
    }
    let tree = try LiveTree(
      configuration, calendar: calendar, stateDirectory: state + "/ingest", searchesAlways: true,
      announcer: Announcer(configuration.audit, journal: systemJournal, log: options.log))
    let last = restore(tree.content)
    committer = tree.committer
    newest = last ?? 0
    assembler = TextEntryAssembler(format: options.format, interest: pipeline.interest, last: last)
    for line in recent.all { assembler.recall(line.identity) }
    takeUpOpenLines()
    settlesFrom = SystemClock.monotonic() + 5_000_000
    status.pid = getpid()
    status.started = SystemClock.realtime()
    let rules = "\(table.rules.count) rules, fingerprint \(String(table.fingerprint, radix: 16))"
    emit(BridgeEvents.started("mailtrail ingest started with \(rules)", at: SystemClock.realtime()))
    rulesRecord = RulesRecord(directory: state + "/ingest")
    if let change = rulesRecord?.change(to: table.fingerprint) {
      emit(BridgeEvents.tableChanged(change, at: SystemClock.realtime()))
    }
  }

  /// Takes up what was known at the last checkpoint; the newest line's time then, nil without a checkpoint.
  private func restore(_ content: CheckpointStore.Content?) -> UInt64? {
    let correlator = pipeline.correlator
    correlator.trackChanges()
    for chunk in content?.state ?? []
    where !IngestState.restore(chunk, correlator: correlator, recent: &recent) {
      options.log.error("a part of the checkpoint's state is damaged and was left out")
    }
    correlator.settleRestored()
    presentUntil = (content?.newest ?? SystemClock.realtime()) &+ Self.presentMargin
    return content?.newest
  }

  /// Takes what an earlier program had taken and not made durable; from then on every line may come again.
  private func takeUpOpenLines() {
    let openLines = OpenLines(directory: configuration.state.directory + "/ingest", log: options.log)
    recent.expectAll()
    openLines.takeUp { line, isCut in take(line, isCut: isCut, comesFromFile: true) }
    takeBatch()
    if options.confirms { recent.expectAll() } else { recent.expectNothing() }
    self.openLines = openLines
  }

  private func finish() throws {
    if lines.isAtEnd, lines.hasTornLine {
      // Whoever ended in the middle of a line sends it again, or it is lost: half of it would be emitted as something else.
      let notice = SourceNotice(
        kind: .gap, subject: "standard input", reason: "the last line has no end and was left out")
      options.log.warning("\(notice.subject): \(notice.reason)")
      if !isInTransaction { emit(BridgeEvents.gap(notice, at: SystemClock.realtime())) }
    }
    takeBatch()
    emit(BridgeEvents.stopped("mailtrail ingest stopped", at: SystemClock.realtime()))
    var isCommitted = commit(patience: Self.commitPatience)
    while !isCommitted, !options.confirms, !isStopWanted {
      // Nobody has these lines any more.
      isCommitted = commit(patience: Self.commitPatience)
    }
    if isCommitted { committer?.sealIfDue(isLast: true) }
    writeStatus(force: true)
    if !isCommitted { throw IngestError(reason: lastError ?? "", comesAgain: options.confirms) }
  }

  private var isStopWanted: Bool { signals.isStopWanted }

  // MARK: The loop

  private func loop() throws {
    var stopsAt: UInt64?
    while true {
      let isAnythingNew = try readLines()
      if lines.isAtEnd || isOutputClosed { return }
      let now = SystemClock.monotonic()
      // The syslog daemon starts the program anew, so a reload is an end.
      if isStopWanted || signals.takeReload(), stopsAt == nil { stopsAt = now + Self.stopPatience }
      if let stopsAt, now >= stopsAt || (!isAnythingNew && !isInTransaction && wait(Self.silence) == false) { return }
      if stopsAt == nil {
        settleByClock()
        commitIfDue()
        removeExpired()
        writeStatus(force: false)
        if !isAnythingNew { _ = wait(patience()) }
      } else if isInTransaction, !isAnythingNew {
        _ = wait(Self.silence)
      }
    }
  }

  /// Waits for lines or a signal; false when the time was over first.
  private func wait(_ microseconds: UInt64?) -> Bool {
    var wanted = [options.input, wake.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let milliseconds = microseconds.map { Int32(clamping: $0 / 1000 + 1) } ?? -1
    let result = poll(&wanted, nfds_t(wanted.count), milliseconds)
    _ = wake.drain()
    return result != 0
  }

  /// How long nothing has to be done; nil for ever.
  private func patience() -> UInt64? {
    let now = SystemClock.monotonic()
    var next: UInt64 = lastRetention == 0 ? .max : lastRetention + 3_600_000_000
    if let due = commitDue { next = min(next, due) }
    if isStatusNew, committer != nil { next = min(next, lastStatus + 2_000_000) }
    if !isInTransaction, lastError == nil, let due = pipeline.correlator.nextDue {
      let (at, wall) = (due &+ Self.grace, SystemClock.realtime())
      next = min(next, max(settlesFrom, now + (at > wall ? at - wall : 10_000)))
    }
    return next == .max ? nil : (next > now ? next - now : 1000)
  }

  private var commitDue: UInt64? {
    guard let dirtySince, !(options.confirms && isInTransaction) else { return nil }
    // What was refused comes again with the next transaction; until then it is tried once a second.
    if lastError != nil { return dirtySince + 1_000_000 }
    return dirtySince + (events.isEmpty ? Self.lineInterval : Self.eventInterval)
  }

  // MARK: Lines

  /// Takes the lines that are there; whether there were any.
  private func readLines() throws -> Bool {
    var count = 0
    while count < 1024, let line = try lines.next() {
      count += 1
      if options.confirms { confirm(line) } else { take(line.bytes, isCut: line.isCut) }
      if isOutputClosed { break }
    }
    takeBatch()
    return count > 0
  }

  private func confirm(_ line: PipedLines.Line) {
    if committer == nil {
      do { try open(patience: 0) } catch { return answer(.failed("\(error)")) }
    }
    switch ConfirmationProtocol.mark(line.bytes) {
    case .begin:
      // An open transaction was given up: its lines come again.
      if isInTransaction { recent.expectUnacknowledged() }
      (isInTransaction, hasComeAgain) = (true, false)
      answer(.ok)
    case .commit:
      isInTransaction = false
      acknowledge()
    case nil:
      take(line.bytes, isCut: line.isCut)
      if isInTransaction { answer(.deferred) } else { acknowledge() }
    }
  }

  /// Makes everything durable and says so, or why it is not.
  private func acknowledge() {
    takeBatch()
    guard dirtySince == nil || commit(patience: Self.commitPatience) else {
      recent.expectUnacknowledged()
      return answer(.failed(lastError ?? "cannot write"))
    }
    recent.acknowledge()
    if !hasComeAgain { recent.expectNothing() }
    answer(.ok)
  }

  /// - Parameter comesFromFile: of lines that an earlier program had taken, and that are kept already.
  private func take(_ line: UnsafeRawBufferPointer, isCut: Bool, comesFromFile: Bool = false) {
    let (rest, mark, hasToken) = RecentLines.separate(line)
    // Without acknowledgement nothing is sent again, and a line without a token that is like another is another.
    let mayComeAgain = hasToken || options.confirms || comesFromFile
    if mayComeAgain, recent.takesAgain(mark: mark, hasToken: hasToken) {
      hasComeAgain = true
      return
    }
    let now = SystemClock.realtime()
    switch assembler.append(rest, now: Int(now / 1_000_000), isCut: isCut, to: batch) {
    case .entry:
      recent.insert(.init(mark: mark, hasToken: hasToken, identity: assembler.lastIdentity))
      // A line outside a transaction is answered when it is durable.
      if isInTransaction || !options.confirms, !comesFromFile { openLines?.append(line, isCut: isCut) }
      if dirtySince == nil { dirtySince = SystemClock.monotonic() }
      if batch.entries.count >= 256 { takeBatch() }
    case .unwanted: break
    case .unparsed: noteForeignLine(rest)
    }
  }

  /// Says once what is wrong with the template.
  private func noteForeignLine(_ line: UnsafeRawBufferPointer) {
    foreignLines += 1
    status.waitingFor["standard input"] = "\(foreignLines) lines were none of the format \(options.format.rawValue)"
    isStatusNew = true
    guard foreignLines == 1 else { return }
    let beginning = String(decoding: line.prefix(80).map { $0 < 32 || $0 == 127 ? 46 : $0 }, as: UTF8.self)
    options.log.warning(
      "a line is none of the format \(options.format.rawValue) and was left out, as all like it will be: \(beginning)")
  }

  /// Matches and joins what was taken.
  private func takeBatch() {
    status.entriesRead += UInt64(batch.examinedCount)
    status.truncated += UInt64(batch.truncatedCount)
    guard !batch.entries.isEmpty else { return batch.removeAll() }
    pipeline.process(batch)
    for entry in batch.entries { newest = max(newest, entry.realtime) }
    batch.removeAll()
    takeEvents()
    isStatusNew = true
  }

  private func takeEvents() {
    let emitted = pipeline.correlator.takeEvents()
    guard !emitted.isEmpty else { return }
    events += emitted
    if dirtySince == nil { dirtySince = SystemClock.monotonic() }
  }

  private func emit(_ event: OwnedEvent) {
    events.append(event)
    if dirtySince == nil { dirtySince = SystemClock.monotonic() }
  }

  private func answer(_ answer: ConfirmationProtocol.Answer) {
    guard options.confirms, !isOutputClosed else { return }
    // Nobody who hears it: what is durable will be sent again and known.
    if !ConfirmationProtocol.send(answer, to: options.output) { isOutputClosed = true }
  }

  // MARK: Making durable

  private func commitIfDue() {
    guard let due = commitDue, SystemClock.monotonic() >= due else { return }
    if commit(patience: 0) || options.confirms { return }
    // The disk takes nothing: the pipe is left to fill, so that the syslog daemon keeps what comes.
    while !isStopWanted, !commit(patience: 0) {
      writeStatus(force: false)
      var wanted = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&wanted, 1, 1000)
    }
  }

  /// Tries to make everything durable for so long, in microseconds.
  private func commit(patience: UInt64) -> Bool {
    guard let committer else { return false }
    let start = SystemClock.monotonic()
    while true {
      do {
        if let owed { try commit(owed, with: committer) }
        try commit(nextJob(), with: committer)
        if lastError != nil { options.log.notice("writing again") }
        (lastError, dirtySince, isStatusNew) = (nil, nil, true)
        openLines?.clear()
        rulesRecord?.save()
        committer.sealIfDue()
        return true
      } catch {
        if lastError == nil { options.log.error(error, consequence: "nothing is acknowledged until there is room") }
        lastError = "\(error)"
        (dirtySince, isStatusNew) = (SystemClock.monotonic(), true)
        guard SystemClock.monotonic() - start < patience, !isStopWanted else { return false }
        usleep(200_000)
      }
    }
  }

  private func commit(_ job: WriteJob, with committer: Committer) throws {
    owed = job
    _ = try committer.commit(job)
    owed = nil
    status.checkpoint = SystemClock.realtime()
    status.eventsWritten += UInt64(job.events.count)
    for one in job.events { status.countsByKind[one.event.kind.name.description, default: 0] += 1 }
  }

  private func nextJob() -> WriteJob {
    defer { events.removeAll(keepingCapacity: true) }
    let correlator = pipeline.correlator
    let change = stateLog.next {
      IngestState.encode(lines: recent.encodeAll(), records: correlator.encodeState())
    } changes: {
      IngestState.encode(lines: recent.encodeChanges(), records: correlator.encodeChanges())
    }
    return WriteJob(
      events: events,
      checkpoint: .init(
        position: SourcePosition(), newest: newest, change: change, isCaughtUp: newest > presentUntil))
  }

  /// Ends waits whose time is over by the clock, once nothing is on its way.
  private func settleByClock() {
    let now = SystemClock.realtime()
    guard !isInTransaction, lastError == nil, SystemClock.monotonic() >= settlesFrom, now > Self.grace,
      let due = pipeline.correlator.nextDue, due <= now - Self.grace
    else { return }
    pipeline.correlator.advance(to: now - Self.grace)
    takeEvents()
    if dirtySince == nil { dirtySince = SystemClock.monotonic() }
  }

  private func removeExpired() {
    let now = SystemClock.monotonic()
    guard newest > 0, lastRetention == 0 || now - lastRetention >= 3_600_000_000 else { return }
    lastRetention = now
    RetentionThread.start(audit: configuration.audit, calendar: calendar, newest: newest, log: options.log)
  }

  private func writeStatus(force: Bool) {
    // Before the lock it is another's report.
    guard committer != nil else { return }
    let now = SystemClock.monotonic()
    guard force || (isStatusNew && now - lastStatus >= 2_000_000) else { return }
    (lastStatus, isStatusNew) = (now, false)
    status.trouble = lastError ?? ""
    status.reported = SystemClock.realtime()
    status.newestEntry = newest
    status.isCaughtUp = lastError == nil
    status.take(pipeline)
    status.write(in: configuration.state.directory)
  }
}

/// Why an ingestor ended badly.
package struct IngestError: Error, CustomStringConvertible {
  /// Why the last lines could not be written.
  package var reason: String
  /// Whether the syslog daemon still has them.
  package var comesAgain: Bool

  package var description: String {
    "stopped before everything was durable (\(reason)); "
      + (comesAgain
        ? "what was not acknowledged is sent again" : "the last lines are lost: this side was their only holder")
  }
}
