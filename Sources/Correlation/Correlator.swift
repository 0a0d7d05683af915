import AuditModel
import RuleTable

/// Joins what several lines say into events and decides whose they are.
///
/// Everything is decided by the entries' own times, so that a replay tells the same as live collection did. Used by
/// one thread.
public final class Correlator {
  /// What was emitted since the caller last took it, in that order.
  public private(set) var emitted: [OwnedEvent] = []
  /// Rules that had to stop waiting because too many did.
  public private(set) var waitsCutShort = 0
  public var notesEvicted: Int { notes.evicted }
  /// How many notes are kept, how many rules wait, how many windows of failures are open.
  public var sizes: (notes: Int, waiting: Int, bursts: Int) { (notes.count, waiting.count, bursts.count) }
  /// How many mailboxes are known.
  public var mailboxCount: Int { mailboxes.addresses.count }

  /// The known mailboxes, for another correlation that begins beside this one.
  public var knownAddresses: [MailboxAddress] { mailboxes.addresses.compactMap { MailboxAddress($0.bytes) } }

  let table: CompiledTable
  let program: ActionProgram
  let policy: CorrelationPolicy
  /// From what the keys of notes are made; a checkpoint brings its own.
  var secret = KeySecret.random()
  /// The captures of the rule at work, in the layout of `FieldLayout`; behind them what is being worked out.
  let arena = Arena()
  /// Where its captures lie there.
  var captures: CaptureIndex
  var keyCache: KeyCache
  /// The rule at work.
  var frame = Frame()
  /// The notes that it uses, by their place in its names.
  var frameNotes: ContiguousArray<NoteKey>
  let notes: NoteStore
  var waiting: [UInt64: Waiting] = [:]
  /// What these take in memory, about.
  var waitingBytes = 0
  var bursts: [BurstKey: Burst] = [:]
  var mailboxes: KnownMailboxes
  var sent: HourlyCounter
  var strangers: HourlyCounter
  /// The time of what is being carried out: that of its host.
  var now: UInt64 = 0
  var nextWait: UInt64 = 1
  /// What waits, by each host's time.
  var clocks = HostClocks()
  /// When windows close, by the newest time.
  var windows = Timers<BurstKey>()
  /// Who waits for a note.
  var waitersOf: [NoteKey: [UInt64]] = [:]
  /// The open offers by their key and by their group, each the oldest first.
  var offers: [NoteKey: [UInt64]] = [:]
  var offerGroups: [NoteKey: [UInt64]] = [:]
  /// Windows changed since the last checkpoint.
  var changedBursts: Set<BurstKey> = []
  /// While the input's end settles everything, windows close before their end.
  var isSettling = false
  /// Waits changed since the last checkpoint; kept only when somebody asks for them.
  var changedWaiting: Set<UInt64> = []
  var tracksChanges = false
  /// The names of captures and fields as a restored checkpoint numbers them.
  var storedNames: [String] = []
  /// The keys and kinds as it numbers them.
  var storedVocabulary = StoredVocabulary.current
  /// Whether a restored checkpoint has the hashes of keys, and their secret, rather than the keys.
  var areStoredKeysHashes = false
  /// Waits that are over, with the note that ended them: they go on when the rule at work has done its part.
  var ready: [(id: UInt64, found: NoteKey?, isOnlyOffer: Bool)] = []
  /// What verified entries showed of the senders.
  public var senders = SenderLedger()
  /// Whether a value that was worked out since this was last reset is doubtful.
  var sawDoubt = false
  /// The level of each kind by its number; nil where nobody will see it.
  let levels: [Level?]

  public convenience init(table: CompiledTable, policy: CorrelationPolicy) {
    self.init(table: table, program: ActionProgram(table), policy: policy)
  }

