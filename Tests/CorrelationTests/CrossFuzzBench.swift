import AuditModel

@testable import Correlation
@testable import RuleTable

/// What the shipped tables emit for one line.
final class CrossFuzzBench {
  /// What counts of an event.
  struct Event: Hashable {
    var kind: EventKind
    var owner: TrailOwner
    var ip: [UInt8]?
    var service: [UInt8]?
  }

  private let table: CompiledTable
  private let program: ActionProgram
  private let policy: CorrelationPolicy
  private var scratch = MatchScratch()

  init(_ table: CompiledTable) {
    self.table = table
    program = ActionProgram(table)
    policy = CorrelationPolicy.everything.with {
      $0.knownMailboxes.append(MailboxAddress(CrossFuzzTexts.victim)!)
    }
  }

  /// The scope in which an example matches its rule.
  func scope(of line: [UInt8], _ rule: CompiledTable.Rule) -> Int? {
    rule.scopes.first { scope in
      table.match(scope: scope, bytes: line, &scratch).map { table.rules[$0].id == rule.id } ?? false
    }
  }

  /// Where a line's captures stand.
  func captures(of line: [UInt8], _ scope: Int) -> [(name: String, range: Range<Int>)] {
    guard table.match(scope: scope, bytes: line, &scratch) != nil else { return [] }
    return scratch.captures.map { (table.names.name(of: $0.name), $0.start..<$0.end) }
  }

  /// The line as long as its scope lets it be, at the most.
  func cut(_ line: [UInt8], _ scope: Int) -> [UInt8] {
    table.scopes[scope].limits.map(\.upperBound).min().map { Array(line.prefix($0)) } ?? line
  }

  /// The events of one line.
  func emitted(_ line: [UInt8], _ scope: Int) -> Set<Event> {
    guard let rule = table.match(scope: scope, bytes: line, &scratch), !table.rules[rule].isNoise else { return [] }
    let correlator = Correlator(table: table, program: program, policy: policy)
    let facts = EntryFacts(
      realtime: CorrelationBench.epoch, identity: 1, machine: 1, pid: 1, uid: 0, host: [], unit: [], identifier: [])
    line.withUnsafeBufferPointer { correlator.process(facts, rule: rule, scratch: scratch, line: $0) }
    correlator.finish()
    return Set(
      correlator.drainEvents().map { emitted in
        let value = { (key: FieldKey) in emitted.event.fields[key].map { Array($0) } }
        return Event(kind: emitted.event.kind, owner: emitted.owner, ip: value(.ip), service: value(.service))
      })
  }

  /// The mailboxes that a text may mean, as an account and as an address, however its daemon writes it.
  func mailboxes(of text: [UInt8]) -> Set<[UInt8]> {
    Set(
      CaptureEncoding.allCases.flatMap { encoding in
        let name = encoding.decode(text)
        let address = policy.naming.mailbox(of: EnvelopeAddress(name)) { _ in false }
        return [policy.naming.mailbox(of: AccountName(name)), address].compactMap { $0?.bytes }
      })
  }
}

/// What is wrong with the events of a line with a stranger's text in it.
struct CrossFuzzVerdict {
  /// What may be wrong.
  enum Kind: String {
    case owner, kind, ip, service, muted
    /// Nothing is emitted of a line whose end is cut off.
    case cut
  }

  private(set) var faults: [(kind: Kind, what: String)] = []

  /// Whether a line says whose an event is: its end may be cut off.
  private static func names(_ owner: TrailOwner, _ line: [UInt8]) -> Bool {
    guard let name = owner.name, let local = name.split(separator: UInt8(ascii: "@")).first else { return true }
    return String(decoding: line, as: UTF8.self).lowercased().contains(String(decoding: local, as: UTF8.self))
  }

  /// A name with blanks and brackets is a piece of the stranger's own text.
  private static func maySomebodyBe(_ name: [UInt8]) -> Bool { !name.contains { " <>()[]\"',;:=\\".utf8.contains($0) } }

  /// - Parameters:
  ///   - clean: the events of the example.
  ///   - meant: these, and those with another, harmless text.
  ///   - emitted: those of the line.
  ///   - chosen: the mailboxes that the text itself may name.
  ///   - line: as the daemon wrote it.
  ///   - isCut: its end is cut off.
  init(
    clean: Set<CrossFuzzBench.Event>, meant: Set<CrossFuzzBench.Event>, emitted: Set<CrossFuzzBench.Event>,
    chosen: Set<[UInt8]>, line: [UInt8], isCut: Bool
  ) {
    if emitted.isEmpty, clean.contains(where: { Self.names($0.owner, line) }) {
      faults.append((isCut ? .cut : .muted, "nothing is told"))
    }
    for event in emitted.subtracting(meant) {
      // What is nobody's is found by a search and in no trail.
      guard event.owner != .unknown else { continue }
      // Whose login fails may as well type a victim's name alone.
      if let name = event.owner.name, !chosen.contains(name), Self.maySomebodyBe(name), event.kind != .loginFailed,
        !meant.contains(where: { $0.owner == event.owner })
      {
        faults.append((.owner, "filed with " + String(decoding: name, as: UTF8.self)))
      }
      if !meant.contains(where: { $0.kind == event.kind }) { faults.append((.kind, "\(event.kind)")) }
      if event.ip != nil, !meant.contains(where: { $0.ip == event.ip }) {
        faults.append((.ip, String(decoding: event.ip ?? [], as: UTF8.self)))
      }
      if event.service != nil, !meant.contains(where: { $0.service == event.service }) {
        faults.append((.service, String(decoding: event.service ?? [], as: UTF8.self)))
      }
    }
  }
}

extension TrailOwner {
  /// The name of the trail, if it is somebody's.
  fileprivate var name: [UInt8]? {
    switch self {
    case .mailbox(let address): address.bytes
    case .panel(let account), .local(let account): account
    case .unknown, .bridge: nil
    }
  }
}
