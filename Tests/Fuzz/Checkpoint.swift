import AuditModel
import Correlation
import Glibc
import LogSources
import Platform
import RuleTable

@testable import AuditWriting
@testable import Bridge

/// Any bytes as a checkpoint's parts. Checksums are made to fit: without that nothing behind them would be reached.
///
/// The first byte says which part the rest is.
enum Checkpoint {
  static func run(_ input: UnsafeBufferPointer<UInt8>) {
    guard let first = input.first else { return }
    let rest = Array(input.dropFirst())
    switch first % 4 {
    case 0: state(rest)
    case 1: intent(rest)
    case 2: body(rest)
    default: file(rest)
    }
  }

  // MARK: - Correlation

  private static let table: CompiledTable = {
    let text = """
      table t
        account key
      scope s
        identifier s
      rule t.begin
        match b <key:word> <user>
        begin thing <key>: mailbox=<user>
        example b a b
          expect key=a user=b
      rule t.wait
        match w <key:word> <ip:ip>
        wait thing <key> within 5s
        event login.failed mailbox=thing.mailbox|<key> with thing
        event message.sent mailbox=<key>
        alias thing <ip> = thing <key>
        forget thing <key> after 3s
        example w a 192.0.2.1
          expect key=a ip=192.0.2.1
      """
    do {
      return try RuleCompiler.compile([RuleFile(name: "t.rules", text: Array(text.utf8))])
    } catch { fatalError("\(error)") }
  }()

  private static let lines = ["b a ann", "w a 192.0.2.1", "w c 192.0.2.2", "w c 192.0.2.2", "b c x", "w a 192.0.2.1"]

  private static func state(_ bytes: [UInt8]) {
    let correlator = Correlator(table: table, policy: Lines.policy)
    guard correlator.restore(bytes) else { return }
    correlator.finishRestoring()
    correlator.trackChanges()
    let snapshot = correlator.encodeState()
    let copy = Correlator(table: table, policy: Lines.policy)
    require(copy.restore(snapshot), "its own state is refused")
    var scratch = MatchScratch()
    for (number, line) in lines.enumerated() {
      let facts = EntryFacts(
        realtime: 1_800_057_600_000_000 + UInt64(number) * 2_000_000, identity: UInt64(number), machine: 1, pid: 1,
        uid: 0, host: [], unit: [], identifier: [])
      Array(line.utf8).withUnsafeBufferPointer { buffer in
        guard let rule = table.match(scope: 0, buffer, &scratch) else { fatalError("the line is the table's own") }
        correlator.process(facts, rule: rule, scratch: scratch, line: buffer)
      }
    }
    require(copy.restore(correlator.encodeChanges()), "its own changes are refused")
    correlator.finish()
    for emitted in correlator.drainEvents() { RecordCheck.check(emitted) }
  }

  /// One body for the correlator, made by its own lines: for the corpus.
  static func sampleState() -> [UInt8] {
    let correlator = Correlator(table: table, policy: Lines.policy)
    var scratch = MatchScratch()
    for (number, line) in lines.enumerated() {
      let facts = EntryFacts(
        realtime: 1_800_057_600_000_000 + UInt64(number) * 2_000_000, identity: UInt64(number), machine: 1, pid: 1,
        uid: 0, host: [], unit: [], identifier: [])
      Array(line.utf8).withUnsafeBufferPointer { buffer in
        guard let rule = table.match(scope: 0, buffer, &scratch) else { return }
        correlator.process(facts, rule: rule, scratch: scratch, line: buffer)
      }
    }
    return correlator.encodeState()
  }

  // MARK: - The tree's intent

  private static func intent(_ bytes: [UInt8]) {
    _ = IntentLog.parse(bytes)
    // The list alone, framed as it should be.
    var hash = StableHash()
    hash.combine(1 as UInt64)
    hash.combine(bytes[...])
    let head = "mailtrail-intent 1 " + [1, UInt64(bytes.count), hash.value].map(hexadecimal).joined(separator: " ")
    guard let intent = IntentLog.parse(Array((head + "\n").utf8) + bytes) else { return }
    for entry in intent.entries { RecordCheck.check(entry.path) }
    let again = IntentLog.parse(
      IntentLog.serialize(intent.sequence, intent.entries, intent.lines, base: intent.base))
    require(again == intent, "an intent reads as another")
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }

  // MARK: - The store

  private static let directory = "/dev/shm/mailtrail-fuzz-\(getpid())"

  private static func load() {
    guard let store = try? CheckpointStore(directory: directory) else { fatalError("\(directory) cannot be used") }
    do { _ = try store.load(log: Log { _, _ in }) } catch is CheckpointVersionError {
      // Of a version to come: said, and left as it is.
    } catch { fatalError("\(error)") }
  }

  private static func put(_ bytes: [UInt8], _ name: String) {
    mkdir(directory, 0o700)
    let file = open(directory + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    require(file >= 0 && write(file, bytes, bytes.count) == bytes.count, "\(directory)/\(name) cannot be written")
    close(file)
  }

  private static func file(_ bytes: [UInt8]) {
    put(bytes, "checkpoint")
    load()
    for position in [
      SourcePosition(encoded: bytes), SourcePosition(encodedInVersion2: bytes),
      SourcePosition(encodedInVersion1: bytes),
    ] {
      guard let position else { continue }
      require(SourcePosition(encoded: position.encoded)?.encoded == position.encoded, "a position reads as another")
    }
    _ = Cursor(String(decoding: bytes, as: UTF8.self))
  }

  /// A body with the right frame, for a snapshot and a log that are there.
  private static func body(_ bytes: [UInt8]) {
    put(Array(bytes.suffix(32)), "state-0.snapshot")
    put(Array(bytes.suffix(48)), "state-0.0.log")
    var file = Array("mailtrail checkpoint \((bytes.first ?? 0) % 3 + 1)\n".utf8)
    var body = bytes
    // Generation and log number 0, the snapshot's own hash: the rest is the input's.
    if body.count >= 48 {
      body.replaceSubrange(0..<8, with: repeatElement(0, count: 8))
      body.replaceSubrange(40..<48, with: repeatElement(0, count: 8))
      body.replaceSubrange(24..<32, with: Self.bytes(Self.hash(Array(bytes.suffix(32)))))
    }
    file += Self.bytes(UInt64(body.count)) + Self.bytes(Self.hash(body)) + body
    put(file, "checkpoint")
    load()
  }

  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    var hash = StableHash()
    hash.combine(bytes)
    return hash.value
  }

  private static func bytes(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
