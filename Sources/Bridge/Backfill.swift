import AuditFiles
import AuditModel
import AuditReading
import AuditWriting
import Configuration
import Correlation
import Glibc
import LogSources
import Platform
import RuleTable

/// Adds to the live tree what is missing in it, as `mailtrail replay` into that tree does: after a rule was added, say.
///
/// The collector stays the only writer: it is handed the records. Without one the tree is written here, under its lock.
/// An event is added when neither its owner's trail nor `_unknown` has its id, and only as far as the collector has read:
/// what it has not read yet it will record itself.
package final class Backfill {
  /// What became of the events.
  package struct Outcome: Sendable, Equatable {
    package var added = 0
    /// They were there.
    package var present = 0
    /// Older than the retention.
    package var expired = 0
    /// Without a collector: up to where the last one had read, microseconds since 1970. What comes behind it the next one
    /// records itself.
    package var end: UInt64?
  }

  private let configuration: Configuration
  private let table: CompiledTable
  private var calendar: DayCalendar
  private var outcome = Outcome()
  /// Called with the time of the newest entry so far.
  package var onProgress: ((UInt64) -> Void)?
  /// Threads that read, as `Replay.readers` has them.
  package var readers: Int?
  package private(set) var notices: [SourceNotice] = []
  package private(set) var counts = Pipeline.Counts()

  /// How far behind the end of the range entries are read for their context.
  private static let contextAfter: UInt64 = 15 * 60_000_000

  package init(configuration: Configuration, table: CompiledTable) throws {
    self.configuration = configuration
    self.table = table
    calendar = try DayCalendar(configuration.audit.timeZone)
  }

  /// Reads the request's range, with what lies around it for context, and adds what is missing.
  ///
  /// - Throws: `JournalError`, `FileError`, or `BackfillError`.
  package func run(_ request: SourceRequest) throws -> Outcome {
    var request = request
    var wanted: ClosedRange<UInt64> = 0...(request.until ?? .max)
    if case .since(let start) = request.start {
      wanted = min(start, wanted.upperBound)...wanted.upperBound
      request.start = .since(contextStart(of: start))
    }
    request.until = request.until.map { $0.addingReportingOverflow(Self.contextAfter).partialValue }
    let known = try knownMailboxes()
    let replay = try Replay(configuration: configuration, table: table, calendar: calendar, known: known)
    replay.onProgress = onProgress
    replay.readers = readers
    let commit = try target()
    replay.pipeline.correlator.senders = try knownSenders()
    if let end = outcome.end { request.until = min(request.until ?? .max, end) }
    var batch: [OwnedEvent] = []
    var (logins, newest) = (LoginSightings(), UInt64(0))
    replay.pipeline.correlator.noteLogins()
    try replay.runOpenEnded(request) { emitted, asOf in
      logins.append(contentsOf: replay.pipeline.correlator.drainLogins())
      newest = asOf
      if logins.count >= Self.manyLogins { try self.add(&logins, wanted, asOf, commit) }
      for one in emitted where wanted.contains(one.event.time) {
        if case .bridge = one.owner { continue }
        batch.append(one)
        if batch.count == BackfillProtocol.maximumRecords { try self.add(&batch, asOf, commit) }
      }
      if !batch.isEmpty { try self.add(&batch, asOf, commit) }
    }
    try add(&logins, wanted, newest, commit)
    notices = replay.notices
    counts = replay.pipeline.counts
    return outcome
  }

  /// So many make a commit of their own.
  private static let manyLogins = 16_384

  private typealias Commit = ([OwnedEvent], [MailboxLogins], UInt64) throws -> BackfillServer.Answer

  /// Logins count whatever their age; those around the range may lack what lies before it.
  private func add(
    _ logins: inout LoginSightings, _ wanted: ClosedRange<UInt64>, _ asOf: UInt64, _ commit: Commit
  ) throws {
    defer { logins = LoginSightings() }
    let rows = MailboxLogins.rows(of: logins) { wanted.contains($0.time) }
    for start in stride(from: 0, to: rows.count, by: BackfillProtocol.maximumRecords) {
      _ = try commit([], Array(rows[start...].prefix(BackfillProtocol.maximumRecords)), asOf)
    }
  }

  private func add(_ batch: inout [OwnedEvent], _ asOf: UInt64, _ commit: Commit) throws {
    defer { batch.removeAll(keepingCapacity: true) }
    let answer = try commit(batch, [], asOf)
    outcome.added += answer.added
    outcome.present += answer.present
    outcome.expired += answer.expired
  }

  /// Notes live so long; and windows of failures are those of the live tree only when they are counted from the
  /// midnight before, where they end.
  private func contextStart(of start: UInt64) -> UInt64 {
    let age = max(table.ttls.values.max() ?? 0, 3_600_000_000)
    let before = start > age ? start - age : 0
    let midnight = calendar.end(of: Day(number: calendar.day(of: start).number - 1))
    return min(before, midnight)
  }

  /// The mailboxes that have a trail: a name among them is no stranger's guess.
  private func knownMailboxes() throws -> [MailboxAddress] {
    guard let reader = try? TrailReader(root: configuration.audit.directory) else { return [] }
    return try reader.trails().compactMap(reader.mailbox)
  }

  /// What the collector has learnt of senders: of an entry both must say the same.
  private func knownSenders() throws -> SenderLedger {
    let directory = configuration.state.directory
    guard access(directory, F_OK) == 0 else { return SenderLedger() }
    // The collector may have put another one in its place between two reads.
    for _ in 0..<3 {
      if let content = try CheckpointStore(directory: directory).peek() { return SenderLedger(state: content.state) }
    }
    return SenderLedger()
  }

  // MARK: - Where it goes

  /// The collector, or the tree itself.
  private func target() throws -> Commit {
    // A collector that is just starting has the lock already and listens a moment later.
    for attempt in 0..<50 {
      if let client = try BackfillClient(directory: configuration.state.directory) {
        return { emitted, logins, asOf in try client.commit(emitted, logins, asOf: asOf) }
      }
      do {
        try DirectoryLock.acquire(configuration.audit.directory)
        break
      } catch DirectoryLockError.inUse(let path) {
        if attempt == 49 { throw DirectoryLockError.inUse(path) }
        usleep(100_000)
      }
    }
    return try ownTree()
  }

  /// Without a collector: in the bulk mode, which leaves the collector's intents alone.
  private func ownTree() throws -> Commit {
    try ProcessUser.check(
      ownerOf: configuration.audit.directory,
      remedy: "start the service, which then adds the events itself, or run the command as that user (runuser(1))")
    let tree = try AuditTree(
      root: configuration.audit.directory, mode: .bulk, calendar: calendar,
      hasTamperEvidence: configuration.audit.hasTamperEvidence)
    let table = try LoginTable(root: configuration.audit.directory, isDurable: true)
    // Without a checkpoint the next collector searches the whole files, and nothing need be left to it.
    let read =
      access(configuration.state.directory, F_OK) == 0
      ? try CheckpointStore(directory: configuration.state.directory).peek()?.readUpTo : nil
    outcome.end = read
    let oldest = Self.oldest(newest: read ?? .max, retention: configuration.audit.retention.microseconds)
    let directory = configuration.state.directory
    return { emitted, logins, _ in
      try table.append(logins, since: SystemClock.realtime())
      if read != nil { try BackfillMark.set(in: directory) }
      let kept = emitted.filter { $0.event.time >= oldest }
      let missing = try tree.missing(among: kept)
      for (one, isMissing) in zip(kept, missing) where isMissing { try tree.append(one.event, owner: one.owner) }
      try tree.commit()
      var answer = BackfillServer.Answer()
      answer.expired = emitted.count - kept.count
      answer.added = missing.count { $0 }
      answer.present = kept.count - answer.added
      return answer
    }
  }

  /// What is older than this the retention removes.
  static func oldest(newest: UInt64, retention: UInt64) -> UInt64 {
    let now = min(SystemClock.realtime(), newest)
    return now > retention ? now - retention : 0
  }
}
