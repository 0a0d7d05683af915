import AuditFiles
import AuditModel
import AuditWriting
import Correlation
import Glibc
import LogSources
import Platform

/// Makes durable what an ingestor emitted: data, then checkpoint, as the collector does, but on the calling thread, whose
/// answer to the syslog daemon waits for it anyway.
///
/// The checkpoint lies in `ingest` below the state directory, beside the collector's: both may use a tree one after the
/// other, and share the intent files. Its state's chunks are the length of the remembered lines (4 bytes,
/// little-endian), those lines, and the correlator's records.
final class IngestStore {
  private let tree: AuditTree
  private let store: CheckpointStore
  private var hasSnapshot = false
  private var snapshotBytes = 0
  private var changeBytes = 0
  /// A checkpoint of what is in the tree already, whose writing failed. It comes before everything else.
  private var owed: (change: CheckpointStore.StateChange, newest: UInt64)?
  private var appended = 0
  /// Up to this time lines may be of an earlier run that remembered too few of them; microseconds since 1970.
  private var presentUntil: UInt64 = 0

  /// Lines after a start are so much later than those before it, before the tree is no longer searched for them.
  private static let presentMargin: UInt64 = 60_000_000

  /// Opens tree and state; both must be locked.
  ///
  /// - Throws: `FileError` or `CheckpointError`.
  init(audit: String, state: String, calendar: DayCalendar, hasTamperEvidence: Bool) throws {
    store = try CheckpointStore(directory: state + "/ingest")
    tree = try AuditTree(
      root: audit, mode: .durable(state: state), calendar: calendar, hasTamperEvidence: hasTamperEvidence)
  }

  /// Repairs what an end at any instant left, and takes up what was known then. The newest line's time; nil without a
  /// checkpoint.
  func restore(
    _ correlator: Correlator, _ recent: inout RecentLines, report: (String) -> Void
  ) throws -> UInt64? {
    let content = try store.load(report: report)
    let recovery = try tree.recover(savedCommit: content?.commit)
    if recovery.bytesCut > 0 {
      report("recovered from an unfinished stop: \(recovery.bytesCut) bytes of torn lines were cut")
    }
    correlator.trackChanges()
    for chunk in content?.state ?? [] where !Self.restore(chunk, correlator, &recent) {
      report("a part of the checkpoint's state is damaged and was left out")
    }
    correlator.settleRestored()
    tree.skipsPresent = true
    presentUntil = (content?.newest ?? SystemClock.realtime()) &+ Self.presentMargin
    return content?.newest
  }

  /// Makes the events and the state behind them durable, and empties the list.
  ///
  /// - Throws: `FileError` or `CheckpointError`; then it is called again with the same events, more behind them.
  func commit(
    _ events: inout [OwnedEvent], newest: UInt64, correlator: Correlator, recent: inout RecentLines
  ) throws {
    if let owed {
      try store.write(
        position: SourcePosition(), newest: owed.newest, commit: tree.commitNumber, change: owed.change)
      self.owed = nil
    }
    while appended < events.count {
      try tree.append(events[appended].event, owner: events[appended].owner)
      appended += 1
    }
    try tree.commit()
    appended = 0
    events.removeAll(keepingCapacity: true)
    let change = stateChange(correlator, &recent)
    do {
      try store.write(position: SourcePosition(), newest: newest, commit: tree.commitNumber, change: change)
    } catch {
      // A change that was taken in is kept by the store; a snapshot must come again.
      if case .changes = change { owed = (.changes([]), newest) } else { owed = (change, newest) }
      throw error
    }
    guard newest > presentUntil else { return }
    tree.skipsPresent = false
    tree.forgetRecovered(before: newest - min(newest, LateFiles.openEnd))
  }

  /// Seals what was committed since the last seal; nil when there is nothing to seal.
  func seal(at time: UInt64) throws(FileError) -> Seal? { try tree.seal(at: time) }

  // MARK: State

  private func stateChange(_ correlator: Correlator, _ recent: inout RecentLines) -> CheckpointStore.StateChange {
    if !hasSnapshot || changeBytes > max(4 << 20, snapshotBytes * 2) {
      let state = Self.chunk(recent.encodeAll(), correlator.encodeState())
      hasSnapshot = true
      snapshotBytes = state.count
      changeBytes = 0
      return .snapshot(state)
    }
    let changes = Self.chunk(recent.encodeChanges(), correlator.encodeChanges())
    changeBytes += changes.count
    return .changes(changes)
  }

  private static func chunk(_ lines: [UInt8], _ records: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(lines.count).littleEndian) { Array($0) } + lines + records
  }

  private static func restore(_ chunk: [UInt8], _ correlator: Correlator, _ recent: inout RecentLines) -> Bool {
    guard chunk.count >= 4 else { return false }
    let length = chunk[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= chunk.count - 4 else { return false }
    return recent.restore(chunk[4..<(4 + length)]) && correlator.restore(Array(chunk[(4 + length)...]))
  }
}
