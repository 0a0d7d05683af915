import AuditModel
import Glibc
import LogSources

/// The checkpoint: how far the sources were read and what correlation knew then.
///
/// `checkpoint` names a snapshot of the state and how much of a log of changes behind it counts, so that a large state
/// is not written anew each second. It is written after the data that it stands for is durable: temporary file, fsync,
/// rename, fsync of the directory. Form, all numbers little-endian: the mark, the length and hash of the body, the
/// body. A checkpoint that is damaged or of another version is set aside, never overwritten.
public final class CheckpointStore {
  /// What a checkpoint says.
  public struct Content {
    public var position: SourcePosition
    /// The state's records: the snapshot, then the log.
    public var state: [[UInt8]]
    /// The newest entry's time, microseconds.
    public var newest: UInt64
    /// `AuditTree.commitNumber` at the position; nil in a checkpoint of before version 5.
    public var commit: UInt64?

    /// The time of the last entry that was read, wanted or not.
    public var readUpTo: UInt64 { max(newest, position.newestCursorTime) }
  }

  /// What changed in the state since the checkpoint before.
  public enum StateChange: Sendable {
    case snapshot([UInt8])
    case changes([UInt8])
  }

  private static let markStart = "mailtrail checkpoint "
  private static let mark = Array("\(markStart)\(version)\n".utf8)
  /// Version 1 knew the journal's positions only, version 2 not the journal's files; up to version 3 the state had the
  /// keys of notes themselves, not their hashes; up to version 4 it did not say after which commit it was written.
  /// Version 6 has the form of version 5: the tree's intents beside it say more than what wrote version 5 can read.
  /// Version 7 has waiting rules with offers, and marks of doubt.
  private static let version = 7
  private static let name = "checkpoint"

  private let directory: String
  private let descriptor: Int32
  private var generation: UInt64 = 0
  private var logLength = 0
  private var logHash = StableHash()
  private var logDescriptor: Int32 = -1
  /// The chunks of the log since its snapshot: a log whose writing failed is written anew under another name.
  private var logChunks: [[UInt8]] = []
  private var logNumber: UInt64 = 0
  private var writtenChunks = 0

