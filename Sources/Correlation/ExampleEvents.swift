import AuditModel
import RuleTable

/// Whether the examples of tables make the events that they say, in the files that they say.
///
/// An example is read as if its lines were all that a host logged, a millisecond apart, by senders that are trusted. The
/// default domain is example.org, ann@example.org and bob@example.org are known, folders have the names that the
/// configuration knows by default.
public struct ExampleEventChecker {
  private let table: CompiledTable
  private let policy: CorrelationPolicy
  private let program: ActionProgram

  /// - Parameter folders: the names of the special folders, in lower case.
  public init(_ table: CompiledTable, folders: [Condition.NamedClass: Set<[UInt8]>]) {
    self.table = table
    program = ActionProgram(table)
    var policy = CorrelationPolicy()
    policy.threshold = .lowest
    policy.keepsSubjects = true
    policy.folders = folders
    policy.naming = MailboxNaming(defaultDomain: "example.org")
    // Of the examples' host: a person and a web server.
    policy.localUsers = LocalUsers { uid, _ in
      switch uid {
      case 33: LocalUsers.User(name: Array("www-data".utf8), isService: true)
      case 1001: LocalUsers.User(name: Array("ann".utf8), isService: false)
      default: nil
      }
    }
    policy.knownMailboxes = ["ann@example.org", "bob@example.org"].compactMap { MailboxAddress(Array($0.utf8)) }
    self.policy = policy
  }

  /// All that is wrong, in the order of the tables.
  public func check() -> [Diagnostic] {
    table.rules.indices.flatMap { rule in
      table.rules[rule].examples.flatMap { example in
        example.events.map { check(example, of: rule, $0) } ?? []
      }
    }
  }

  private func check(_ example: Example, of rule: Int, _ events: [ExampleEvent]) -> [Diagnostic] {
    var found: [Diagnostic] = []
    var emitted = emit(example, of: rule, &found)
    for event in events {
      let index = emitted.firstIndex { $0.event.kind == event.kind && Self.name(of: $0.owner) == event.owner }
      guard let index else {
        found.append(
          Diagnostic(
            event.location, "no \(event.kind.name) comes of the example in the file of \(event.owner)",
            remedy: "what comes of it: " + Self.list(emitted)))
        continue
      }
      if let wrong = difference(emitted[index].event, event) { found.append(wrong) }
      emitted.remove(at: index)
    }
    if !emitted.isEmpty, found.isEmpty {
      found.append(
        Diagnostic(
          example.location, "more comes of the example than it says: " + Self.list(emitted),
          remedy: "add its event lines, or mend the rule"))
    }
    return found
  }

  private func difference(_ event: AuditEvent, _ expected: ExampleEvent) -> Diagnostic? {
    for field in expected.fields {
      let value = event.fields[field.key].map { $0.map { $0 == 0 ? UInt8(ascii: ",") : $0 } } ?? []
      guard value != field.value else { continue }
      let text = value.isEmpty ? "not there" : "‘" + String(decoding: value, as: UTF8.self) + "’"
      return Diagnostic(
        expected.location, "\(field.key.name) is \(text), expected ‘\(String(decoding: field.value, as: UTF8.self))’",
        remedy: "mend the rule or the event line")
    }
    return nil
  }

  // MARK: - What comes of lines

  private func emit(_ example: Example, of rule: Int, _ found: inout [Diagnostic]) -> [OwnedEvent] {
    let correlator = Correlator(table: table, program: program, policy: policy)
    var entries = Entries(correlator: correlator, table: table)
    for line in example.before where !entries.add(line) { found.append(unread(line)) }
    let own = example.identifier ?? table.scopes[table.rules[rule].scopes[0]].identifiers.first ?? ""
    entries.add(
      example.message, from: own, pid: 1, scopes: example.identifier == nil ? [table.rules[rule].scopes[0]] : nil)
    for line in example.after where !entries.add(line) { found.append(unread(line)) }
    correlator.finish()
    return correlator.drainEvents()
  }

  private func unread(_ line: ExampleLine) -> Diagnostic {
    Diagnostic(
      line.location, "no rule matches this line of ‘\(line.identifier)’", remedy: "see: mailtrail rules explain")
  }

  private static func name(of owner: TrailOwner) -> String {
    switch owner {
    case .mailbox(let address): String(decoding: address.bytes, as: UTF8.self)
    case .unknown: "_unknown"
    case .bridge: "_bridge"
    case .panel(let account): "_panel/" + String(decoding: account, as: UTF8.self)
    case .local(let user): "_local/" + String(decoding: user, as: UTF8.self)
    }
  }

  private static func list(_ emitted: [OwnedEvent]) -> String {
    emitted.isEmpty
      ? "nothing" : emitted.map { "\($0.event.kind.name) in \(name(of: $0.owner))" }.joined(separator: ", ")
  }
}

/// The entries of an example, as they come to the correlator.
private struct Entries {
  let correlator: Correlator
  let table: CompiledTable
  private var scratch = MatchScratch()
  private var count: UInt64 = 0

  /// 2027-01-15T08:00:00Z; any time will do.
  private static let epoch: UInt64 = 1_800_000_000_000_000

  init(correlator: Correlator, table: CompiledTable) { (self.correlator, self.table) = (correlator, table) }

  mutating func add(_ line: ExampleLine) -> Bool { add(line.message, from: line.identifier, pid: line.pid) }

  /// False where no rule knows the line.
  ///
  /// - Parameter given: the scopes to try; nil for those of the identifier.
  @discardableResult mutating func add(
    _ message: [UInt8], from identifier: String, pid: Int32, scopes given: [Int]? = nil
  ) -> Bool {
    count += 1
    let identifier = Array(identifier.utf8)
    let facts = EntryFacts(
      realtime: Self.epoch + count * 1_000, identity: count, machine: 1, pid: pid, uid: 0,
      host: Array("mx".utf8), unit: Array("example.service".utf8), identifier: identifier)
    for scope in given ?? self.scopes(of: identifier) {
      guard let rule = table.match(scope: scope, bytes: message, &scratch) else { continue }
      if !table.rules[rule].isNoise {
        message.withUnsafeBufferPointer { correlator.process(facts, rule: rule, scratch: scratch, line: $0) }
      }
      return true
    }
    return false
  }

  private func scopes(of identifier: [UInt8]) -> [Int] {
    let found = identifier.withUnsafeBytes { table.scopes(ofIdentifier: $0) }
    return found.isEmpty ? identifier.withUnsafeBytes { table.scopes(ofCommand: $0) } : found
  }
}