  /// - Parameter program: the table's; making it takes longer than many lines do.
  init(table: CompiledTable, program: ActionProgram, policy: CorrelationPolicy) {
    self.table = table
    self.policy = policy
    self.program = program
    levels = EventKind.allCases.map { policy.level(of: $0) }
    captures = CaptureIndex(upperBound: table.names.upperBound)
    keyCache = KeyCache(count: program.keys.count)
    frameNotes = ContiguousArray(repeating: .none, count: program.maximumNotes)
    let proofs = [FieldKey.mailbox.rawValue, table.names.lookUp("login")].compactMap(\.self)
    notes = NoteStore(
      maximum: policy.maximumNotes, maximumBytes: policy.maximumNoteBytes, proofs: Set(proofs))
    mailboxes = KnownMailboxes(
      configured: policy.knownMailboxes, newPerHour: policy.newMailboxesPerHour, retention: policy.mailboxRetention)
    sent = HourlyCounter(maximum: policy.maximumSentPerHour)
    strangers = HourlyCounter(maximum: policy.maximumStrangersPerHour)
  }

  /// Hands out what was emitted and forgets it.
  public func takeEvents() -> [OwnedEvent] {
    defer { emitted.removeAll(keepingCapacity: true) }
    return emitted
  }

  // MARK: - Time

  /// How far back a clock must go to have been set.
  private static let setBack: UInt64 = 60_000_000

  /// Moves to the time of a host's entry: what falls due before it is emitted first.
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

