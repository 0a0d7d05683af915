import AuditModel
import Glibc
import LogSources
import Platform

/// The checkpoint: how far the sources were read and what correlation knew then.
///
/// `checkpoint` names a snapshot of the state and how much of a log of changes behind it counts, so that a large state
/// is not written anew each second. It is written after the data that it stands for is durable: temporary file, fsync,
/// rename, fsync of the directory. Its form is `CheckpointCodec`'s. A checkpoint that is damaged or of another version is
/// set aside, never overwritten.
package final class CheckpointStore {
  /// What a checkpoint says.
  package struct Content {
    package var position: SourcePosition
    /// The state's records: the snapshot, then the log.
    package var state: [[UInt8]]
    /// The newest entry's time, microseconds.
    package var newest: UInt64
    /// `AuditTree.commitNumber` at the position; nil in a checkpoint of before version 5.
    package var commit: UInt64?

    /// The time of the last entry that was read, wanted or not.
    package var readUpTo: UInt64 { max(newest, position.newestCursorTime) }
  }

  /// What changed in the state since the checkpoint before.
  package enum StateChange: Sendable {
    case snapshot([UInt8])
    case changes([UInt8])
  }

  private static let name = "checkpoint"

  private let directory: Directory
  private var head = CheckpointCodec()
  private var log: FileDescriptor?
  private var logHash = StableHash()
  /// The chunks of the log since its snapshot: a log whose writing failed is written anew under another name.
  private var logChunks: [[UInt8]] = []
  private var writtenChunks = 0

  /// Makes the directory where it is missing.
  ///
  /// - Throws: `FileError` when it cannot be used.
  package init(directory: String) throws { self.directory = try Directory.open(directory, create: true) }

  // MARK: - Reading

  /// The last checkpoint; nil when there is none. A damaged one is renamed to `checkpoint.bad` and the reason goes to
  /// the log.
  ///
  /// - Throws: `FileError` when it cannot be read, or `CheckpointVersionError` for one of a newer version; it stays as it
  ///   is then.
  package func load(log: Log) throws -> Content? {
    guard let bytes = try bytes() else { return nil }
    if let content = try content(bytes) { return content }
    let bad = freeName(Self.name + ".bad")
    try directory.rename(Self.name, to: bad)
    log.error("\(path(Self.name)) is damaged; it was set aside as \(bad)")
    return nil
  }

  /// The last checkpoint as it stands, for a reader beside the collector; nil when there is none or it is damaged.
  package func peek() throws -> Content? { try bytes().flatMap { try content($0) } }

  private func bytes() throws -> [UInt8]? {
    guard let bytes = try InputFile.contentsIfPresent(of: path(Self.name)) else { return nil }
    if let version = CheckpointCodec.version(of: bytes), version > CheckpointCodec.version {
      throw CheckpointVersionError(path: path(Self.name), version: version, known: CheckpointCodec.version)
    }
    return bytes
  }

  /// What was set aside before is not overwritten.
  private func freeName(_ name: String) -> String {
    var number = 1
    while number < 100, directory.isThere(number == 1 ? name : "\(name)-\(number)") { number += 1 }
    return number == 1 ? name : "\(name)-\(number)"
  }

  /// What the checkpoint and the files that it names say; nil when one of them is not what was written.
  private func content(_ bytes: [UInt8]) throws -> Content? {
    guard let head = CheckpointCodec(bytes) else { return nil }
    self.head = head
    guard let snapshot = try InputFile.contentsIfPresent(of: path(snapshotName)),
      CheckpointCodec.hash(snapshot[...]) == head.snapshotHash
    else { return nil }
    var changes: [[UInt8]] = []
    if head.logLength > 0 {
      guard let all = try InputFile.contentsIfPresent(of: path(logName)), all.count >= head.logLength,
        let chunks = CheckpointCodec.chunks(of: all.prefix(head.logLength))
      else { return nil }
      changes = chunks
    }
    var hash = StableHash()
    for chunk in changes { hash.combine(chunk) }
    guard hash.value == head.logHash else { return nil }
    return Content(position: head.position, state: [snapshot] + changes, newest: head.newest, commit: head.commit)
  }

  private var snapshotName: String { "state-\(head.generation).snapshot" }
  private var logName: String { "state-\(head.generation).\(head.logNumber).log" }
  private func path(_ name: String) -> String { directory.path + "/" + name }

  // MARK: - Writing

  /// Writes a checkpoint durably; `commit` is the `AuditTree.commitNumber` of the data that it stands for.
  ///
  /// - Throws: `FileError`; then it is called again. A change that was taken in is kept, a snapshot must be given again.
  package func write(position: SourcePosition, newest: UInt64, commit: UInt64, change: StateChange) throws {
    let old = head.generation
    switch change {
    case .snapshot(let state):
      head.generation += 1
      try directory.replace(snapshotName, with: state)
      head.snapshotHash = CheckpointCodec.hash(state[...])
      logChunks = []
      head.logNumber = 0
      closeLog()
    case .changes(let changes): if !changes.isEmpty { logChunks.append(changes) }
    }
    try writeLog()
    (head.logHash, head.newest, head.commit, head.position) = (logHash.value, newest, commit, position)
    try directory.replace(Self.name, with: head.encoded)
    if old != head.generation { removeStates() }
  }

  private func closeLog() {
    log = nil
    head.logLength = 0
    writtenChunks = 0
    logHash = StableHash()
  }

  /// Appends the chunks that are not in the log yet.
  private func writeLog() throws(FileError) {
    do throws(FileError) {
      let log = try openLog()
      guard writtenChunks < logChunks.count else { return }
      for chunk in logChunks[writtenChunks...] {
        let framed = CheckpointCodec.framed(chunk)
        try directory.overwrite(log, at: head.logLength, with: framed, name: logName)
        head.logLength += framed.count
        logHash.combine(chunk)
        writtenChunks += 1
      }
      let result = directory.calls.synchronizeData(log.number)
      if result < 0 { throw directory.error(.synchronize, logName, -result) }
    } catch {
      // Pages of a failed sync look clean and are not on the disk: the next try writes another file.
      closeLog()
      head.logNumber += 1
      throw error
    }
  }

  private func openLog() throws(FileError) -> FileDescriptor {
    if let log { return log }
    guard let (file, _) = try directory.file(logName, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640) else {
      throw directory.error(.open, logName, ENOENT)
    }
    log = file
    return file
  }

  /// Removes the states that the checkpoint does not name any more. One that stays costs room and nothing else.
  private func removeStates() {
    guard let names = try? directory.names() else { return }
    for name in names
    where name.hasPrefix("state-") && !name.hasPrefix("state-\(head.generation).") && !name.hasSuffix(".json") {
      _ = directory.calls.remove(directory.descriptor.number, name, isDirectory: false)
    }
  }
}

/// A checkpoint that a later mailtrail wrote.
package struct CheckpointVersionError: Error, CustomStringConvertible {
  package var path: String
  package var version: Int
  package var known: Int

  package var description: String {
    "\(path) is of version \(version), and this mailtrail knows up to \(known): a newer mailtrail wrote it. Install that "
      + "one again, or move the file away to begin anew (the tree's events are not written twice)"
  }
}
