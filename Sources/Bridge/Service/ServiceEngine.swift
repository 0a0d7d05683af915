/// When the service does what: its loop as states, and transitions that return actions.
///
/// No clock, file or thread is touched here. What happened comes in as an event, with the situation at that moment; what
/// is to be done goes out as actions, of which the last one brings the next event.
struct ServiceEngine {
  /// What happened.
  enum Event: Equatable {
    /// The action before is done, and nothing was waited for.
    case ready
    /// A batch of entries was matched and joined.
    case received
    /// Nothing came in time, or a signal or a replay woke the service.
    case timedOut
    /// The input must not go on before everything that it has brought is durable.
    case confirmationWanted
    /// The writer took the job, or has no room for it.
    case accepted, refused
    /// The writer has nothing left to write.
    case written
    /// The input will bring nothing more.
    case ended
  }

  /// What is to be done. The ones from `settle` on bring the next event and are the last of their list.
  enum Action: Equatable {
    case reload, feedWatchdog, report, removeExpired
    /// Everything that the input has brought is durable.
    case acknowledge
    /// Answer whoever waits for a confirmation.
    case confirm(isWritten: Bool)
    /// End the waits that are over at this time, microseconds since 1970.
    case settle(upTo: UInt64)
    /// Take what a replay has brought into the next job.
    case takeReplay
    /// Wait at most so long (microseconds) for the input.
    case receive(timeout: UInt64)
    /// Give the writer the job that it refused, or else a new one of all that was emitted.
    case submit
    /// Wait at most so long (microseconds) until the writer has nothing left.
    case waitForWriter(timeout: UInt64)
    /// Record the stop: nothing more is read.
    case stop
    case finish
  }

  private enum State: Equatable {
    case reading
    /// A job is given to the writer, again and again while that has no room: nothing is read, and the checkpoint stays
    /// where it is.
    case submitting(Purpose)
    /// Nothing is read until the writer has nothing left.
    case writing(Purpose)
    case finished
  }

  /// Why a job is written.
  private enum Purpose: Equatable {
    case due
    /// Somebody waits for it, up to this time (monotonic).
    case confirmation(until: UInt64)
    /// It is the last one. Nil for the time: as long as it takes.
    case end(until: UInt64?)
  }

  private let timing: ServiceTiming
  private var state = State.reading
  private var housekeeping: Housekeeping
  /// No more than a last transaction is waited for, up to this time (monotonic); nil while no stop is wanted.
  private var stopsAt: UInt64?
  /// Since when there are events, or a position, that no job has; monotonic.
  private var eventsSince: UInt64?
  private var positionSince: UInt64?

  /// So many events, or events of a replay, make a job at once.
  static let fullJob = (events: 4096, additions: 16_384)
  /// After so long the writer is asked again whether it has room.
  private static let writerInterval: UInt64 = 50_000

  init(_ timing: ServiceTiming) {
    self.timing = timing
    housekeeping = Housekeeping(timing)
  }

  /// What is to be done after an event.
  mutating func actions(after event: Event, _ now: ServiceSituation) -> [Action] {
    eventsSince = now.events > 0 ? eventsSince ?? now.monotonic : nil
    positionSince = now.isPositionNew ? positionSince ?? now.monotonic : nil
    switch state {
    case .reading: return whileReading(event, now)
    case .submitting(let purpose): return whileSubmitting(event, for: purpose, now: now)
    case .writing(let purpose): return whileWriting(event, for: purpose, now: now)
    case .finished: return [.finish]
    }
  }

  // MARK: - Reading

  private mutating func whileReading(_ event: Event, _ now: ServiceSituation) -> [Action] {
    switch event {
    case .ended: return beginEnd(now)
    case .confirmationWanted: return beginConfirmation(now)
    default: break
    }
    let actions = housekeeping.actions(now)
    if now.isStopWanted || (now.isReloadWanted && !timing.isReloadable) || stopsAt != nil {
      return actions + whileStopping(event, now)
    }
    if now.isReplayReady, now.additions == 0 { return actions + [.takeReplay] }
    if event == .timedOut, let time = settlingTime(now) { return actions + [.settle(upTo: time)] }
    if isJobDue(now) { return actions + submit(.due) }
    return actions + [.receive(timeout: timeout(now))]
  }

  /// What is on its way is waited for as long as the input asks for it.
  private mutating func whileStopping(_ event: Event, _ now: ServiceSituation) -> [Action] {
    guard let stopsAt else {
      guard timing.stopTimeout > 0 else { return beginEnd(now) }
      stopsAt = now.monotonic + timing.stopTimeout
      return [.receive(timeout: timing.silence)]
    }
    let isSilent = event == .timedOut && !now.isHoldingBack
    return now.monotonic >= stopsAt || isSilent ? beginEnd(now) : [.receive(timeout: timing.silence)]
  }

  /// Up to when waits may be ended by the clock, because everything that was logged by then has been read.
  private func settlingTime(_ now: ServiceSituation) -> UInt64? {
    guard now.quietUntil > timing.grace, let due = now.nextDue, now.writer != .failing else { return nil }
    let time = now.quietUntil - timing.grace
    return due <= time ? time : nil
  }

