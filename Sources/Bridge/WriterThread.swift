import AuditModel
import Correlation
import Glibc
import Platform
import Synchronization

/// Writes jobs on a thread of its own, so that a slow disk never holds up the loop that feeds the watchdog.
///
/// Sendable: the committer is touched by the writing thread only, the state behind `status` under its lock.
final class WriterThread: @unchecked Sendable {
  struct Status: Sendable {
    /// Why nothing can be written at the moment; nil when all is well.
    var lastError: String?
    /// Jobs that were submitted and are not written.
    var pending = 0
    var isIdle: Bool { pending == 0 }
    var eventsWritten: UInt64 = 0
    var jobsDone: UInt64 = 0
    var eventCounts = EventCounts()
    var checkpointTime: UInt64 = 0
  }

  private let jobs: Channel<WriteJob>
  /// Receives something after each job.
  private let done = Channel<Void>(capacity: 1)
  private let committer: Committer
  private let retries: Bool
  private let state = Mutex(Status())
  private let isStopping = Atomic(false)
  private var thread: pthread_t?

  /// The first wait after a failure and the longest one, in microseconds.
  private static let retryDelay: (first: UInt32, longest: UInt32) = (100_000, 2_000_000)

  /// - Parameter retries: whether a job that cannot be written is tried until it can; a replay ends instead.
  init(_ committer: Committer, retries: Bool) {
    self.committer = committer
    self.retries = retries
    jobs = Channel(capacity: 2)
  }

  var status: Status { state.withLock { $0 } }

  func start() { thread = WorkerThread.start { [self] in run() } }

  /// False when two jobs wait already.
  func trySubmit(_ job: WriteJob) -> Bool {
    state.withLock { $0.pending += 1 }
    if jobs.trySend(job) { return true }
    state.withLock { $0.pending -= 1 }
    return false
  }

  /// Waits at most so long (microseconds) until nothing is left to write; whether that is so.
  func wait(timeout: UInt64) -> Bool {
    let end = SystemClock.monotonic() + timeout
    while !status.isIdle {
      let now = SystemClock.monotonic()
      guard now < end else { return false }
      _ = done.receive(timeoutMicroseconds: end - now)
    }
    return true
  }

  /// Waits until there is room; for a replay, which has no watchdog.
  func submit(_ job: WriteJob) -> Bool {
    state.withLock { $0.pending += 1 }
    return jobs.send(job)
  }

  /// Writes what was submitted and ends. With `givesUp`, a disk that takes nothing is not waited for.
  func finish(givesUp: Bool) {
    if givesUp { isStopping.store(true, ordering: .releasing) }
    jobs.close()
    if let thread { WorkerThread.join(thread) }
    thread = nil
  }

  private func run() {
    committer.sealIfDue()
    while let job = nextJob() {
      guard let added = write(job) else { return }
      state.withLock { status in
        status.lastError = nil
        status.pending -= 1
        status.jobsDone += 1
        status.eventsWritten += UInt64(job.events.count + added.count)
        for emitted in job.events { status.eventCounts.count(emitted.event) }
        for emitted in added { status.eventCounts.count(emitted.event) }
        if job.checkpoint != nil { status.checkpointTime = SystemClock.realtime() }
      }
      job.onAdded?(added.count)
      _ = done.trySend(())
      committer.sealIfDue()
    }
    committer.sealIfDue(isLast: true)
  }

  /// The next job; nil when there will be none. A seal that comes due meanwhile is written.
  private func nextJob() -> WriteJob? {
    while true {
      switch jobs.receive(timeoutMicroseconds: committer.timeToSeal) {
      case .element(let job): return job
      case .timedOut: committer.sealIfDue()
      case .closed: return nil
      }
    }
  }

  /// Tries until it works, and answers with the additions that were missing; nil when asked to give up.
  private func write(_ job: WriteJob) -> [OwnedEvent]? {
    var delay = Self.retryDelay.first
    while true {
      do { return try committer.commit(job) } catch {
        state.withLock { $0.lastError = "\(error)" }
        guard retries, !isStopping.load(ordering: .acquiring) else { return nil }
        usleep(delay)
        delay = min(delay * 2, Self.retryDelay.longest)
      }
    }
  }
}
