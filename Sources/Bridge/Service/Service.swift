import AuditFiles
import AuditModel
import AuditWriting
import Configuration
import Correlation
import Glibc
import LogSources
import Platform
import RuleTable

/// Reads an input and writes the audit tree, each event exactly once: carries out what `ServiceEngine` decides.
final class Service {
  private var configuration: Configuration
  private var table: CompiledTable
  private let input: any ServiceInput
  private let signals: SignalThread
  private let reloading: (@Sendable () throws -> (Configuration, CompiledTable))?
  private let log: Log
  private let calendar: DayCalendar
  private let interest: SwitchingInterest
  private var pipeline: Pipeline
  private var engine: ServiceEngine
  private var report: ServiceReport
  private var rulesRecord: RulesRecord?
  private var directories = LockedDirectories()
  private var output = ServiceOutput()
  private var isReloadWanted = false

  /// - Parameters:
  ///   - signals: what asks for a stop or a reload; the caller starts it.
  ///   - reload: reads the configuration and the tables anew; nil where the input's timing is not reloadable.
  init(
    _ configuration: Configuration, table: CompiledTable, input: any ServiceInput, signals: SignalThread, log: Log,
    reload: (@Sendable () throws -> (Configuration, CompiledTable))? = nil
  ) throws {
    (self.configuration, self.table, self.input) = (configuration, table, input)
    (self.signals, self.log, reloading) = (signals, log, reload)
    calendar = try DayCalendar(configuration.audit.timeZone)
    let recognizer = EntryRecognizer(
      table: table, rules: configuration.rules, isForGood: !input.timing.isReloadable)
    interest = SwitchingInterest(recognizer)
    pipeline = Pipeline(recognizer: recognizer, policy: try CorrelationPolicy(configuration, calendar: calendar))
    engine = ServiceEngine(input.timing)
    report = ServiceReport(directory: configuration.state.directory, writingTrouble: input.writingTrouble, log: log)
  }

  /// Runs until SIGTERM, or to the end of the input.
  ///
  /// - Throws: what keeps the service from running at all, and `ServiceError` when the last events are not durable;
  ///   everything else is reported and waited for.
  func run() throws {
    guard let content = try open() else { return }
    defer { input.stop() }
    output.emit(BridgeEvents.started("\(input.serviceName) started with \(rules)", at: SystemClock.realtime()))
    for notice in try input.start(content, interest: interest) { take(notice) }
    takeGaps()
    recordTable()
    notify("READY=1\nSTATUS=Reading")
    // The last run's report would say that nothing runs.
    writeReport()
    var event: ServiceEngine.Event? = .ready
    while let happened = event {
      event = nil
      for action in engine.actions(after: happened, situation()) { event = try perform(action) }
    }
    let error = output.finish()
    writeReport()
    if let error { throw ServiceError(reason: error, isReadAgain: input.isReadAgain) }
  }

  private var rules: String { "\(table.rules.count) rules, fingerprint \(String(table.fingerprint, radix: 16))" }

  // MARK: - Start

  /// Opens the tree and takes up what the last run knew. Nil when the input ended before that could be done.
  private func open() throws -> CheckpointStore.Content?? {
    var timeout = input.lockTimeout
    while true {
      do { return try openTree(lockTimeout: timeout) } catch {
        guard try input.refuse(error) else { return nil }
        timeout = 0
      }
    }
  }

  private func openTree(lockTimeout: UInt64) throws -> CheckpointStore.Content? {
    try directories.lock([configuration.audit.directory, configuration.state.directory], timeout: lockTimeout)
    let journal = SystemJournal(log: log)
    let tree = try LiveTree(
      configuration, calendar: calendar, stateDirectory: input.stateDirectory, searchesAlways: input.mayComeAgain,
      announcer: Announcer(configuration.audit, journal: journal, log: log))
    rulesRecord = RulesRecord(directory: input.stateDirectory)
    restore(tree.content)
    let writer = WriterThread(tree.committer, retries: true)
    writer.start()
    output.writer = writer
    return tree.content
  }

