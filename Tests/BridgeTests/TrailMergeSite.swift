import AuditModel
import Configuration
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditReading
@testable import AuditWriting
@testable import Bridge

/// A live tree in which ann's trail was split over two names.
struct TrailMergeSite {
  let directory: TemporaryDirectory
  let configuration: Configuration

  init(directory: TemporaryDirectory, configuration: Configuration) {
    (self.directory, self.configuration) = (directory, configuration)
  }

  static let source = trail("ann@mx")
  static let target = trail("ann@example.org")
  /// 2026-03-01T10:00:00Z.
  static let start: UInt64 = 1_772_359_200_000_000
  static let now = start + 100 * hour
  static let hour: UInt64 = 3_600_000_000

  static func address(_ name: String) -> MailboxAddress { MailboxAddress(Array(name.utf8))! }
  static func trail(_ name: String) -> TrailPath { TrailPath(.mailbox(address(name))) }

  /// Three days of the source, one of which the target has not, with events that came late; sealed twice, the end not.
  init(hasTamperEvidence: Bool = true) throws {
    directory = TemporaryDirectory(inMemory: true)
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.audit.directory = directory.path + "/Audit"
    configuration.audit.timeZone = .utc
    configuration.audit.hasTamperEvidence = hasTamperEvidence
    configuration.state.directory = directory.path + "/state"
    self.configuration = configuration
    let tree = try open()
    try add([0, 1, 2, 15, 16, 3, 40, 41], to: "ann@mx", in: tree)
    try add([4, 5, 42, 60], to: "ann@example.org", in: tree)
    try add([0, 20], to: "bob@example.org", in: tree)
    _ = try tree.seal(at: Self.start + 61 * Self.hour)
    try add([4, 17, 42], to: "ann@mx", in: tree)
    _ = try tree.seal(at: Self.start + 62 * Self.hour)
    try add([5, 43], to: "ann@mx", in: tree)
  }

  var root: String { configuration.audit.directory }

  func open() throws -> AuditTree {
    let tree = try AuditTree(
      root: root, mode: .durable(state: configuration.state.directory), calendar: .utc,
      hasTamperEvidence: configuration.audit.hasTamperEvidence)
    try tree.recover()
    return tree
  }

  /// An event of each of these hours after the start.
  func add(_ hours: [Int], to name: String, in tree: AuditTree, salt: UInt64 = 0) throws {
    for hour in hours {
      var fields = FieldSet()
      fields.set(.mailbox, to: name)
      fields.set(.reason, to: #"hour \#(hour) ],"moved_from":["x"]} "#)
      var hash = StableHash()
      hash.combine(name.utf8)
      hash.combine(UInt64(hour))
      let event = AuditEvent(
        id: EventID(source: hash.value, detail: salt), time: Self.start + UInt64(hour) * Self.hour,
        kind: .messageExpunged, level: .normal, fields: fields)
      try tree.append(event, owner: .mailbox(Self.address(name)))
    }
    try tree.commit()
  }

  func merger(
    _ source: String = "ann@mx", into target: String = "ann@example.org", calls: SystemCalls = SystemCalls()
  ) -> TrailMerger {
    TrailMerger(
      configuration, source: Self.trail(source), target: Self.address(target), firstKept: nil, user: "eve (as uid 0)",
      log: Log { _, _ in }, calls: calls)
  }

  @discardableResult
  func merge(_ source: String = "ann@mx", into target: String = "ann@example.org") throws -> TrailMerger.Outcome {
    try merger(source, into: target).run(now: Self.now)
  }

  func problems(firstKept: Day? = nil) throws -> [String] {
    var options = TreeVerifier.Options()
    options.firstKept = firstKept
    var found: [String] = []
    _ = try TreeVerifier(root: root).verify(options) { found.append("\($0.path):\($0.line ?? 0): \($0.text)") }
    return found
  }

  /// The lines of all day files, by path.
  func lines() throws -> [String: [[UInt8]]] {
    let list = try TestProcess.run("find", [root, "-name", "AUDIT-*.log"]).output.split(separator: "\n")
    var files: [String: [[UInt8]]] = [:]
    for path in list {
      files[String(path.dropFirst(root.count + 1))] = try TestFiles.read(String(path)).split(separator: 10)
        .map(Array.init)
    }
    return files
  }

  /// The records of two trails in one, day by day, as the merge must leave them.
  static func expected(_ before: [String: [[UInt8]]]) -> [String: [[UInt8]]] {
    var files = before.filter { !$0.key.hasPrefix("mx/") }
    for (path, lines) in before where path.hasPrefix("mx/ann/") {
      files["example.org/ann/" + path.dropFirst(7), default: []] += lines
    }
    return files.mapValues { $0.map { RecordLink.removed(from: $0[...]) } }
  }

  /// Without what the chain needs.
  static func bare(_ files: [String: [[UInt8]]]) -> [String: [[UInt8]]] {
    files.filter { !$0.key.hasPrefix("_bridge/") }.mapValues { lines in
      lines.map { line in RecordLink.removed(from: (RecordOrigin.last(of: line[...])?.line ?? line)[...]) }
    }
  }

  func write(_ lines: [[UInt8]], to path: String) throws {
    try TestFiles.write(Array(lines.map { $0 + [10] }.joined()), to: root + "/" + path)
  }

  func has(_ path: String) -> Bool {
    var status = stat()
    return lstat(root + "/" + path, &status) == 0
  }
}

/// Makes each of the system calls from one on fail, or stop a write half-way first: nothing is done any more.
final class CallTrap: Sendable {
  private let last: Int?
  private let bytes: Int?
  private let number = Mutex(0)

  init(last: Int? = nil, bytes: Int? = nil) { (self.last, self.bytes) = (last, bytes) }

  var count: Int { number.withLock { $0 } }

  var calls: SystemCalls {
    SystemCalls { [self] call in
      let count = number.withLock { number in
        number += 1
        return number
      }
      guard let last, count > last else { return nil }
      if count == last + 1, let bytes, call == .write || call == .overwrite { return .shortWrite(bytes) }
      return .failure(EIO)
    }
  }
}
