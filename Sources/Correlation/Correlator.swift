import AuditModel
import RuleTable

/// Joins what several lines say into events and decides whose they are.
///
/// Everything is decided by the entries' own times, so that a replay tells the same as live collection did. Used by
/// one thread.
public final class Correlator {
  /// An event and the file that it belongs in.
  public struct Told: Sendable {
    public var event: AuditEvent
    public var owner: TrailOwner

    public init(event: AuditEvent, owner: TrailOwner) {
      self.event = event
      self.owner = owner
    }
  }

  /// What was told since the caller last took it, in the order of telling.
  public private(set) var told: [Told] = []
  /// Rules that had to stop waiting because too many did.
  public private(set) var waitsCutShort = 0
  public var notesEvicted: Int { notes.evicted }
  /// How many notes are kept, how many rules wait, how many windows of failures are open.
  public var sizes: (notes: Int, waiting: Int, bursts: Int) { (notes.notes.count, waiting.count, bursts.count) }
  /// How many mailboxes are known.
  public var mailboxCount: Int { mailboxes.addresses.count }

  /// The known mailboxes, for another correlation that begins beside this one.
  public var knownAddresses: [MailboxAddress] { mailboxes.addresses.compactMap { MailboxAddress($0.bytes) } }

  let table: CompiledTable
  var policy: CorrelationPolicy
  var notes: NoteStore
  var waiting: [UInt64: Waiting] = [:]
  var bursts: [BurstKey: Burst] = [:]
  var mailboxes: KnownMailboxes
  var sent: SentCounter
  /// The time of what is being carried out: that of its host.
  var now: UInt64 = 0
  var nextWait: UInt64 = 1
  /// What waits, by each host's time.
  var clocks = HostClocks()
  /// When windows close, by the newest time.
  var windows = Timers<BurstKey>()
  /// Who waits for a note.
  var waitersOf: [NoteKey: [UInt64]] = [:]
  /// Windows changed since the last checkpoint.
  var changedBursts: Set<BurstKey> = []
  /// While the input's end settles everything, windows close before their end.
  var isSettling = false
  /// Waits changed since the last checkpoint; kept only when somebody asks for them.
  var changedWaiting: Set<UInt64> = []
  var tracksChanges = false
  /// The names of captures and fields as a restored checkpoint numbers them.
  var storedNames: [String] = []
  private var ready: [(id: UInt64, key: NoteKey)] = []
  /// The level of each kind by its number; nil where nobody will see it.
  let levels: [Level?]
  /// How long notes of a kind live, by the hash of the kind.
  private let lives: [UInt32: UInt64]