  /// Moves to a time up to which all entries have been read: what falls due before it is emitted.
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
    scratch.captures.withUnsafeBufferPointer {
      process(facts, rule: rule, captures: $0, isAmbiguous: scratch.isAmbiguous, line: line)
    }
  }

  /// The same with captures that lie elsewhere.
  public func process(
    _ facts: consuming EntryFacts, rule: Int, captures matched: UnsafeBufferPointer<MatchScratch.Capture>,
    isAmbiguous: Bool, line: UnsafeBufferPointer<UInt8>
  ) {
    advance(to: facts.realtime, of: facts.machine)
    arena.truncate(to: 0)
    captures.removeAll()
    keyCache.removeAll()
    for capture in matched {
      captures.enter(capture.name, header: arena.count)
      let bytes = UnsafeBufferPointer(rebasing: line[capture.start..<capture.end])
      let name = capture.isDoubtful ? capture.name | FieldLayout.doubt : capture.name
      if capture.encoding.mayDecode(bytes) {
        appendField(name, capture.encoding, decoding: bytes)
      } else {
        appendField(name, UnsafeRawBufferPointer(bytes))
      }
    }
    frame = Frame(rule: rule, facts: facts, capturesEnd: arena.count, isAmbiguous: isAmbiguous)
    frame.isCut = table.mayBeCut(line.count, rule: rule)
    clearFrameNotes()
    run(from: 0)
    runReady()
  }

  private func clearFrameNotes() {
    for place in 0..<program.noteCounts[frame.rule] { frameNotes[place] = .none }
  }

  private func run(from start: Int) {
    let instructions = program.rules[frame.rule]
    var index = Int(instructions.lowerBound) + start
    while index < Int(instructions.upperBound) {
      defer { index += 1 }
      let (verb, condition) = (program.instructions[index].verb, program.instructions[index].condition)
      // Whoever it is: it cannot tell, teach or silence anything by itself.
      if frame.facts.sender != .proven, !verb.isForUnproven { continue }
      arena.truncate(to: frame.capturesEnd)
      sawDoubt = false
      if condition >= 0 {
        let holds = holds(condition)
        // What `otherwise` means is doubtful from here on.
        if sawDoubt, verb == .event { frame.isBranchDoubtful = true }
        guard holds else { continue }
      }
      let instruction = program.instructions[index]
      switch verb {
      case .begin:
        let key = key(instruction.key)
        notes.begin(key, fields: makeFields(instruction.assignments), life: instruction.duration, now: now)
        appeared(key)
      case .note:
        let key = key(instruction.key)
        merge(key, instruction)
        appeared(key)
      case .use: see(key(instruction.key), as: Int(instruction.note), isDoubtful: sawDoubt)
      case .wait:
        if hold(instruction, next: index + 1 - Int(instructions.lowerBound)) { return }
      case .offer:
        if offer(instruction, next: index + 1 - Int(instructions.lowerBound)) { return }
      case .take: take(instruction)
      case .withdraw: withdraw(key(instruction.key))
      case .set: keepValues(instruction.assignments)
      case .alias:
        let new = key(instruction.key)
        notes.alias(new, of: key(instruction.other), now: now)
      case .forget: notes.forget(key(instruction.key), at: now &+ instruction.duration, now: now)
      case .event:
        emit(instruction)
        frame.hasEmitted = true
      case .confirm:
        frame.isConfirmed = notes.has(key(instruction.key), now: now)
      case .prove: prove()
      case .noise: break
      }
    }
  }

  // MARK: - Waiting

  /// Whether the rule must wait; if a note is there already it goes on with it.
  private func hold(_ instruction: ActionProgram.Instruction, next: Int) -> Bool {
    var targets: [(key: NoteKey, name: Int)] = []
    for place in stride(from: instruction.list.lowerBound, to: instruction.list.upperBound, by: 2) {
      let (key, name) = (key(program.lists[Int(place)]), Int(program.lists[Int(place) + 1]))
      if notes.has(key, now: now) {
        see(key, as: name, isDoubtful: sawDoubt)
        return false
      }
      targets.append((key, name))
    }
    return suspend(instruction, targets: targets, offer: nil, next: next)
  }

  /// Whether the rule was put aside until what it waits for comes, or the instruction's time is over.
  func suspend(
    _ instruction: ActionProgram.Instruction, targets: [(key: NoteKey, name: Int)], offer: Offer?, next: Int
  ) -> Bool {
    // The window is that of the entry: what is found late by the clock of another entry is not found.
    let deadline = frame.facts.realtime &+ instruction.duration
    guard deadline > now, waiting.count < policy.maximumWaiting, waitingBytes < policy.maximumWaitingBytes else {
      if deadline > now { waitsCutShort += 1 }
      return false
    }
    learnDeliveredAccount()
    let id = nextWait
    nextWait &+= 1
    add(
      Waiting(execution: suspendedExecution(), next: next, targets: targets, offer: offer, deadline: deadline), id: id)
    return true
  }

  private func suspendedExecution() -> Execution {
    var execution = Execution(
      rule: frame.rule, facts: frame.facts, captures: FieldSet(wholeFields: arena[0..<frame.capturesEnd]),
      isAmbiguous: frame.isAmbiguous,
      notes: frameNotes[..<program.noteCounts[frame.rule]].map { $0 == .none ? nil : $0 }, hasEmitted: frame.hasEmitted)
    execution.isConfirmed = frame.isConfirmed
    execution.isBranchDoubtful = frame.isBranchDoubtful
    execution.isCut = frame.isCut
    execution.doubtfulNotes = frame.doubtfulNotes
    return execution
  }

  private func takeUp(_ execution: Execution) {
    arena.truncate(to: 0)
    execution.captures.withUnsafeBytes { arena.append($0) }
    captures.removeAll()
    keyCache.removeAll()
    FieldLayout.forEach(in: arena[0..<arena.count]) { name, header in captures.enter(name, header: header) }
    frame = Frame(
      rule: execution.rule, facts: execution.facts, capturesEnd: arena.count, isAmbiguous: execution.isAmbiguous)
    (frame.hasEmitted, frame.isConfirmed) = (execution.hasEmitted, execution.isConfirmed)
    (frame.isBranchDoubtful, frame.isCut) = (execution.isBranchDoubtful, execution.isCut)
    frame.doubtfulNotes = execution.doubtfulNotes
    for (place, key) in execution.notes.enumerated() { frameNotes[place] = key ?? .none }
  }

  func add(_ item: Waiting, id: UInt64) {
    waiting[id] = item
    waitingBytes += item.size
    if tracksChanges { changedWaiting.insert(id) }
    for target in item.targets { waitersOf[notes.resolve(target.key), default: []].append(id) }
    if let offer = item.offer { open(offer, id: id) }
    let facts = item.execution.facts
    clocks.wait(id, at: clocks.place(of: facts.machine, from: facts.realtime), until: item.deadline)
  }

  private func appeared(_ key: NoteKey) {
    guard !waitersOf.isEmpty, let ids = waitersOf[notes.resolve(key)] else { return }
    for id in ids { ready.append((id, key, false)) }
  }

  private func runReady() {
    while !ready.isEmpty {
      let batch = ready
      ready.removeAll()
      for (id, found, isOnly) in batch where waiting[id] != nil { resume(id, found: found, isOnlyOffer: isOnly) }
    }
  }

  private func resume(_ id: UInt64, found key: NoteKey?, isOnlyOffer: Bool = false) {
    guard let item = waiting.removeValue(forKey: id) else { return }
    waitingBytes -= item.size
    if tracksChanges { changedWaiting.insert(id) }
    for target in item.targets {
      let resolved = notes.resolve(target.key)
      waitersOf[resolved]?.removeAll { $0 == id }
      if waitersOf[resolved]?.isEmpty == true { waitersOf[resolved] = nil }
    }
    if let offer = item.offer { close(offer, id: id, isTaken: key != nil) }
    takeUp(item.execution)
    if let key, let offer = item.offer {
      frameNotes[offer.name] = key
      frame.isOnlyOffer = isOnlyOffer
    } else if let key {
      for target in item.targets where notes.resolve(target.key) == notes.resolve(key) {
        frameNotes[target.name] = target.key
      }
    }
    // A note of another host may have ended the wait; what follows is of its own host's time.
    let outer = now
    now = isSettling ? now : clocks.now(of: frame.facts.machine) ?? now
    run(from: item.next)
    now = outer
  }

  // MARK: - Telling

  func emit(_ event: AuditEvent, to owner: TrailOwner) {
    if let shard = policy.shard, !shard.holds(Self.shardKey(event, owner)) { return }
    emitted.append(OwnedEvent(event: event, owner: owner))
  }

  /// What decides whose share an event is in: its mailbox, or the panel's account.
  private static func shardKey(_ event: AuditEvent, _ owner: TrailOwner) -> ArraySlice<UInt8> {
    if case .panel(let account) = owner { return account[...] }
    return event.fields[.mailbox] ?? []
  }
}