  private func isJobDue(_ now: ServiceSituation) -> Bool {
    guard mayWrite(now) else { return false }
    if now.events >= Self.fullJob.events || now.additions >= Self.fullJob.additions { return true }
    // For additions whole day files are searched: not for a few at a time while more are coming.
    if now.additions > 0, !now.isWithinLateFile { return true }
    return jobTime(now).map { $0 <= now.monotonic } ?? false
  }

  private func mayWrite(_ now: ServiceSituation) -> Bool {
    !now.isHoldingBack && (!timing.waitsForWriter || now.writer == .idle)
  }

  /// When what waits must be written, monotonic.
  private func jobTime(_ now: ServiceSituation) -> UInt64? {
    var time: UInt64?
    if let eventsSince { time = eventsSince + (timing.writesAtOnce && now.isAtEnd ? 0 : timing.eventInterval) }
    if let positionSince { time = min(time ?? .max, positionSince + timing.positionInterval) }
    return time
  }

  /// How long nothing has to be done.
  private func timeout(_ now: ServiceSituation) -> UInt64 {
    var time = min(now.monotonic + timing.longestWait, housekeeping.next(now))
    if mayWrite(now), let jobTime = jobTime(now) { time = min(time, jobTime) }
    if now.writer != .idle || now.isReplayWaiting { time = min(time, now.monotonic + timing.eventInterval) }
    if let due = now.nextDue, now.isAtEnd, !now.isHoldingBack, now.writer != .failing {
      let wall = due &+ timing.grace
      let wait = wall > now.realtime ? wall - now.realtime : 10_000
      time = min(time, max(now.settlesFrom, now.monotonic + wait))
    }
    return time > now.monotonic + 1000 ? time - now.monotonic : 1000
  }

  // MARK: - Writing

  private mutating func submit(_ purpose: Purpose) -> [Action] {
    state = .submitting(purpose)
    return [.submit]
  }

  private mutating func whileSubmitting(_ event: Event, for purpose: Purpose, now: ServiceSituation) -> [Action] {
    switch event {
    case .accepted: return purpose == .due && !timing.waitsForWriter ? resume(now) : wait(purpose, now)
    case .refused:
      if isOver(purpose, now) { return giveUp(purpose, now) }
      return housekeeping.actions(now) + [.waitForWriter(timeout: Self.writerInterval)]
    default: return purpose == .due && now.isStopWanted ? beginEnd(now) : submit(purpose)
    }
  }

  private mutating func wait(_ purpose: Purpose, _ now: ServiceSituation) -> [Action] {
    state = .writing(purpose)
    return housekeeping.actions(now) + [.waitForWriter(timeout: Self.writerInterval)]
  }

  private mutating func whileWriting(_ event: Event, for purpose: Purpose, now: ServiceSituation) -> [Action] {
    guard event == .written else {
      if purpose == .due, now.isStopWanted { return beginEnd(now) }
      return isOver(purpose, now) ? giveUp(purpose, now) : wait(purpose, now)
    }
    // What was written may have been an older job.
    let isAll = !now.isHeld && !now.isAnythingUnwritten
    if !isAll, purpose != .due { return submit(purpose) }
    let acknowledgement: [Action] = isAll ? [.acknowledge] : []
    switch purpose {
    case .due: return acknowledgement + resume(now)
    case .confirmation: return acknowledgement + confirm(isWritten: true, now)
    case .end: return acknowledgement + finish()
    }
  }

  /// Whether a job was waited for long enough.
  private func isOver(_ purpose: Purpose, _ now: ServiceSituation) -> Bool {
    switch purpose {
    // Whoever wants confirmations is told with the next one.
    case .due: timing.confirmTimeout != nil && now.writer == .failing
    case .confirmation(let end): now.monotonic >= end
    // Where a stop is wanted, a disk that takes nothing is not waited for.
    case .end(let end): now.monotonic >= end ?? .max || (now.isStopWanted && now.writer == .failing)
    }
  }

  private mutating func giveUp(_ purpose: Purpose, _ now: ServiceSituation) -> [Action] {
    switch purpose {
    case .due: resume(now)
    case .confirmation: confirm(isWritten: false, now)
    case .end: finish()
    }
  }

  private mutating func resume(_ now: ServiceSituation) -> [Action] {
    state = .reading
    return whileReading(.ready, now)
  }

  private mutating func beginConfirmation(_ now: ServiceSituation) -> [Action] {
    guard now.isHeld || now.isAnythingUnwritten || now.writer != .idle else { return confirm(isWritten: true, now) }
    let purpose = Purpose.confirmation(until: now.monotonic + (timing.confirmTimeout ?? 0))
    return now.writer == .idle ? submit(purpose) : wait(purpose, now)
  }

  private mutating func confirm(isWritten: Bool, _ now: ServiceSituation) -> [Action] {
    [.confirm(isWritten: isWritten)] + resume(now)
  }

  // MARK: - The end

  private mutating func beginEnd(_ now: ServiceSituation) -> [Action] {
    state = .submitting(.end(until: timing.drainTimeout.map { now.monotonic + $0 }))
    return [.stop]
  }

  private mutating func finish() -> [Action] {
    state = .finished
    return [.finish]
  }
}