  public init(table: CompiledTable, policy: CorrelationPolicy) {
    self.table = table
    self.policy = policy
    levels = EventKind.allCases.map { policy.level(of: $0) }
    lives = Dictionary(
      table.lives.map { (NoteReference.hash(ofKind: $0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    notes = NoteStore(maximum: policy.maximumNotes)
    mailboxes = KnownMailboxes(configured: policy.knownMailboxes, newPerHour: policy.newMailboxesPerHour)
    sent = SentCounter(maximum: policy.maximumSentPerHour)
  }

  /// Hands out what was told and forgets it.
  public func takeTold() -> [Told] {
    defer { told.removeAll(keepingCapacity: true) }
    return told
  }

  // MARK: - Time

  /// How far back a clock must go to have been set.
  private static let setBack: UInt64 = 60_000_000

  /// Moves to the time of a host's entry: what falls due before it is told first.
  private func advance(to time: UInt64, of machine: UInt64) {
    let host = clocks.place(of: machine, from: time)
    if time &+ Self.setBack < clocks.hosts[host].now {
      // The clock was set back: what waits would wait for ever.
      isSettling = true
      settle(host, upTo: .max, closesWindows: clocks.hosts.count == 1)
      isSettling = false
      clocks.setBack(host, to: time)
    }
    settle(host, upTo: time, closesWindows: time > clocks.newest)
    clocks.hear(host, at: time)
    if clocks.hosts.count > 1 { settleSilent(mustLook: false) }
    now = clocks.hosts[host].now
    notes.expire(now: clocks.hosts.count == 1 ? now : clocks.oldest)
  }

  /// Moves to a time up to which all entries have been read: what falls due before it is told.
  public func advance(to time: UInt64) {
    if time &+ Self.setBack < clocks.newest {
      finish()
      clocks.newest = time
      for host in clocks.hosts.indices { clocks.setBack(host, to: time) }
    }
    guard time > clocks.newest else { return }
    if clocks.hosts.count == 1 {
      settle(0, upTo: time, closesWindows: true)
      clocks.hear(0, at: time)
    } else {
      closeWindows(upTo: time)
      clocks.newest = time
      settleSilent(mustLook: true)
    }
    now = time
    notes.expire(now: clocks.hosts.count == 1 ? now : clocks.oldest)
  }

  /// Tells what falls due by a time up to which all entries have been read, though no rule knew the last of them.
  public func settle(asOf time: UInt64) { if time > clocks.newest { advance(to: time) } }

  /// Tells what still waits: the input has ended.
  ///
  /// - Parameter closesBursts: false where more input may follow: windows stay open for it.
  public func finish(closesBursts: Bool = true) {
    isSettling = true
    defer { isSettling = false }
    for host in clocks.hosts.indices { settle(host, upTo: .max, closesWindows: closesBursts) }
    if closesBursts { closeWindows(upTo: .max) }
  }

  /// The next time at which something falls due; nil when nothing waits.
  public var nextDue: UInt64? {
    guard let wait = clocks.nextDue else { return windows.next }
    return min(wait, windows.next ?? .max)
  }

  private func settleSilent(mustLook: Bool) {
    for host in clocks.silentHosts(mustLook: mustLook) {
      settle(host, upTo: clocks.newest - HostClocks.patience, closesWindows: false)
    }
  }

  /// Ends the waits of a host, and windows, in the order of their times.
  private func settle(_ host: Int, upTo time: UInt64, closesWindows: Bool) {
    while let due = clocks.hosts[host].waits.next, due <= time {
      if closesWindows { closeWindows(upTo: due, before: true) }
      guard let (when, id) = clocks.popWait(at: host) else { break }
      guard waiting[id] != nil else { continue }
      if !isSettling {
        clocks.reach(when, at: host)
        now = clocks.hosts[host].now
      }
      resume(id, found: nil)
      runReady()
    }
    if closesWindows { closeWindows(upTo: time) }
  }

  /// - Parameter before: whether those that close at the time itself stay open.
  private func closeWindows(upTo time: UInt64, before: Bool = false) {
    while let due = windows.next, before ? due < time : due <= time {
      guard let (when, key) = windows.popFirst() else { break }
      if !isSettling { now = max(now, when) }
      closeBurst(key)
    }
  }

  /// Windows that close at one time do so in the same order before and after a restart, which forgets when they opened.
  func closeWindow(_ key: BurstKey, at time: UInt64) {
    var hash = StableHash()
    hash.combine(key.bytes)
    windows.set(key, at: time, order: hash.value)
  }

  // MARK: - Rules

  /// Carries out what a rule does for a line that it matched.
  public func process(
    _ facts: EntryFacts, rule: Int, scratch: MatchScratch, line: UnsafeBufferPointer<UInt8>
  ) {
    advance(to: facts.realtime, of: facts.machine)
    var captures = FieldSet(minimumCapacity: line.count + 5 * scratch.captures.count)
    for capture in scratch.captures {
      let bytes = line[capture.start..<capture.end]
      if case .plain = capture.encoding {
        captures.append(capture.name, UnsafeBufferPointer(rebasing: bytes))
      } else {
        captures.append(capture.name, capture.encoding.decode(bytes))
      }
    }
    var execution = Execution(
      rule: rule, facts: facts, captures: captures, isAmbiguous: scratch.isAmbiguous,
      notes: Array(repeating: nil, count: table.rules[rule].noteNames.count), hasTold: false)
    run(&execution, from: 0)
    runReady()
  }

  private func run(_ execution: inout Execution, from start: Int) {
    let actions = table.rules[execution.rule].actions
    var index = start
    while index < actions.count {
      let action = actions[index]
      index += 1
      guard action.isUnconditional || holds(action.condition, execution) else { continue }
      switch action.verb {
      case .begin(let reference, let fields, let life):
        let key = key(reference, execution)
        var set = FieldSet(minimumCapacity: 128)
        Self.apply(evaluate(fields, execution), to: &set)
        notes.begin(key, fields: set, life: life ?? self.life(of: reference), now: now)
        appeared(key)
      case .note(let reference, let fields, let life):
        let key = key(reference, execution)
        let values = evaluate(fields, execution)
        notes.merge(key, life: life ?? self.life(of: reference), now: now) { Self.apply(values, to: &$0) }
        appeared(key)
      case .use(let reference, let name): execution.notes[name] = key(reference, execution)
      case .wait(let targets, let within):
        if hold(&execution, targets: targets, within: within, next: index) { return }
      case .alias(let new, let old): notes.alias(key(new, execution), of: key(old, execution), now: now)
      case .forget(let reference, let after):
        notes.forget(key(reference, execution), at: now &+ after, now: now)
      case .event(let kind, let fields, let with, let filing):
        tell(kind, fields: fields, with: with, filing: execution.isUnconfirmed ? .unowned : filing, execution)
        execution.hasTold = true
      case .confirm(let reference):
        execution.isUnconfirmed = execution.isAmbiguous && notes.lookUp(key(reference, execution), now: now) == nil
      case .noise: break
      }
    }
  }

  private func life(of reference: NoteReference) -> UInt64 { lives[reference.kindHash] ?? 3_600_000_000 }

  // MARK: - Waiting

  /// Whether the rule must wait; if a note is there already it goes on with it.
  private func hold(_ execution: inout Execution, targets: [WaitTarget], within: UInt64, next: Int) -> Bool {
    var keys: [(key: NoteKey, name: Int)] = []
    for target in targets {
      let key = key(target.reference, execution)
      if notes.lookUp(key, now: now) != nil {
        execution.notes[target.name] = key
        return false
      }
      keys.append((key, target.name))
    }
    // The window is that of the entry: what is found late by the clock of another entry is not found.
    let deadline = execution.facts.realtime &+ within
    guard deadline > now, waiting.count < policy.maximumWaiting else {
      if deadline > now { waitsCutShort += 1 }
      return false
    }
    let id = nextWait
    nextWait &+= 1
    add(Waiting(execution: execution, next: next, targets: keys, deadline: deadline), id: id)
    return true
  }

  func add(_ item: Waiting, id: UInt64) {
    waiting[id] = item
    if tracksChanges { changedWaiting.insert(id) }
    for target in item.targets { waitersOf[notes.resolve(target.key), default: []].append(id) }
    let facts = item.execution.facts
    clocks.wait(id, at: clocks.place(of: facts.machine, from: facts.realtime), until: item.deadline)
  }

  private func appeared(_ key: NoteKey) {
    guard !waitersOf.isEmpty, let ids = waitersOf[notes.resolve(key)] else { return }
    for id in ids { ready.append((id, key)) }
  }

  private func runReady() {
    while !ready.isEmpty {
      let batch = ready
      ready.removeAll()
      for (id, key) in batch where waiting[id] != nil { resume(id, found: key) }
    }
  }

  private func resume(_ id: UInt64, found key: NoteKey?) {
    guard let item = waiting.removeValue(forKey: id) else { return }
    if tracksChanges { changedWaiting.insert(id) }
    for target in item.targets {
      let resolved = notes.resolve(target.key)
      waitersOf[resolved]?.removeAll { $0 == id }
      if waitersOf[resolved]?.isEmpty == true { waitersOf[resolved] = nil }
    }
    var execution = item.execution
    if let key {
      for target in item.targets where notes.resolve(target.key) == notes.resolve(key) {
        execution.notes[target.name] = target.key
      }
    }
    // A note of another host may have ended the wait; what follows is of its own host's time.
    let outer = now
    now = isSettling ? now : clocks.now(of: execution.facts.machine) ?? now
    run(&execution, from: item.next)
    now = outer
  }

  // MARK: - Values

  func key(_ reference: NoteReference, _ execution: Execution) -> NoteKey {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(48)
    withUnsafeBytes(of: reference.kindHash) { bytes.append(contentsOf: $0) }
    let machine = reference.crossesHosts ? 0 : UInt32(truncatingIfNeeded: execution.facts.machine)
    withUnsafeBytes(of: machine) { bytes.append(contentsOf: $0) }
    for part in reference.parts {
      let value = value(part, execution) ?? []
      bytes.append(UInt8(truncatingIfNeeded: value.count))
      bytes.append(UInt8(truncatingIfNeeded: value.count >> 8))
      bytes.append(contentsOf: value.prefix(512))
    }
    return NoteKey(bytes: bytes)
  }

  func value(_ expression: ValueExpression, _ execution: Execution) -> [UInt8]? {
    switch expression {
    case .literal(let bytes): return bytes
    case .capture(let name): return execution.captures[name].map(Array.init)
    case .note(let index, let field):
      guard let key = execution.notes[index] else { return nil }
      return notes.lookUp(key, now: now)?[field].map(Array.init)
    case .entry(let field): return Self.text(field, execution.facts)
    case .first(let choices):
      for choice in choices { if let found = value(choice, execution), !found.isEmpty { return found } }
      return nil
    case .prefix(let inner, let length): return value(inner, execution).map { Array($0.prefix(length)) }
    case .mailbox(let inner):
      guard let name = value(inner, execution) else { return nil }
      return policy.naming.address(of: name)?.bytes
    case .applied(let function, let inner): return value(inner, execution).map { function($0) }
    case .joined(let parts): return parts.flatMap { value($0, execution) ?? [] }
    }
  }

  private static func text(_ field: ValueExpression.EntryField, _ facts: EntryFacts) -> [UInt8] {
    switch field {
    case .pid: Array(String(facts.pid).utf8)
    case .uid: Array(String(facts.uid).utf8)
    case .unit: facts.unit
    case .identifier: facts.identifier
    case .host: facts.host
    }
  }

  private func evaluate(
    _ assignments: [FieldAssignment], _ execution: Execution
  ) -> [(assignment: FieldAssignment, value: [UInt8])] {
    assignments.compactMap { assignment in value(assignment.value, execution).map { (assignment, $0) } }
  }

  private static func apply(
    _ values: [(assignment: FieldAssignment, value: [UInt8])], to fields: inout FieldSet
  ) {
    for (assignment, value) in values {
      switch assignment.operation {
      case .set: if !value.isEmpty { fields.set(assignment.field, to: value.prefix(2048)) }
      case .add: change(&fields, assignment.field) { if !$0.contains(value), $0.count < 100 { $0.append(value) } }
      case .remove: change(&fields, assignment.field) { list in list.removeAll { $0 == value } }
      }
    }
  }

  /// Lists are texts separated by NUL, as in a record's `recipients`.
  private static func change(_ fields: inout FieldSet, _ name: UInt16, _ body: (inout [[UInt8]]) -> Void) {
    var list = fields[name]?.split(separator: 0).map(Array.init) ?? []
    body(&list)
    if list.isEmpty { fields.remove(name) } else { fields.set(name, to: Array(list.joined(separator: [0]))) }
  }

  // MARK: - Conditions

  func holds(_ condition: Condition, _ execution: Execution) -> Bool {
    switch condition {
    case .always: return true
    case .noteExists(let index):
      guard let key = execution.notes[index] else { return false }
      return notes.lookUp(key, now: now) != nil
    case .present(let expression): return !(value(expression, execution) ?? []).isEmpty
    case .equals(let left, let choices):
      guard let left = value(left, execution) else { return false }
      return choices.contains { value($0, execution) == left }
    case .contains(let expression, let texts):
      guard let text = value(expression, execution)?.map(Self.lowercased) else { return false }
      return texts.contains { Self.contains(text, $0) }
    case .startsWith(let expression, let texts):
      guard let text = value(expression, execution)?.map(Self.lowercased) else { return false }
      return texts.contains { text.starts(with: $0) }
    case .isAtLeast(let expression, let bound):
      guard let text = value(expression, execution), let number = UInt64(String(decoding: text, as: UTF8.self)) else {
        return false
      }
      return number >= bound
    case .isOf(let expression, .known):
      guard let name = value(expression, execution), let address = policy.naming.address(of: name) else { return false }
      return mailboxes.isKnown(address)
    case .isOf(let expression, let named):
      guard let text = value(expression, execution) else { return false }
      return policy.isMember(text, of: named)
    case .ambiguous: return execution.isAmbiguous
    case .otherwise: return !execution.hasTold
    case .not(let inner): return !holds(inner, execution)
    case .all(let terms): return terms.allSatisfy { holds($0, execution) }
    case .any(let terms): return terms.contains { holds($0, execution) }
    }
  }

  private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard text.count >= part.count, let first = part.first else { return part.isEmpty }
    for start in 0...(text.count - part.count) where text[start] == first {
      if text[start..<(start + part.count)].elementsEqual(part) { return true }
    }
    return false
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }

  // MARK: - Telling

  func tell(_ event: AuditEvent, to owner: TrailOwner) {
    if let shard = policy.shard, !shard.holds(Self.shardKey(event, owner)) { return }
    told.append(Told(event: event, owner: owner))
  }

  /// What decides whose share an event is in: its mailbox, or the panel's account.
  private static func shardKey(_ event: AuditEvent, _ owner: TrailOwner) -> ArraySlice<UInt8> {
    if case .panel(let account) = owner { return account[...] }
    return event.fields[.mailbox] ?? []
  }
}

/// A rule at work on one line.
struct Execution: Sendable {
  var rule: Int
  var facts: EntryFacts
  var captures: FieldSet
  var isAmbiguous: Bool
  /// The keys of the notes in use, by their place in the rule's `noteNames`.
  var notes: [NoteKey?]
  /// Whether an event was told.
  var hasTold: Bool
  /// Whether the line is ambiguous and what would confirm its mailbox is missing.
  var isUnconfirmed = false
}

/// A rule that waits for a note.
struct Waiting: Sendable {
  var execution: Execution
  /// The action to go on with.
  var next: Int
  var targets: [(key: NoteKey, name: Int)]
  var deadline: UInt64
}