/// A rule at work on one line; its captures and notes lie beside it.
struct Frame {
  var rule = 0
  var facts = EntryFacts(realtime: 0, identity: 0, machine: 0, pid: 0, uid: 0, host: [], unit: [], identifier: [])
  /// The end of the captures in the arena.
  var capturesEnd = 0
  var isAmbiguous = false
  /// Whether an event was emitted.
  var hasEmitted = false
  /// Whether a note settles whose the line is.
  var isConfirmed = false
  /// Whether a doubtful value decided which of the rule's events is emitted.
  var isBranchDoubtful = false
  /// Whether the line may lack its end.
  var isCut = false
  /// Whether the offer at which the rule just stopped was taken, and no other sender had one under its key.
  var isOnlyOffer = false
  /// By their place in the rule's names, the notes that were looked up under a doubtful key.
  var doubtfulNotes: UInt64 = 0
}

/// A rule that stopped on its way, with all that it had.
struct Execution: Sendable {
  var rule: Int
  var facts: EntryFacts
  var captures: FieldSet
  var isAmbiguous: Bool
  /// The keys of the notes in use, by their place in the rule's `noteNames`.
  var notes: [NoteKey?]
  /// Whether an event was emitted.
  var hasEmitted: Bool
  var isConfirmed = false
  var isBranchDoubtful = false
  var isCut = false
  var doubtfulNotes: UInt64 = 0
}

/// A rule that waits for a note, or for another rule to take its offer.
struct Waiting: Sendable {
  var execution: Execution
  /// The action to go on with.
  var next: Int
  var targets: [(key: NoteKey, name: Int)]
  var offer: Offer?
  var deadline: UInt64

  /// About, in bytes: the item with its timer and its places in the tables, and the arrays.
  var size: Int {
    let facts = execution.facts
    return 1024 + execution.captures.byteCount + facts.host.count + facts.unit.count + facts.identifier.count
      + 64 * (targets.count + execution.notes.count)
  }
}