  /// - Throws: `CheckpointError` when the directory cannot be used.
  public init(directory: String) throws {
    self.directory = directory
    if mkdir(directory, 0o750) != 0, errno != EEXIST { throw CheckpointError(directory, "cannot be made", errno) }
    descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CheckpointError(directory, "cannot be opened", errno) }
  }

  deinit {
    if logDescriptor >= 0 { close(logDescriptor) }
    close(descriptor)
  }

  // MARK: - Reading

  /// The last checkpoint; nil when there is none. A damaged one is renamed to `checkpoint.bad` and the reason given to
  /// `report`.
  ///
  /// - Throws: `CheckpointError`, or `CheckpointVersionError` for one of a newer version, which stays as it is.
  public func load(report: (String) -> Void) throws -> Content? {
    guard let bytes = try bytes() else { return nil }
    if let content = try decode(bytes) { return content }
    let bad = freeName(Self.name + ".bad")
    guard renameat(descriptor, Self.name, descriptor, bad) == 0 else {
      throw CheckpointError(path(Self.name), "cannot be set aside", errno)
    }
    report("\(path(Self.name)) is damaged; it was set aside as \(bad)")
    return nil
  }

  /// The last checkpoint as it stands, for a reader beside the collector; nil when there is none or it is damaged.
  public func peek() throws -> Content? { try bytes().flatMap { try decode($0) } }

  private func bytes() throws -> [UInt8]? {
    guard access(path(Self.name), F_OK) == 0 else { return nil }
    let bytes = try InputFile.contents(of: path(Self.name))
    if let version = Self.version(of: bytes), version > Self.version {
      throw CheckpointVersionError(path: path(Self.name), version: version, known: Self.version)
    }
    return bytes
  }

  /// What was set aside before is not overwritten.
  private func freeName(_ name: String) -> String {
    var number = 1
    while number < 100, access(path(number == 1 ? name : "\(name)-\(number)"), F_OK) == 0 { number += 1 }
    return number == 1 ? name : "\(name)-\(number)"
  }

  /// The version that stands in the mark; nil when there is no mark.
  private static func version(of bytes: [UInt8]) -> Int? {
    guard bytes.starts(with: markStart.utf8), let end = bytes.firstIndex(of: 10) else { return nil }
    return Int(String(decoding: bytes[markStart.utf8.count..<end], as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
  }

  private func decode(_ bytes: [UInt8]) throws -> Content? {
    let head = Self.mark.count + 16
    guard bytes.count >= head, let version = Self.version(of: bytes) else { return nil }
    let length = Self.number(bytes, Self.mark.count)
    let bodyHash = Self.number(bytes, Self.mark.count + 8)
    guard UInt64(bytes.count - head) == length, Self.hash(bytes[head...]) == bodyHash, length >= 48 else { return nil }
    let body = Array(bytes[head...])
    guard let logLength = Int(exactly: Self.number(body, 8)) else { return nil }
    generation = Self.number(body, 0)
    self.logLength = logLength
    let wantedLogHash = Self.number(body, 16)
    let snapshotHash = Self.number(body, 24)
    let newest = Self.number(body, 32)
    logNumber = Self.number(body, 40)
    let fixed = version < 5 ? 48 : 56
    guard body.count >= fixed else { return nil }
    let position =
      switch version {
      case 1: SourcePosition(encodedInVersion1: body[fixed...])
      case 2: SourcePosition(encodedInVersion2: body[fixed...])
      default: SourcePosition(encoded: body[fixed...])
      }
    guard let position else { return nil }
    guard let snapshot = try? InputFile.contents(of: path(snapshotName)), Self.hash(snapshot[...]) == snapshotHash
    else { return nil }
    var state = [snapshot]
    if logLength > 0 {
      guard let all = try? InputFile.contents(of: path(logName)), all.count >= logLength,
        let changes = Self.chunks(of: all.prefix(logLength))
      else { return nil }
      state += changes
    }
    var hash = StableHash()
    for changes in state.dropFirst() { hash.combine(changes) }
    guard hash.value == wantedLogHash else { return nil }
    self.snapshotHash = snapshotHash
    return Content(position: position, state: state, newest: newest, commit: version < 5 ? nil : Self.number(body, 48))
  }

  /// The log is chunks with their lengths (8 bytes) in front; nil when it is not whole.
  private static func chunks(of log: ArraySlice<UInt8>) -> [[UInt8]]? {
    let log = Array(log)
    var chunks: [[UInt8]] = []
    var position = 0
    while position < log.count {
      guard position + 8 <= log.count else { return nil }
      let length = Int(truncatingIfNeeded: number(log, position))
      position += 8
      guard length >= 0, length <= log.count - position else { return nil }
      chunks.append(Array(log[position..<(position + length)]))
      position += length
    }
    return chunks
  }

  private var snapshotHash: UInt64 = 0
  private var snapshotName: String { "state-\(generation).snapshot" }
  private var logName: String { "state-\(generation).\(logNumber).log" }

  // MARK: - Writing

  /// Writes a checkpoint durably; `commit` is the `AuditTree.commitNumber` of the data that it stands for.
  public func write(position: SourcePosition, newest: UInt64, commit: UInt64, change: StateChange) throws {
    let old = generation
    switch change {
    case .snapshot(let state):
      generation += 1
      try replace(snapshotName, with: state)
      snapshotHash = Self.hash(state[...])
      logChunks = []
      logNumber = 0
      closeLog()
    case .changes(let changes): if !changes.isEmpty { logChunks.append(changes) }
    }
    try writeLog()
    var body: [UInt8] = []
    for value in [generation, UInt64(logLength), logHash.value, snapshotHash, newest, logNumber, commit] {
      Self.append(value, to: &body)
    }
    body += position.encoded
    var bytes = Self.mark
    Self.append(UInt64(body.count), to: &bytes)
    Self.append(Self.hash(body[...]), to: &bytes)
    bytes += body
    try replace(Self.name, with: bytes)
    if old != generation { removeStates(except: generation) }
  }

  private func closeLog() {
    if logDescriptor >= 0 { close(logDescriptor) }
    logDescriptor = -1
    logLength = 0
    writtenChunks = 0
    logHash = StableHash()
  }

  /// Appends the chunks that are not in the log yet.
  private func writeLog() throws {
    do {
      if logDescriptor < 0 {
        logDescriptor = openat(descriptor, logName, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard logDescriptor >= 0 else { throw CheckpointError(path(logName), "cannot be written", errno) }
      }
      guard writtenChunks < logChunks.count else { return }
      for chunk in logChunks[writtenChunks...] {
        var framed: [UInt8] = []
        Self.append(UInt64(chunk.count), to: &framed)
        framed += chunk
        try Self.write(framed, to: logDescriptor, at: logLength, path(logName))
        logLength += framed.count
        logHash.combine(chunk)
        writtenChunks += 1
      }
      guard fdatasync(logDescriptor) == 0 else { throw CheckpointError(path(logName), "cannot be made durable", errno) }
    } catch {
      // Pages of a failed sync look clean and are not on the disk: the next try writes another file.
      closeLog()
      logNumber += 1
      throw error
    }
  }

  private func replace(_ name: String, with bytes: [UInt8]) throws {
    let temporary = name + ".tmp"
    let file = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { throw CheckpointError(path(temporary), "cannot be written", errno) }
    defer { close(file) }
    try Self.write(bytes, to: file, at: 0, path(temporary))
    guard fsync(file) == 0 else { throw CheckpointError(path(temporary), "cannot be made durable", errno) }
    guard renameat(descriptor, temporary, descriptor, name) == 0 else {
      throw CheckpointError(path(name), "cannot be replaced", errno)
    }
    guard fsync(descriptor) == 0 else { throw CheckpointError(directory, "cannot be made durable", errno) }
  }

  private func removeStates(except kept: UInt64) {
    guard let stream = opendir(directory) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasPrefix("state-"), !name.hasPrefix("state-\(kept)."), !name.hasSuffix(".json") {
        unlinkat(descriptor, name, 0)
      }
    }
  }

  // MARK: - Bytes

  private func path(_ name: String) -> String { directory + "/" + name }

  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash = StableHash()
    hash.combine(bytes)
    return hash.value
  }

  private static func number(_ bytes: [UInt8], _ start: Int) -> UInt64 {
    bytes[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func write(_ bytes: [UInt8], to file: Int32, at offset: Int, _ path: String) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(file, $0.baseAddress! + done, bytes.count - done, off_t(offset + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw CheckpointError(path, "cannot be written", errno) }
      done += count
    }
  }
}

/// A checkpoint that a later mailtrail wrote.
public struct CheckpointVersionError: Error, CustomStringConvertible {
  public var path: String
  public var version: Int
  public var known: Int

  public var description: String {
    "\(path) is of version \(version), and this mailtrail knows up to \(known): a newer mailtrail wrote it. Install that "
      + "one again, or move the file away to begin anew (the tree's events are not written twice)"
  }
}

/// Why a checkpoint could not be read or written.
public struct CheckpointError: Error, CustomStringConvertible {
  public var path: String
  public var problem: String
  /// An errno value.
  public var code: Int32

  init(_ path: String, _ problem: String, _ code: Int32) {
    self.path = path
    self.problem = problem
    self.code = code
  }

  public var description: String {
    "\(path) \(problem): \(String(cString: strerror(code))); make room, or let the user that runs mailtrail write to it"
  }
}
