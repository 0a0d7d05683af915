import AuditFiles
import AuditModel
import Correlation
import LogSources
import Platform

/// Events that the tree has some of perhaps: those that a replay brought, and those of files that came late. They wait
/// here for the next job.
struct Additions {
  private(set) var events: [OwnedEvent] = []
  /// Logins that came with them, for their table.
  private(set) var logins: [MailboxLogins] = []
  /// Called with the number of them that the tree had not, once they are durable.
  private(set) var onAdded: (@Sendable (Int) -> Void)?
  private var lateFiles = LateFiles()
  /// What a replay has brought and that waits until this service has read as far as the replay had.
  private(set) var replay: BackfillServer.Batch?

  var isEmpty: Bool { events.isEmpty && logins.isEmpty }
  var isWithinLateFile: Bool { lateFiles.isWithinFile }

  /// Events that another program may have added since the last run; `onAdded` is called when they are durable.
  mutating func begin(with events: [OwnedEvent], onAdded: @escaping @Sendable (Int) -> Void) {
    (self.events, self.onAdded) = (events, onAdded)
  }

  /// Entries of a file that came late have a pipeline of their own: their times are long past in the main one.
  mutating func process(_ batch: EntryBatch, newest: UInt64, _ make: () throws -> Pipeline) rethrows {
    events += try lateFiles.process(batch, newest: newest, make)
    logins += MailboxLogins.rows(of: lateFiles.takeLogins())
  }

  /// Keeps a replay's events until they can be looked for; one replay at a time.
  mutating func wait(for replay: BackfillServer.Batch?) { self.replay = replay }

  /// Takes the replay's events that are not older than this.
  mutating func takeReplay(since oldest: UInt64) {
    guard let batch = replay else { return }
    replay = nil
    // They are known for longer than events are kept.
    logins += batch.logins
    let kept = batch.emitted.filter { $0.event.time >= oldest }
    let (count, expired, answer) = (kept.count, batch.emitted.count - kept.count, batch.answer)
    guard count > 0 || !batch.logins.isEmpty else {
      _ = answer.trySend(.init(expired: expired))
      return
    }
    events = kept
    onAdded = { added in _ = answer.trySend(.init(added: added, present: count - added, expired: expired)) }
  }

  /// After a reload the next batch of a late file is read by the new rules.
  mutating func forgetTable() { lateFiles.forgetTable() }

  /// They are in a job.
  mutating func removeAll() { (events, onAdded, logins) = ([], nil, []) }
}
