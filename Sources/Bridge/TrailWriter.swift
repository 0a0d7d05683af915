import AuditFiles
import AuditModel
import AuditWriting
import Correlation
import Glibc
import LogSources
import Platform
import Synchronization

/// What the pipeline hands to the thread that writes: events, and the checkpoint that counts once they are durable.
struct WriteJob: Sendable {
  var events: [OwnedEvent]
  /// Events from a replay or from a file that came late: those that the tree has already are left out.
  var additions: [OwnedEvent] = []
  /// Called on the writing thread with the number of additions that were missing, once they are durable.
  var onAdded: (@Sendable (Int) -> Void)?
  /// nil in a replay, which keeps no checkpoint.
  var checkpoint: Checkpoint?

  struct Checkpoint: Sendable {
    var position: SourcePosition
    var newest: UInt64
    var change: CheckpointStore.StateChange
    /// Whether everything was read that was there: what comes from here on nobody can have written before.
    var isCaughtUp = false
  }
}

/// Writes jobs on a thread of its own, so that a slow disk never holds up the loop that feeds the watchdog.
///
/// Sendable: the tree and the store are touched by the writing thread only, the state behind `status` under its lock.
final class TrailWriter: @unchecked Sendable {
  struct Status: Sendable {
    /// Why nothing can be written at the moment; nil when all is well.
    var trouble: String?
    var isIdle = true
    var eventsWritten: UInt64 = 0
    var jobsDone: UInt64 = 0
    var countsByKind: [EventKind: UInt64] = [:]
    var checkpointTime: UInt64 = 0
  }

  private let jobs: Channel<WriteJob>
  private let tree: AuditTree
  private let store: CheckpointStore?
  private let state = Mutex(Status())
  private let isStopping = Atomic(false)
  private let onDone: @Sendable ([OwnedEvent]) -> Void
  private let sealing: Sealing?
  private var nextSeal: UInt64 = 0
  private var thread: pthread_t?

  /// When and where to the ends of the chains are sealed.
  struct Sealing: Sendable {
    /// Microseconds.
    var period: UInt64
    /// Called on the writing thread with a seal that is durable in the tree.
    var announce: @Sendable (Seal) -> Void
    /// Told why a seal could not be written.
    var report: @Sendable (String) -> Void
  }

  /// - Parameters:
  ///   - store: nil for a replay.
  ///   - sealing: nil without tamper evidence.
  ///   - onDone: called on the writing thread with events that are durable now.
  init(
    tree: AuditTree, store: CheckpointStore?, sealing: Sealing? = nil,
    onDone: @escaping @Sendable ([OwnedEvent]) -> Void = { _ in }
  ) {
    self.tree = tree
    self.store = store
    self.sealing = sealing
    self.onDone = onDone
    jobs = Channel(capacity: 2)
  }

  var status: Status { state.withLock { $0 } }

  func start() { thread = WorkerThread.start { [self] in run() } }

  /// False when two jobs wait already.
  func trySubmit(_ job: WriteJob) -> Bool { jobs.trySend(job) }

  /// Waits until there is room; for a replay, which has no watchdog.
  func submit(_ job: WriteJob) -> Bool { jobs.send(job) }

  /// Writes what was submitted and ends. With `givesUp`, a disk that takes nothing is not waited for.
  func finish(givesUp: Bool) {
    if givesUp { isStopping.store(true, ordering: .releasing) }
    jobs.close()
    if let thread { WorkerThread.join(thread) }
    thread = nil
  }

  private func run() {
    sealIfDue()
    while let job = nextJob() {
      state.withLock { $0.isIdle = false }
      guard let added = write(job) else { return }
      state.withLock { status in
        status.trouble = nil
        status.isIdle = true
        status.jobsDone += 1
        status.eventsWritten += UInt64(job.events.count + added.count)
        for emitted in job.events { status.countsByKind[emitted.event.kind, default: 0] += 1 }
        for emitted in added { status.countsByKind[emitted.event.kind, default: 0] += 1 }
        if job.checkpoint != nil { status.checkpointTime = SystemClock.realtime() }
      }
      onDone(job.events)
      job.onAdded?(added.count)
      sealIfDue()
    }
    nextSeal = 0
    sealIfDue()
  }

  /// The next job; nil when there will be none. A seal that comes due meanwhile is written.
  private func nextJob() -> WriteJob? {
    while true {
      let now = SystemClock.monotonic()
      switch jobs.receive(timeoutMicroseconds: sealing.map { _ in nextSeal > now ? nextSeal - now : 1000 }) {
      case .element(let job): return job
      case .timedOut: sealIfDue()
      case .closed: return nil
      }
    }
  }

  /// Seals what was written since the last seal, when the period is over. Called only while nothing is half written.
  private func sealIfDue() {
    guard let sealing else { return }
    let now = SystemClock.monotonic()
    guard now >= nextSeal else { return }
    nextSeal = now + sealing.period
    do {
      if let seal = try tree.seal(at: SystemClock.realtime()) { sealing.announce(seal) }
    } catch {
      sealing.report("the tree could not be sealed, which is tried again: \(error)")
      nextSeal = now + min(sealing.period, 60_000_000)
    }
  }

  /// Tries until it works, and answers with the additions that were missing; nil when asked to give up.
  private func write(_ job: WriteJob) -> [OwnedEvent]? {
    var appended = 0
    var missing: [OwnedEvent]?
    var isCommitted = false
    var isChangeWritten = false
    var delay: UInt32 = 100_000
    while true {
      do {
        let added = try missing ?? self.missing(in: job)
        missing = added
        while appended < job.events.count + added.count {
          let place = appended - job.events.count
          let emitted = place < 0 ? job.events[appended] : added[place]
          try tree.append(emitted.event, owner: emitted.owner)
          appended += 1
        }
        if let store, let checkpoint = job.checkpoint {
          if !isCommitted { try tree.commit() }
          isCommitted = true
          // Changes that were taken in are kept by the store, and only the files are written again. A snapshot must
          // come again itself: the try that failed may have left none.
          var change = checkpoint.change
          if case .changes = change, isChangeWritten { change = .changes([]) }
          isChangeWritten = true
          try store.write(
            position: checkpoint.position, newest: checkpoint.newest, commit: tree.commitNumber, change: change)
          if checkpoint.isCaughtUp { endSearch(newest: checkpoint.newest) }
        }
        return added
      } catch {
        state.withLock { $0.trouble = "\(error)" }
        guard store != nil, !isStopping.load(ordering: .acquiring) else { return nil }
        usleep(delay)
        delay = min(delay * 2, 2_000_000)
      }
    }
  }

  /// Everything that an earlier run had read has been read again.
  private func endSearch(newest: UInt64) {
    tree.skipsPresent = false
    tree.forgetRecovered(before: newest - min(newest, LateFiles.openEnd))
  }

  /// The additions that neither the tree nor the job itself has.
  private func missing(in job: WriteJob) throws -> [OwnedEvent] {
    guard !job.additions.isEmpty else { return [] }
    let own = Set(job.events.map(\.event.id))
    let foreign = job.additions.filter { !own.contains($0.event.id) }
    let isMissing = try tree.missing(among: foreign)
    return zip(foreign, isMissing).filter(\.1).map(\.0)
  }
}
