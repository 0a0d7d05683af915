import AuditModel
import Correlation
import LogSources
import Platform

/// What a service has emitted and not written yet, and the writer that it goes to.
struct ServiceOutput {
  private(set) var events: [OwnedEvent] = []
  var additions = Additions()
  private var logins = LoginSightings()
  /// How far the input was read, and the newest entry's time.
  private(set) var position = SourcePosition()
  private(set) var newest: UInt64 = 0
  private var isPositionNew = false
  private static let manyLogins = 2048
  private var stateLog = StateLog()
  /// A job that the writer had no room for.
  private var held: WriteJob?
  /// Nil until the tree is open.
  var writer: WriterThread?

  /// Begins behind a checkpoint.
  mutating func begin(at position: SourcePosition, newest: UInt64) { (self.position, self.newest) = (position, newest) }

  mutating func emit(_ event: OwnedEvent) { events.append(event) }
  mutating func emit(_ more: [OwnedEvent]) { events += more }
  mutating func add(_ more: LoginSightings) { logins.append(contentsOf: more) }

  /// - Parameters:
  ///   - isInOrder: whether the batch's entries follow what was read before.
  ///   - moves: whether the checkpoint has to follow.
  mutating func move(to batch: EntryBatch, isInOrder: Bool, moves: Bool) {
    position = batch.position
    if isInOrder { newest = max(newest, batch.newestTime) }
    isPositionNew = isPositionNew || moves
  }

  /// The next state is a snapshot: after a reload the changes are none of the last one.
  mutating func forgetState() {
    stateLog.begin()
    additions.forgetTable()
  }

  /// Gives the writer the job that it refused, or a new one; whether it had room.
  ///
  /// - Parameter change: makes the state's snapshot, or what changed in it.
  mutating func submit(isPastEarlierRuns: Bool, snapshot: () -> [UInt8], changes: () -> [UInt8]) -> Bool {
    let job =
      held
      ?? nextJob(isCaughtUp: isPastEarlierRuns, change: stateLog.next(snapshot: snapshot, changes: changes))
    held = job
    guard let writer, writer.trySubmit(job) else { return false }
    held = nil
    return true
  }

  private mutating func nextJob(isCaughtUp: Bool, change: CheckpointStore.StateChange) -> WriteJob {
    defer {
      events.removeAll(keepingCapacity: true)
      additions.removeAll()
      logins = LoginSightings()
      isPositionNew = false
    }
    return WriteJob(
      events: events, additions: additions.events, onAdded: additions.onAdded, logins: logins,
      addedLogins: additions.logins,
      checkpoint: .init(position: position, newest: newest, change: change, isCaughtUp: isCaughtUp))
  }

  /// Writes what the writer has, and ends it; why not everything is durable, or nil.
  mutating func finish() -> String? {
    writer?.finish(givesUp: true)
    return writer?.status.lastError ?? (held == nil ? nil : "the disk is too slow")
  }

  /// Whether a replay's events can be taken.
  var hasRoomForReplay: Bool { additions.replay == nil && additions.isEmpty && held == nil }

  func describe(in situation: inout ServiceSituation, _ status: WriterThread.Status) {
    // Logins wait with the position, but not without end.
    situation.events = events.count + logins.count / Self.manyLogins
    situation.additions = additions.events.count + additions.logins.count
    (situation.isPositionNew, situation.isHeld) = (isPositionNew, held != nil)
    (situation.isWithinLateFile, situation.newest) = (additions.isWithinLateFile, newest)
    situation.writer = status.lastError != nil ? .failing : status.isIdle ? .idle : .busy
  }
}
