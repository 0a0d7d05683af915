import AuditFiles
import AuditWriting
import Configuration
import Correlation
import Glibc
import LogSources
import Platform

/// The live tree and its checkpoint, opened and repaired: what every service that writes them begins with.
struct LiveTree {
  /// What was saved with the last checkpoint; nil without one.
  let content: CheckpointStore.Content?
  let committer: Committer

  /// Opens the tree and its state; both directories must be locked.
  ///
  /// - Parameters:
  ///   - stateDirectory: where the checkpoint lies. The intents are in `state.directory` for every service: they may use
  ///     a tree one after the other.
  ///   - searchesAlways: whether whole day files are searched for what is appended, until a job says `isCaughtUp`, also
  ///     where the checkpoint says up to where everything is in them.
  /// - Throws: `FileError`, or `CheckpointVersionError`.
  init(
    _ configuration: Configuration, calendar: DayCalendar, stateDirectory: String, searchesAlways: Bool,
    announcer: Announcer
  ) throws {
    let audit = configuration.audit
    let store = try CheckpointStore(directory: stateDirectory)
    let tree = try AuditTree(
      root: audit.directory, mode: .durable(state: configuration.state.directory), calendar: calendar,
      hasTamperEvidence: audit.hasTamperEvidence)
    content = try store.load(log: announcer.log)
    let recovery = try tree.recover(savedCommit: content?.commit)
    if recovery.bytesCut > 0 {
      announcer.log.notice(
        "recovered from an unfinished stop: \(recovery.linesFound) events of \(recovery.filesExamined) files were "
          + "written already, \(recovery.bytesCut) bytes of torn lines were cut")
    }
    if tree.sealBytesCut > 0 { announcer.log.notice("cut \(tree.sealBytesCut) bytes of an unfinished seal") }
    // Without a checkpoint what an earlier run wrote may be read again. Where another program, such as ingest, wrote since,
    // what was unfinished then is found in the files.
    tree.skipsPresent = searchesAlways || content == nil || recovery.hasForeignCommits
    let logins = try LoginTable(root: audit.directory, isDurable: true)
    try logins.check()
    committer = Committer(
      tree: tree, store: store, logins: logins, announcer: announcer,
      sealPeriod: audit.hasTamperEvidence ? audit.sealPeriod.microseconds : nil)
  }
}

/// Whether the next checkpoint's state is a snapshot or what changed since the one before.
struct StateLog {
  private var hasSnapshot = false
  private var snapshotBytes = 0
  private var changeBytes = 0
  private static let leastLog = 4 << 20

  /// The state for the next checkpoint: a snapshot first, and when the changes have become twice as long as the last one.
  mutating func next(snapshot: () -> [UInt8], changes: () -> [UInt8]) -> CheckpointStore.StateChange {
    if !hasSnapshot || changeBytes > max(Self.leastLog, snapshotBytes * 2) {
      let state = snapshot()
      (hasSnapshot, snapshotBytes, changeBytes) = (true, state.count, 0)
      return .snapshot(state)
    }
    let changes = changes()
    changeBytes += changes.count
    return .changes(changes)
  }

  /// The next state is a snapshot: after a reload the changes are none of the last one.
  mutating func begin() { hasSnapshot = false }
}
