import AuditModel
import LogSources
import Platform

/// The form of the file `checkpoint`, all numbers little-endian (8 bytes): the mark `mailtrail checkpoint VERSION\n`, the
/// length and hash of the body, the body. The body is the generation of the state's files, the length and hash of the
/// log, the hash of the snapshot, the newest entry's time, the log's number, the tree's commit number, the position.
struct CheckpointCodec {
  /// Version 1 knew the journal's positions only, version 2 not the journal's files; up to version 3 the state had the
  /// keys of notes themselves, not their hashes; up to version 4 it did not say after which commit it was written.
  /// Version 6 has the form of version 5: the tree's intents beside it say more than what wrote version 5 can read.
  /// Version 7 has waiting rules with offers, and marks of doubt.
  static let version = 7
  private static let markStart = "mailtrail checkpoint "

  /// Numbers the state's files; 0 before the first.
  var generation: UInt64 = 0
  /// Bytes of the log that count, and their hash.
  var logLength = 0
  var logHash: UInt64 = StableHash().value
  var snapshotHash: UInt64 = 0
  /// The newest entry's time, microseconds.
  var newest: UInt64 = 0
  /// Counts the logs of a generation: one whose writing failed is left alone.
  var logNumber: UInt64 = 0
  /// `AuditTree.commitNumber` at the position; nil in a checkpoint of before version 5.
  var commit: UInt64?
  var position = SourcePosition()

  init() {}

  /// nil for bytes that are no checkpoint, or not whole.
  init?(_ bytes: [UInt8]) {
    guard let version = Self.version(of: bytes), let markEnd = bytes.firstIndex(of: 10) else { return nil }
    var reader = NumberReader(bytes[(markEnd + 1)...])
    guard let length = reader.next(), let hash = reader.next(), UInt64(reader.rest.count) == length,
      Self.hash(reader.rest) == hash, let generation = reader.next(),
      let logLength = reader.next().flatMap({ Int(exactly: $0) }), let logHash = reader.next(),
      let snapshotHash = reader.next(), let newest = reader.next(), let logNumber = reader.next()
    else { return nil }
    (self.generation, self.logLength, self.logHash) = (generation, logLength, logHash)
    (self.snapshotHash, self.newest, self.logNumber) = (snapshotHash, newest, logNumber)
    if version >= 5 {
      guard let commit = reader.next() else { return nil }
      self.commit = commit
    }
    guard let position = Self.position(reader.rest, version: version) else { return nil }
    self.position = position
  }

  var encoded: [UInt8] {
    var body: [UInt8] = []
    for value in [generation, UInt64(logLength), logHash, snapshotHash, newest, logNumber, commit ?? 0] {
      Self.append(value, to: &body)
    }
    body += position.encoded
    var bytes = Array("\(Self.markStart)\(Self.version)\n".utf8)
    Self.append(UInt64(body.count), to: &bytes)
    Self.append(Self.hash(body[...]), to: &bytes)
    return bytes + body
  }

  /// The version that stands in the mark; nil when there is no mark.
  static func version(of bytes: [UInt8]) -> Int? {
    guard bytes.starts(with: markStart.utf8), let end = bytes.firstIndex(of: 10) else { return nil }
    return Int(String(decoding: bytes[markStart.utf8.count..<end], as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
  }

  private static func position(_ bytes: ArraySlice<UInt8>, version: Int) -> SourcePosition? {
    switch version {
    case 1: SourcePosition(encodedInVersion1: bytes)
    case 2: SourcePosition(encodedInVersion2: bytes)
    default: SourcePosition(encoded: bytes)
    }
  }

  // MARK: - The log of changes

  /// A chunk of the log as it stands in the file: its length in front.
  static func framed(_ chunk: [UInt8]) -> [UInt8] {
    var framed: [UInt8] = []
    append(UInt64(chunk.count), to: &framed)
    return framed + chunk
  }

  /// The chunks of a log; nil when it is not whole.
  static func chunks(of log: ArraySlice<UInt8>) -> [[UInt8]]? {
    var chunks: [[UInt8]] = []
    var reader = NumberReader(log)
    while !reader.rest.isEmpty {
      guard let length = reader.next(), let chunk = reader.bytes(length) else { return nil }
      chunks.append(Array(chunk))
    }
    return chunks
  }

  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash = StableHash()
    hash.combine(bytes)
    return hash.value
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// Takes numbers and bytes off the front of some bytes.
private struct NumberReader {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next 8 bytes, little-endian; nil when there are fewer.
  mutating func next() -> UInt64? { bytes(8)?.reversed().reduce(0) { $0 << 8 | UInt64($1) } }

  mutating func bytes(_ count: UInt64) -> ArraySlice<UInt8>? {
    guard count <= UInt64(rest.count) else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }
}
