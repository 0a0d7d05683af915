import AuditModel
import AuditOutput
import Bridge
import LogSources
import Platform

/// An operation that no daemon logs and a provisioning script reports: `mailtrail record`.
///
/// It goes into the system journal as any daemon's line does, and the table `record` makes the event of it. So it is
/// kept while the collector is stopped, recorded exactly once, and there for a replay; and `_UID` proves who sent it.
struct ReportedOperation: Sendable {
  /// The identifier that the table's scope reads.
  static let identifier = "mailtrail-record"

  /// The kinds that can be reported: what is done to accounts, and by programs that write no log. What daemons log
  /// themselves would be recorded twice.
  static let kinds: [EventKind] = [
    .accountCreated, .accountDeleted, .accountChanged, .accountPasswordChanged, .accountSuspended, .accountResumed,
    .filterChanged, .forwarderChanged, .purgeDeletedItems, .purgeInbox, .purgeSentItems, .purgeJunk, .purgeOther,
    .listSubscribed, .listUnsubscribed,
  ]

  /// The keys that can be given, besides the mailbox.
  static let keys: [FieldKey] = [
    .actor, .actorName, .service, .ip, .port, .client, .session, .folder, .toFolder, .status, .reason, .change, .scope,
    .script, .method, .count,
  ]

  /// The line, as the table's rules match it: the kind, and an object of the keys.
  let message: String

  /// - Parameters:
  ///   - mailbox: its canonical address.
  ///   - caller: the user who reports.
  init(_ kind: EventKind, mailbox: String, caller: String, values: [(key: FieldKey, value: String)]) {
    var json = JSONText()
    json.add("mailbox", mailbox)
    json.add("caller", caller)
    for (key, value) in values { json.add(key.name.description, value) }
    message = "\(kind.name) \(json.object)"
  }

  /// How a report ended.
  enum Outcome: Equatable {
    case recorded
    /// journald could not be reached; an errno value.
    case notSent(Int32)
    /// The journal does not have the entry: journald's limit of entries, or no storage.
    case notKept
  }

  /// Writes the line into the system journal and reads it back.
  ///
  /// - Parameter patience: how long the entry may take, microseconds.
  /// - Throws: `JournalError` when the journal cannot be read.
  func send(patience: UInt64, process: Int32) throws -> Outcome {
    // The reader begins a little earlier: entries have journald's time.
    var request = JournalRequest(selection: JournalSelection(localMachine: true))
    request.start = .since(SystemClock.realtime() - 60_000_000)
    request.filter = EntryFilter(identifiers: [Self.identifier])
    request.follows = true
    let reader = try JournalReader(request)
    let code = SystemMessages.send(message: message, identifier: Self.identifier)
    guard code == 0 else { return .notSent(code) }
    let end = SystemClock.monotonic() + patience
    let batch = EntryBatch()
    while true {
      let outcome = try reader.read(into: batch, limit: 1024)
      if batch.entries.contains(where: { $0.pid == process && batch.text(of: $0.message) == message }) {
        return .recorded
      }
      let now = SystemClock.monotonic()
      guard now < end else { return .notKept }
      if outcome == .end { _ = try reader.wait(timeoutMicroseconds: end - now) }
    }
  }
}
