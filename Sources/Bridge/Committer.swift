import AuditFiles
import AuditModel
import AuditWriting
import Configuration
import Correlation
import Glibc
import LogSources
import Platform

/// What is to become durable together: events, and the checkpoint that counts once they are.
struct WriteJob: Sendable {
  var events: [OwnedEvent]
  /// Events from a replay or from a file that came late: those that the tree has already are left out.
  var additions: [OwnedEvent] = []
  /// Called with the number of additions that were missing, once they are durable.
  var onAdded: (@Sendable (Int) -> Void)?
  /// Logins for their table, recorded or not.
  var logins = LoginSightings()
  /// What a replay has found for that table.
  var addedLogins: [MailboxLogins] = []
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

/// The one place that knows in which order things become durable: the data, then the checkpoint, then what others are
/// told of it (the system journal, a seal).
///
/// Used by one thread at a time.
final class Committer {
  private let tree: AuditTree
  private let store: CheckpointStore?
  private let announcer: Announcer?
  private let logins: LoginTable?
  /// When a new table of logins may be tried again after a failure, monotonic, µs.
  private var nextLoginTable: UInt64 = 0
  private let sealPeriod: UInt64?
  /// When the next seal is due, monotonic, µs.
  private var nextSeal: UInt64 = 0
  private var progress = Progress()

  /// How far a job has come whose writing failed: the next try goes on from there.
  private struct Progress {
    var appended = 0
    /// The additions that the tree does not have; nil until it was searched.
    var missing: [OwnedEvent]?
    var isCommitted = false
    var areLoginsWritten = false
    var isChangeWritten = false
  }

  /// - Parameters:
  ///   - store: nil for a replay.
  ///   - announcer: who is told of what is durable; nil for a replay.
  ///   - sealPeriod: microseconds; nil without tamper evidence.
  init(
    tree: AuditTree, store: CheckpointStore?, logins: LoginTable? = nil, announcer: Announcer? = nil,
    sealPeriod: UInt64? = nil
  ) {
    self.tree = tree
    self.logins = logins
    self.store = store
    self.announcer = announcer
    self.sealPeriod = sealPeriod
    // The last run may have ended between a seal and its announcement.
    if sealPeriod != nil, let seal = tree.lastSeal { announcer?.announce(seal) }
  }

  /// Makes a job durable; the additions that were missing.
  ///
  /// - Throws: `FileError`; then the same job is given again, and nothing of it is written twice.
  func commit(_ job: WriteJob) throws -> [OwnedEvent] {
    let added = try progress.missing ?? missing(in: job)
    progress.missing = added
    while progress.appended < job.events.count + added.count {
      let index = progress.appended - job.events.count
      let emitted = index < 0 ? job.events[progress.appended] : added[index]
      try tree.append(emitted.event, owner: emitted.owner)
      progress.appended += 1
    }
    if let store, let checkpoint = job.checkpoint {
      try write(checkpoint, of: job, to: store)
    } else {
      try writeLogins(of: job)
    }
    progress = Progress()
    for emitted in job.events { announcer?.announce(emitted.event) }
    rewriteLoginsIfDue(newest: job.checkpoint?.newest ?? 0)
    return added
  }

  private func write(_ checkpoint: WriteJob.Checkpoint, of job: WriteJob, to store: CheckpointStore) throws {
    if !progress.isCommitted { try tree.commit() }
    progress.isCommitted = true
    try writeLogins(of: job)
    // Changes that were taken in are kept by the store, and only the files are written again. A snapshot must come again
    // itself: the try that failed may have left none.
    var change = checkpoint.change
    if case .changes = change, progress.isChangeWritten { change = .changes([]) }
    progress.isChangeWritten = true
    try store.write(
      position: checkpoint.position, newest: checkpoint.newest, commit: tree.commitNumber, change: change)
    if checkpoint.isCaughtUp { endSearch(newest: checkpoint.newest) }
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

  // MARK: - Logins

  /// In front of the checkpoint: a login whose entry is read again is the same.
  private func writeLogins(of job: WriteJob) throws {
    guard let logins, !progress.areLoginsWritten else { return }
    let newest = job.checkpoint?.newest ?? .max
    let oldest = job.logins.oldest ?? .max
    // A clock that was never set says nothing of the beginning.
    let since = max(min(newest, oldest), newest == .max ? 0 : newest - min(newest, LoginTable.retention))
    if since < .max, since > 0 || !job.logins.isEmpty { try logins.append(job.logins, since: since) }
    if !job.addedLogins.isEmpty { try logins.append(job.addedLogins, since: SystemClock.realtime()) }
    progress.areLoginsWritten = true
  }

  /// Makes a new table when it is time for one. What fails is tried again: nothing depends on it.
  private func rewriteLoginsIfDue(newest: UInt64) {
    let now = SystemClock.monotonic()
    guard let logins, now >= nextLoginTable, logins.isRewriteDue(newest: newest) else { return }
    do {
      let damage = try logins.rewrite(now: SystemClock.realtime(), newest: newest)
      if damage.found > 0 {
        announcer?.log.error("\(damage.found) lines of the table of logins were damaged and are left out")
      }
    } catch {
      announcer?.log.warning("the table of logins could not be written anew, which is tried again: \(error)")
      nextLoginTable = now + Self.loginTableDelay
    }
  }

  private static let loginTableDelay: UInt64 = 600_000_000

  // MARK: - Seals

  /// How long until a seal is due, in microseconds; nil when none ever is.
  var timeToSeal: UInt64? {
    guard sealPeriod != nil else { return nil }
    let now = SystemClock.monotonic()
    return nextSeal > now ? nextSeal - now : 1000
  }

  /// Seals what was written since the last seal, when the period is over or `isLast`. Called only while nothing is half
  /// written. What could not be sealed is tried again.
  func sealIfDue(isLast: Bool = false) {
    guard let sealPeriod else { return }
    let now = SystemClock.monotonic()
    guard isLast || now >= nextSeal else { return }
    nextSeal = now + sealPeriod
    do {
      if let seal = try tree.seal(at: SystemClock.realtime()) { announcer?.announce(seal) }
    } catch {
      announcer?.log.warning("the tree could not be sealed, which is tried again: \(error)")
      nextSeal = now + min(sealPeriod, 60_000_000)
    }
  }
}
