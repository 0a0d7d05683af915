import AuditModel
import AuditOutput
import Bridge
import Glibc
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

  /// How long journald may take, microseconds.
  static let patience: UInt64 = 10_000_000

  /// The line, as the table's rules match it: the kind, and an object of the keys.
  let message: String

  /// - Parameters:
  ///   - mailbox: its canonical address.
  ///   - caller: the user who reports; nil where it is no user's act.
  init(_ kind: EventKind, mailbox: String, caller: String?, values: [(key: FieldKey, value: String)]) {
    // Unlike every other report, so that an equal one does not confirm it.
    var members = [("mailbox", mailbox), ("report", String(UInt64.random(in: 0 ... .max), radix: 16))]
    if let caller { members.append(("caller", caller)) }
    message = Self.message(kind, members + values.map { ($0.key.name.description, $0.value) })
  }

  /// A line of the table `record`.
  ///
  /// - Parameter members: the keys of a record, and those of the table alone.
  static func message(_ kind: EventKind, _ members: [(name: String, value: String)]) -> String {
    var json = JSONText()
    for (name, value) in members { json.add(name, value) }
    return "\(kind.name) \(json.object)"
  }

  /// How a report ended.
  enum Outcome: Equatable {
    case recorded
    /// journald could not be reached; an errno value.
    case notSent(Int32)
    /// The journal does not have the entry: journald's limit of entries, or no storage.
    case notKept

    /// Why the journal does not have it, and what to do; nil where it has.
    var failure: String? {
      switch self {
      case .recorded: nil
      case .notSent(let code):
        "systemd-journald did not take it (\(String(cString: strerror(code)))); look whether it runs, and repeat the "
          + "command"
      case .notKept:
        "the journal does not have it; look whether systemd-journald runs, and whether it suppressed messages "
          + "(journalctl -u systemd-journald), and repeat the command"
      }
    }
  }

  /// Writes the line into the system journal and reads it back.
  ///
  /// - Parameter patience: how long the entry may take, microseconds.
  /// - Throws: `JournalError` when the journal cannot be read.
  func send(patience: UInt64) throws -> Outcome { try Self.send([message], patience: patience) }

  /// Writes lines, and reads them back: all of them, so that journald's own time to write counts once.
  ///
  /// - Parameter patience: how long nothing of them may come, microseconds.
  /// - Throws: `JournalError` when the journal cannot be read.
  static func send(_ messages: [String], patience: UInt64) throws -> Outcome {
    // The reader begins a little earlier: entries have journald's time.
    let reader = try JournalReader(request(since: SystemClock.realtime() - 60_000_000, follows: true))
    for message in messages {
      let code = SystemMessages.send(message: message, identifier: identifier)
      guard code == 0 else { return .notSent(code) }
    }
    var missing = Set(messages)
    var end = SystemClock.monotonic() + patience
    let batch = EntryBatch()
    while true {
      let outcome = try reader.read(into: batch, limit: 1024)
      for entry in batch.entries where entry.uid == 0 {
        if missing.remove(batch.text(of: entry.message)) != nil { end = SystemClock.monotonic() + patience }
      }
      if missing.isEmpty { return .recorded }
      let now = SystemClock.monotonic()
      guard now < end else { return .notKept }
      if outcome == .end { _ = try reader.wait(timeoutMicroseconds: end - now) }
    }
  }

  /// The lines of root's that the journal has, from a moment on.
  ///
  /// - Throws: `JournalError` when the journal cannot be read.
  static func messages(since start: UInt64) throws -> Set<String> {
    let reader = try JournalReader(request(since: start, follows: false))
    let batch = EntryBatch()
    var found: Set<String> = []
    while true {
      let outcome = try reader.read(into: batch, limit: 1024)
      for entry in batch.entries where entry.uid == 0 { found.insert(batch.text(of: entry.message)) }
      if outcome == .end { return found }
    }
  }

  private static func request(since start: UInt64, follows: Bool) -> JournalRequest {
    var request = JournalRequest(selection: JournalSelection(localMachine: true))
    request.start = .since(start)
    request.filter = EntryFilter(identifiers: [identifier])
    request.follows = follows
    return request
  }
}
