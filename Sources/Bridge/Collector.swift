import AuditFiles
import AuditModel
import AuditWriting
import Configuration
import Correlation
import Glibc
import LogSources
import Platform
import RuleTable

/// The service: follows the journal and writes the audit tree, each event exactly once.
package final class Collector {
  /// How to run.
  package struct Options: Sendable {
    /// Read to the end of the sources, make everything durable and return.
    package var untilEnd = false
    /// Reads the configuration and the tables anew, for SIGHUP.
    package var reload: @Sendable () throws -> (Configuration, CompiledTable)
    /// Where to say what is worth a line in the system journal.
    package var log: Log

    package init(
      untilEnd: Bool = false, reload: @escaping @Sendable () throws -> (Configuration, CompiledTable),
      log: Log
    ) {
      self.untilEnd = untilEnd
      self.reload = reload
      self.log = log
    }
  }

  private var configuration: Configuration
  private var table: CompiledTable
  private let options: Options
  private let calendar: DayCalendar
  private var pipeline: Pipeline
  private let interest: SwitchingInterest
  private let signals = SignalThread()
  private let systemJournal: SystemJournal

  private var sources: SourceThread?
  private var writer: WriterThread?
  private var held: WriteJob?
  private var events: [OwnedEvent] = []
  private var position = SourcePosition()
  private var isPositionNew = false
  /// Events of a replay or of files that came late, for the next job; the tree has some of them perhaps.
  private var additions: [OwnedEvent] = []
  private var onAdded: (@Sendable (Int) -> Void)?
  private var backfill: BackfillServer?
  /// What a replay has brought and that waits until this collector has read as far as the replay had.
  private var brought: BackfillServer.Batch?
  private var lateFiles = LateFiles()
  private var faults: JournalFaults?
  private var rulesRecord: RulesRecord?
  private var newest: UInt64 = 0
  private var lastSubmit: UInt64 = 0
  private var stateLog = StateLog()
  private var status = CollectorStatus()
  private var lastStatus: UInt64 = 0
  private var hasStatusChanged = false
  private var lastWatchdog: UInt64 = 0
  private var lastRetention: UInt64 = 0
  /// The wall clock up to which the journal has been read to its end; 0 while it has not.
  private var caughtUpAt: UInt64 = 0

  /// Events are written at the latest so long after they were emitted, in microseconds.
  private static let commitInterval: UInt64 = 200_000
  /// What no reading of a batch takes on a sound disk, in microseconds.
  private static let longReading: UInt64 = 60_000_000
  /// A position without events is written so often.
  private static let idleInterval: UInt64 = 10_000_000
  /// How far the wall clock must be past a deadline before the clock may end a wait: entries reach us late.
  /// A line of a text log bears the second that it was written in, and may come at its end.
  private let grace: UInt64

  package init(configuration: Configuration, table: CompiledTable, options: Options) throws {
    self.configuration = configuration
    self.table = table
    self.options = options
    systemJournal = SystemJournal(log: options.log)
    calendar = try DayCalendar(configuration.audit.timeZone)
    let hasText = configuration.sources.contains { if case .text = $0 { true } else { false } }
    grace = hasText ? 1_200_000 : 200_000
    let policy = try CorrelationPolicy(configuration, calendar: calendar)
    let recognizer = EntryRecognizer(table: table, rules: configuration.rules)
    interest = SwitchingInterest(recognizer)
    pipeline = Pipeline(recognizer: recognizer, policy: policy)
  }

  /// Runs until SIGTERM, or to the end of the sources.
  ///
  /// - Throws: what keeps the service from running at all; everything else is reported and waited for.
  package func run() throws {
    let messages = try SourceThread()
    sources = messages
    signals.start { messages.messages.interrupt() }
    let start = try open()
    status.pid = getpid()
    status.started = SystemClock.realtime()
    let reason =
      "mailtrail started with \(table.rules.count) rules, fingerprint \(String(table.fingerprint, radix: 16))"
    events.append(BridgeEvents.started(reason, at: SystemClock.realtime()))
    takeUpFaults()
    if let change = rulesRecord?.change(to: table.fingerprint) {
      events.append(BridgeEvents.tableChanged(change, at: SystemClock.realtime()))
    }
    listen(messages)
    messages.start(start, interest: interest)
    defer { messages.stop() }
    SystemMessages.notify("READY=1\nSTATUS=Reading")
    try loop(messages)
    events.append(BridgeEvents.stopped("mailtrail stopped", at: SystemClock.realtime()))
    SystemMessages.notify("STOPPING=1")
    backfill?.stop()
    let isClean = drain()
    writer?.finish(givesUp: true)
    writeStatus(force: true)
    if !isClean { throw CollectorError.notWritten(writer?.status.lastError ?? "") }
  }

  // MARK: - Start

  private func open() throws -> SourceRequest {
    let audit = configuration.audit
    try DirectoryLock.acquire(audit.directory)
    try DirectoryLock.acquire(configuration.state.directory)
    let tree = try LiveTree(
      configuration, calendar: calendar, stateDirectory: configuration.state.directory, searchesAlways: false,
      announcer: Announcer(audit, journal: systemJournal, log: options.log))
    let content = tree.content
    pipeline.correlator.trackChanges()
    let retention = audit.retention.microseconds
    let now = SystemClock.realtime()
    let earliest = now > retention ? now - retention : 0
    var request = SourceRequest(configuration.sources, follows: !options.untilEnd)
    let faults = JournalFaults(directory: configuration.state.directory)
    request.journal?.excludedFiles = faults.excluded
    self.faults = faults
    rulesRecord = RulesRecord(directory: configuration.state.directory)
    request.start = .since(earliest)
    if let content {
      for records in content.state where !pipeline.correlator.restore(records) {
        options.log.error("a part of the checkpoint's state is damaged and was left out")
      }
      position = content.position
      newest = content.newest
      request.start = .after(content.position, newWritersSince: earliest)
    }
    pipeline.correlator.settleRestored()
    if let content {
      pipeline.correlator.settle(asOf: content.readUpTo)
      takeDue()
    }
    let writer = WriterThread(tree.committer, retries: true)
    writer.start()
    self.writer = writer
    return request
  }

  /// What was due when the last collector stopped; a replay may have added it since.
  private func takeDue() {
    let (due, directory) = (pipeline.correlator.takeEvents(), configuration.state.directory)
    guard BackfillMark.isSet(in: directory) else {
      events += due
      return
    }
    additions = due
    if due.isEmpty {
      BackfillMark.remove(from: directory)
    } else {
      onAdded = { _ in BackfillMark.remove(from: directory) }
    }
  }

  /// Says which journal file ended the last run.
  private func takeUpFaults() {
    for notice in faults?.notices ?? [] { take(notice) }
    takeGaps()
  }

  /// Lets replays bring what is missing. Without the socket they cannot; everything else goes on.
  private func listen(_ messages: SourceThread) {
    guard !options.untilEnd else { return }
    do {
      let server = try BackfillServer(directory: configuration.state.directory)
      server.start { messages.messages.interrupt() }
      backfill = server
    } catch { options.log.error(error) }
  }

  // MARK: - The loop

  private func loop(_ messages: SourceThread) throws {
    while !signals.isStopWanted {
      if signals.takeReload() { reload() }
      feedWatchdog()
      writeStatus(force: false)
      removeExpired()
      takeBrought()
      if held != nil, !submitHeld() {
        // The disk takes nothing: reading stops, the old checkpoint stays.
        usleep(50_000)
        continue
      }
      switch messages.messages.receive(timeoutMicroseconds: patience()) {
      case .element(.batch(let batch, let notices, let isAtEnd, let readAt)):
        take(batch, notices)
        messages.recycle(batch)
        caughtUpAt = isAtEnd ? readAt : 0
        submitIfDue(force: false)
      case .element(.failed(let error)): throw error
      case .timedOut:
        settleByClock()
        submitIfDue(force: false)
      case .closed: return
      }
    }
  }

  private func take(_ batch: EntryBatch, _ notices: [SourceNotice]) {
    if batch.lateFile != nil { return takeLate(batch, notices) }
    pipeline.process(batch)
    newest = max(newest, batch.newestTime)
    for notice in notices { take(notice) }
    events += pipeline.correlator.takeEvents()
    takeGaps()
    position = batch.position
    isPositionNew = isPositionNew || batch.examinedCount > 0
    status.entriesRead += UInt64(batch.examinedCount)
    status.truncated += UInt64(batch.truncatedCount)
  }

  /// Entries of a file that came late have a pipeline of their own: their times are long past in this one. What they
  /// tell may be in the tree.
  private func takeLate(_ batch: EntryBatch, _ notices: [SourceNotice]) {
    do {
      additions += try lateFiles.process(batch, newest: newest) {
        var policy = try CorrelationPolicy(configuration, calendar: calendar)
        policy.knownMailboxes += pipeline.correlator.knownAddresses
        let late = Pipeline(table: table, policy: policy, rules: configuration.rules)
        late.correlator.senders = pipeline.correlator.senders
        return late
      }
    } catch { options.log.error(error) }
    for notice in notices { take(notice) }
    takeGaps()
    // The file is behind the position from its end on, and what it emitted goes into the same job.
    position = batch.position
    isPositionNew = true
    status.entriesRead += UInt64(batch.examinedCount)
  }

  private func takeGaps() {
    status.gaps += UInt64(pipeline.gaps.count)
    events += pipeline.gaps
    pipeline.gaps.removeAll()
  }

  /// Takes what a replay has brought, once everything up to its time has been read and emitted here: so that what both
  /// tell is in the files, or in the job before, when it is looked for.
  private func takeBrought() {
    guard held == nil, additions.isEmpty, let server = backfill else { return }
    brought = brought ?? server.take()
    guard let batch = brought, hasReadUpTo(batch.asOf) else { return }
    // Rules that this collector did not have may have let the replay see more entries go by, and the time with them.
    pipeline.correlator.settle(asOf: batch.asOf)
    events += pipeline.correlator.takeEvents()
    submitIfDue(force: true)
    guard held == nil else { return }
    brought = nil
    let oldest = Backfill.oldest(newest: newest, retention: configuration.audit.retention.microseconds)
    let kept = batch.emitted.filter { $0.event.time >= oldest }
    let (count, expired) = (kept.count, batch.emitted.count - kept.count)
    additions = kept
    onAdded = { added in
      _ = batch.answer.trySend(.init(added: added, present: count - added, expired: expired))
    }
    submitIfDue(force: true)
  }

  private func hasReadUpTo(_ time: UInt64) -> Bool {
    if time <= max(newest, position.newestCursorTime) { return true }
    if caughtUpAt > 0 { settleByClock() }
    return caughtUpAt > grace && time <= caughtUpAt - grace
  }

  private func take(_ notice: SourceNotice) {
    let text = "\(notice.subject): \(notice.reason)"
    switch notice.kind {
    case .gap: options.log.error(text)
    case .waiting, .warning: options.log.warning(text)
    case .recovered: options.log.notice(text)
    }
    switch notice.kind {
    case .gap: pipeline.gaps.append(BridgeEvents.gap(notice, at: SystemClock.realtime()))
    case .waiting: status.waitingFor[notice.subject] = notice.reason
    case .recovered: status.waitingFor[notice.subject] = nil
    case .warning: break
    }
    if notice.kind != .warning { hasStatusChanged = true }
  }

  /// How long to wait for entries: to the next deadline, or until what is emitted must be written.
  private func patience() -> UInt64 {
    var wait = SystemMessages.watchdogInterval().map { $0 / 3 } ?? Self.idleInterval
    if !events.isEmpty { wait = min(wait, Self.commitInterval) }
    if isPositionNew { wait = min(wait, Self.idleInterval) }
    if brought != nil { wait = min(wait, Self.commitInterval) }
    if caughtUpAt > 0, let due = pipeline.correlator.nextDue {
      let at = due &+ grace
      let now = SystemClock.realtime()
      wait = min(wait, at > now ? at - now : 10_000)
    }
    return max(wait, 1000)
  }

  /// Ends waits whose time is over by the clock, once everything that was logged by then has been read.
  ///
  /// Not where the sources end: closing them takes a while too, and what waits or is being counted is the next start's.
  private func settleByClock() {
    guard caughtUpAt > 0, !options.untilEnd else { return }
    let now = SystemClock.realtime()
    caughtUpAt = now
    guard now > grace, let due = pipeline.correlator.nextDue, due <= now - grace else { return }
    pipeline.correlator.advance(to: now - grace)
    events += pipeline.correlator.takeEvents()
  }

  private func submitIfDue(force: Bool) {
    let now = SystemClock.monotonic()
    // For additions whole day files are searched: not for a few at a time while more are coming.
    let isFull = events.count >= 4096 || additions.count >= 16_384 || (!additions.isEmpty && !lateFiles.isWithinFile)
    let isEventDue = !events.isEmpty && (now - lastSubmit >= Self.commitInterval || caughtUpAt > 0)
    let isPositionDue = isPositionNew && now - lastSubmit >= Self.idleInterval
    guard force || isFull || isEventDue || isPositionDue, held == nil else { return }
    let correlator = pipeline.correlator
    let stateChange = stateLog.next(snapshot: correlator.encodeState, changes: correlator.encodeChanges)
    held = WriteJob(
      events: events, additions: additions, onAdded: onAdded,
      checkpoint: .init(position: position, newest: newest, change: stateChange, isCaughtUp: caughtUpAt > 0))
    events.removeAll(keepingCapacity: true)
    additions.removeAll()
    onAdded = nil
    isPositionNew = false
    lastSubmit = now
    _ = submitHeld()
  }

  private func submitHeld() -> Bool {
    guard let job = held, let writer else { return true }
    guard writer.trySubmit(job) else { return false }
    held = nil
    return true
  }

  /// Hands over what is left; false when the disk would not take it.
  private func drain() -> Bool {
    events += pipeline.correlator.takeEvents()
    submitIfDue(force: true)
    var tries = 0
    while held != nil || writer?.status.isIdle == false, tries < 200 {
      _ = submitHeld()
      if writer?.status.lastError != nil { tries += 10 } else { feedWatchdog() }
      tries += 1
      usleep(10_000)
    }
    return held == nil && writer?.status.lastError == nil
  }

  /// Removes old day files once an hour, on a thread of its own; a clock that is far ahead of the newest entry
  /// removes nothing that the entries' own time would keep.
  private func removeExpired() {
    let now = SystemClock.monotonic()
    guard newest > 0, caughtUpAt > 0, lastRetention == 0 || now - lastRetention >= 3_600_000_000 else { return }
    lastRetention = now
    RetentionThread.start(audit: configuration.audit, calendar: calendar, newest: newest, log: options.log)
  }

  // MARK: - Reload

  private func reload() {
    SystemMessages.notify("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonic())")
    defer { SystemMessages.notify("READY=1") }
    do {
      let (configuration, table) = try options.reload()
      let policy = try CorrelationPolicy(configuration, calendar: calendar)
      let state = pipeline.correlator.encodeState()
      events += pipeline.correlator.takeEvents()
      let recognizer = EntryRecognizer(table: table, rules: configuration.rules)
      let next = Pipeline(recognizer: recognizer, policy: policy)
      _ = next.correlator.restore(state)
      next.correlator.settleRestored()
      next.correlator.trackChanges()
      interest.switchTo(recognizer)
      pipeline = next
      (self.configuration, self.table) = (configuration, table)
      stateLog.begin()
      lateFiles.forgetTable()
      options.log.notice("reloaded the configuration and \(table.rules.count) rules")
      if let change = rulesRecord?.change(to: table.fingerprint) {
        events.append(BridgeEvents.tableChanged(change, at: SystemClock.realtime()))
      }
    } catch {
      options.log.error("the running configuration and rules are kept, because the new ones are not usable:\n\(error)")
    }
  }

  // MARK: - Reports

  private func feedWatchdog() {
    guard let interval = SystemMessages.watchdogInterval() else { return }
    let now = SystemClock.monotonic()
    guard now - lastWatchdog >= interval / 4 else { return }
    lastWatchdog = now
    SystemMessages.notify("WATCHDOG=1")
  }

  /// A reader that hangs, in the journal library or on a dead network file system, looks like a quiet journal otherwise.
  /// The watchdog does not wait for it: killed and started again, a slow reading would begin anew forever.
  static func trouble(ofReadingFor time: UInt64) -> String? {
    guard time > longReading else { return nil }
    return
      "the same \(SourceThread.batchSize) entries are being read for more than a minute: the journal's disk is very slow, "
      + "or a file of it is damaged (journalctl --verify)"
  }

  private func writeStatus(force: Bool) {
    let now = SystemClock.monotonic()
    if caughtUpAt > 0 { faults?.settle() }
    if let writer, writer.status.jobsDone > 0 { rulesRecord?.save() }
    let writingTrouble = writer?.status.lastError
    let trouble = writingTrouble ?? Self.trouble(ofReadingFor: sources?.readingTime ?? 0) ?? ""
    guard force || hasStatusChanged || now - lastStatus >= 2_000_000 || trouble != status.trouble else { return }
    let isNew =
      force || hasStatusChanged || trouble != status.trouble || status.newestEntry != newest
      || status.isCaughtUp != (caughtUpAt > 0)
    lastStatus = now
    guard isNew, let writer = writer?.status else { return }
    hasStatusChanged = false
    if trouble != status.trouble {
      SystemMessages.notify("STATUS=" + (trouble.isEmpty ? "Going on again" : "Waiting: " + trouble))
      if let writingTrouble {
        options.log.error(writingTrouble + "; reading has stopped until there is room, nothing is lost")
      } else if !trouble.isEmpty {
        options.log.warning(trouble)
      }
    }
    status.trouble = trouble
    status.reported = SystemClock.realtime()
    status.newestEntry = newest
    status.isCaughtUp = caughtUpAt > 0
    status.take(pipeline)
    status.eventsWritten = writer.eventsWritten
    status.checkpoint = writer.checkpointTime
    status.countsByKind = Dictionary(
      uniqueKeysWithValues: writer.countsByKind.map { ($0.key.name.description, $0.value) })
    status.write(in: configuration.state.directory)
  }
}

/// Why the collector ended badly.
package enum CollectorError: Error, CustomStringConvertible {
  /// The last events could not be written; they will be read again.
  case notWritten(String)
  /// No replay can bring missing events.
  case backfill(String, Int32)

  package var description: String {
    switch self {
    case .notWritten(let reason):
      "stopped before everything was written (\(reason)); nothing is lost: the next start reads it again"
    case .backfill(let path, let code):
      "\(path) cannot be made (\(String(cString: strerror(code)))): a replay cannot add to the tree while this runs"
    }
  }
}
