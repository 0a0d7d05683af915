import AuditModel
import Correlation
import RuleTable

/// A correlator with its table, fed by lines as the pipeline feeds it, with what it emitted as text.
final class CorrelationBench {
  /// A log line and the second at which it was written.
  struct Line: Sendable {
    var seconds: Double
    var identifier: String
    var message: String
    var pid: Int32 = 1
    var machine: UInt64 = 1
    var uid: UInt32 = 0
    var sender = EntryFacts.Sender.proven
  }

  let table: CompiledTable
  private(set) var correlator: Correlator
  private var scratch = MatchScratch()
  private var entry: UInt64 = 0

  /// Midnight; times of lines count from here.
  static let epoch: UInt64 = 1_800_057_600_000_000

  init(table: CompiledTable, policy: CorrelationPolicy = .everything) {
    self.table = table
    correlator = Correlator(table: table, policy: policy)
  }

  /// A table of one scope, `s`, with the identifier `s`.
  ///
  /// - Parameter roles: the `account` and `address` lines of the table.
  static func table(_ body: String, roles: String = "") throws -> CompiledTable {
    let declared = roles.split(separator: "\n").map { "  \($0)\n" }.joined()
    let text = "table t\n" + declared + "scope s\n  identifier s\n" + body
    return try RuleCompiler.compile([RuleFile(name: "t.rules", text: Array(text.utf8))])
  }

  static func shipped() throws -> CompiledTable { try RuleCompiler.compile(ShippedRules.embedded) }

  convenience init(_ body: String, roles: String = "", policy: CorrelationPolicy = .everything) throws {
    self.init(table: try Self.table(body, roles: roles), policy: policy)
  }

  /// Goes on with another correlator, as after a restart; identities of entries go on, since they are the journal's.
  func replace(by next: Correlator) { correlator = next }

  /// Feeds a line; false when no rule knows it.
  @discardableResult func feed(_ line: Line) -> Bool {
    entry += 1
    let bytes = Array(line.message.utf8)
    let scopes = Array(line.identifier.utf8).withUnsafeBytes { table.scopes(ofIdentifier: $0) }
    var facts = EntryFacts(
      realtime: Self.time(line.seconds), identity: entry, machine: line.machine, pid: line.pid, uid: line.uid,
      host: Array("mx".utf8), unit: Array("unit.service".utf8), identifier: Array(line.identifier.utf8))
    facts.sender = line.sender
    return bytes.withUnsafeBufferPointer { buffer in
      for scope in scopes {
        guard let rule = table.match(scope: scope, buffer, &scratch) else { continue }
        if !table.rules[rule].isNoise { correlator.process(facts, rule: rule, scratch: scratch, line: buffer) }
        return true
      }
      return false
    }
  }

  @discardableResult func feed(_ seconds: Double, _ message: String, from identifier: String = "s") -> Bool {
    feed(Line(seconds: seconds, identifier: identifier, message: message))
  }

  static func time(_ seconds: Double) -> UInt64 { epoch + UInt64((seconds * 1_000_000).rounded()) }

  func advance(to seconds: Double) { correlator.advance(to: Self.time(seconds)) }

  /// What was emitted since the last call, each event as `kind owner key=value …` with the keys that were asked for.
  func emitted(_ keys: FieldKey...) -> [String] {
    correlator.drainEvents().map { Self.text($0, keys: keys) }
  }

  static func text(_ emitted: OwnedEvent, keys: [FieldKey]) -> String {
    var text = emitted.event.kind.name.description
    switch emitted.owner {
    case .mailbox(let address): text += " " + String(decoding: address.bytes, as: UTF8.self)
    case .unknown: text += " _unknown"
    case .bridge: text += " _bridge"
    case .local(let user): text += " _local/" + String(decoding: user, as: UTF8.self)
    case .panel(let account): text += " _panel/" + String(decoding: account, as: UTF8.self)
    }
    for key in keys {
      guard let value = emitted.event.fields[key] else { continue }
      text += " \(key.name)=" + String(decoding: value.map { $0 == 0 ? UInt8(ascii: "+") : $0 }, as: UTF8.self)
    }
    return text
  }

  /// Everything of the emitted events: for comparing runs.
  func everythingEmitted() -> [String] {
    correlator.drainEvents().map { emitted in
      var id: [UInt8] = []
      emitted.event.id.append(to: &id)
      return String(decoding: id, as: UTF8.self) + " \(emitted.event.time) \(emitted.event.level) "
        + Self.text(emitted, keys: FieldKey.allCases)
    }
  }
}

extension CorrelationPolicy {
  /// Emits everything, and knows `ann@example.org` and `bob@example.org`.
  static var everything: CorrelationPolicy {
    var policy = CorrelationPolicy()
    policy.threshold = .lowest
    policy.naming = MailboxNaming(defaultDomain: "example.org")
    policy.folders = [
      .trash: [Array("trash".utf8)], .junk: [Array("junk".utf8)], .sent: [Array("sent".utf8)],
      .archive: [Array("archive".utf8)], .drafts: [Array("drafts".utf8)],
    ]
    policy.knownMailboxes = ["ann@example.org", "bob@example.org"].compactMap { MailboxAddress(Array($0.utf8)) }
    return policy
  }

  func with(_ change: (inout CorrelationPolicy) -> Void) -> CorrelationPolicy {
    var policy = self
    change(&policy)
    return policy
  }
}