  private func restore(_ content: CheckpointStore.Content?) {
    let correlator = pipeline.correlator
    correlator.trackChanges()
    for chunk in content?.state ?? [] where !input.restore(chunk, to: correlator) {
      log.error("a part of the checkpoint's state is damaged and was left out")
    }
    correlator.finishRestoring()
    guard let content else { return }
    output.begin(at: content.position, newest: content.newest)
    correlator.emitDue(asOf: content.readUpTo)
    takeDue()
  }

  /// What was due when the last run stopped; a replay may have added it since.
  private func takeDue() {
    let (due, directory) = (pipeline.correlator.drainEvents(), input.stateDirectory)
    guard BackfillMark.isSet(in: directory) else { return output.emit(due) }
    guard !due.isEmpty else { return BackfillMark.remove(from: directory) }
    output.additions.begin(with: due) { _ in BackfillMark.remove(from: directory) }
  }

  private func recordTable() {
    guard let change = rulesRecord?.change(to: table.fingerprint) else { return }
    output.emit(BridgeEvents.tableChanged(change, at: SystemClock.realtime()))
  }

  // MARK: - The loop

  private func situation() -> ServiceSituation {
    if signals.takeReload() { isReloadWanted = true }
    if output.hasRoomForReplay { output.additions.wait(for: input.takeReplay()) }
    let facts = facts
    var now = ServiceSituation(monotonic: SystemClock.monotonic(), realtime: SystemClock.realtime())
    (now.isStopWanted, now.isReloadWanted) = (signals.isStopWanted, isReloadWanted)
    output.describe(in: &now, facts.writer)
    (now.isAtEnd, now.quietUntil, now.settlesFrom) = (input.isAtEnd, input.quietUntil, input.settlesFrom)
    (now.isHoldingBack, now.nextDue) = (input.isHoldingBack, pipeline.correlator.nextDue)
    if let replay = output.additions.replay {
      now.isReplayWaiting = true
      now.isReplayReady = hasReadUpTo(replay.asOf)
    }
    report.rememberCaughtUp(now)
    (now.isReportNew, now.isReportUrgent) = (report.isNew(facts), report.isUrgent(facts))
    return now
  }

  /// Whether everything up to a time has been read and emitted here: so that what a replay brings as well is in the files,
  /// or in the same job, when it is looked for.
  private func hasReadUpTo(_ time: UInt64) -> Bool {
    let (quiet, grace) = (input.quietUntil, input.timing.grace)
    return time <= max(output.newest, output.position.newestCursorTime) || (quiet > grace && time <= quiet - grace)
  }

  private func perform(_ action: ServiceEngine.Action) throws -> ServiceEngine.Event? {
    switch action {
    case .reload: reload()
    case .feedWatchdog:
      notify("WATCHDOG=1")
      for trouble in directories.troubles { report.setTrouble(trouble.path, trouble.reason) }
    case .report: writeReport()
    case .removeExpired:
      RetentionThread.start(audit: configuration.audit, calendar: calendar, newest: output.newest, log: log)
    case .acknowledge: input.acknowledge()
    case .confirm(let isWritten): input.confirm(isWritten ? nil : facts.writer.lastError ?? "the disk is too slow")
    case .settle(let time):
      pipeline.correlator.advance(to: time)
      takeEmitted()
      return .ready
    case .takeReplay:
      takeReplay()
      return .ready
    case .receive(let timeout): return try receive(timeout: timeout)
    case .submit: return submit() ? .accepted : .refused
    case .waitForWriter(let timeout): return output.writer?.wait(timeout: timeout) ?? true ? .written : .timedOut
    case .stop:
      end()
      return .ready
    case .finish: break
    }
    return nil
  }

  private func notify(_ state: String) { if input.isNotifying { SystemMessages.notify(state) } }

  private func end() {
    for notice in input.end() { take(notice) }
    takeGaps()
    takeEmitted()
    output.emit(BridgeEvents.stopped("\(input.serviceName) stopped", at: SystemClock.realtime()))
    notify("STOPPING=1")
  }

  // MARK: - Reading

  private func receive(timeout: UInt64) throws -> ServiceEngine.Event {
    switch try input.receive(timeout: timeout) {
    case .batch(let batch, let notices, let moves):
      take(batch, notices, moves: moves)
      input.recycle(batch)
      return .received
    case .timedOut: return .timedOut
    case .confirmationWanted: return .confirmationWanted
    case .ended: return .ended
    }
  }

  private func take(_ batch: EntryBatch, _ notices: [SourceNotice], moves: Bool) {
    let isInOrder = batch.lateFile == nil
    if isInOrder { pipeline.process(batch) } else { processLate(batch) }
    for notice in notices { take(notice) }
    takeEmitted()
    takeGaps()
    // A late file is behind the position from its end on, and what it emitted goes into the same job.
    output.move(to: batch, isInOrder: isInOrder, moves: moves)
    report.count(batch)
  }

  private func takeEmitted() {
    output.emit(pipeline.correlator.drainEvents())
    output.add(pipeline.correlator.drainLogins())
  }

  private func processLate(_ batch: EntryBatch) {
    do {
      try output.additions.process(batch, newest: output.newest) {
        var policy = try CorrelationPolicy(configuration, calendar: calendar)
        policy.knownMailboxes += pipeline.correlator.knownAddresses
        let late = Pipeline(table: table, policy: policy, rules: configuration.rules)
        late.correlator.senders = pipeline.correlator.senders
        return late
      }
    } catch { log.error(error) }
  }

  private func take(_ notice: SourceNotice) {
    report.take(notice)
    if notice.kind == .gap { pipeline.gaps.append(BridgeEvents.gap(notice, at: SystemClock.realtime())) }
  }

  private func takeGaps() {
    let gaps = pipeline.takeGaps()
    report.countGaps(gaps.count)
    output.emit(gaps)
  }

  private func takeReplay() {
    guard let replay = output.additions.replay else { return }
    // Rules that this service did not have may have let the replay see more entries go by, and the time with them.
    pipeline.correlator.emitDue(asOf: replay.asOf)
    takeEmitted()
    output.additions.takeReplay(
      since: Backfill.oldest(newest: output.newest, retention: configuration.audit.retention.microseconds))
  }

  /// Whether the writer has room for the job.
  private func submit() -> Bool {
    let correlator = pipeline.correlator
    return output.submit(isPastEarlierRuns: input.isPastEarlierRuns(newest: output.newest)) {
      input.encodeState(of: correlator)
    } changes: {
      input.encodeChanges(of: correlator)
    }
  }

  // MARK: - Reload and report

  private func reload() {
    isReloadWanted = false
    guard let reloading else { return }
    notify("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonic())")
    defer { notify("READY=1") }
    do {
      let (wanted, table) = try reloading()
      let (configuration, unapplied) = configuration.reloading(wanted)
      report.setUnapplied(unapplied)
      let policy = try CorrelationPolicy(configuration, calendar: calendar)
      let recognizer = EntryRecognizer(table: table, rules: configuration.rules)
      let next = pipeline.successor(recognizer: recognizer, policy: policy)
      takeEmitted()
      interest.switchTo(recognizer)
      pipeline = next
      (self.configuration, self.table) = (configuration, table)
      output.forgetState()
      log.notice("reloaded the configuration and \(table.rules.count) rules")
      recordTable()
      report.setReloadError(nil)
    } catch { report.setReloadError(error) }
  }

  private var facts: ServiceReport.Facts {
    ServiceReport.Facts(
      writer: output.writer?.status ?? .init(), readingError: input.readingError, complaints: input.complaints,
      newest: output.newest)
  }

  private func writeReport() {
    if facts.writer.jobsDone > 0 { rulesRecord?.save() }
    report.write(facts, pipeline, notifies: input.isNotifying)
  }
}
