import AuditModel
import RuleTable

/// What a waiting rule offers: the half of an event whose other half one other line may be.
struct Offer: Sendable {
  /// Under what it is taken.
  var key: ContextKey
  /// Under what it is withdrawn.
  var group: ContextKey
  /// The context that holds its fields, for the taker.
  var fields: ContextKey
  /// Under which of the rule's names it sees the taker's fields.
  var name: Int
}

/// Joins of one line with one other: an offer is taken once, so that no line is the half of two events.
extension Correlator {
  /// How long what two rules gave each other is kept for their further waits, microseconds.
  private static let takenTTL: UInt64 = 600_000_000

  /// Makes an offer; whether the rule waits for its taker.
  func offer(_ instruction: ActionProgram.Instruction, next: Int) -> Bool {
    let offer = Offer(
      key: key(instruction.key), group: key(instruction.other), fields: privateContext(instruction),
      name: Int(instruction.context))
    if suspend(instruction, targets: [], offer: offer, next: next) { return true }
    contexts.forget(offer.fields, at: now, now: now)
    return false
  }

  /// Takes the newest or oldest open offer under a key, if there is one.
  func take(_ instruction: ActionProgram.Instruction) {
    let key = key(instruction.key)
    guard let open = offers[key], let (id, isOnly) = choice(of: open, oldest: instruction.isOldest),
      let offer = waiting[id]?.offer
    else { return }
    close(offer, id: id, isTaken: true)
    see(offer.fields, as: Int(instruction.context), isDoubtful: sawDoubt)
    ready.append((id, privateContext(instruction), isOnly))
  }

  /// Which of the open offers under a key is taken, and whether all are one sender's.
  ///
  /// Those of proven senders go first, then those of uids that were confirmed before, then those of which journald says
  /// all. Where the best are two uids', somebody speaks who is not the agent, and nobody can say who: none is taken.
  private func choice(of open: [UInt64], oldest isOldest: Bool) -> (id: UInt64, isOnly: Bool)? {
    if open.count == 1 { return (open[0], true) }
    let offers = open.compactMap { id in waiting[id].map { (id, rank(of: $0.execution.facts), $0.execution.facts.uid) }
    }
    guard let best = offers.map(\.1).min() else { return nil }
    let choices = offers.filter { $0.1 == best }
    guard best == .proven || Set(choices.map(\.2)).count == 1 else { return nil }
    return (isOldest ? choices.first : choices.last).map { ($0.0, Set(offers.map(\.2)).count == 1) }
  }

  private enum Rank: Int, Comparable {
    case proven, confirmed, whole, partial

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  private func rank(of facts: EntryFacts) -> Rank {
    if facts.sender == .proven { return .proven }
    if senders.confirmations(of: facts.uid, on: facts.machine) > 0 { return .confirmed }
    return facts.sender == .unproven ? .whole : .partial
  }

  /// The uid of the rule's entry delivers mail: a verified line took its offer, and nobody else's was open.
  func prove() {
    guard frame.isOnlyOffer, frame.facts.sender == .unproven else { return }
    senders.confirm(frame.facts.uid, on: frame.facts.machine, at: frame.facts.realtime)
  }

  /// Lets the open offers of a group go on.
  func withdraw(_ group: ContextKey) {
    guard !offerGroups.isEmpty, let open = offerGroups[group] else { return }
    for id in open {
      guard let offer = waiting[id]?.offer else { continue }
      close(offer, id: id, isTaken: false)
      ready.append((id, nil, false))
    }
  }

  /// Enters an offer where it is found.
  func open(_ offer: Offer, id: UInt64) {
    offers[offer.key, default: []].append(id)
    offerGroups[offer.group, default: []].append(id)
  }

  /// From now on nobody finds the offer. Its fields outlive it where somebody took it.
  func close(_ offer: Offer, id: UInt64, isTaken: Bool) {
    Self.remove(id, of: offer.key, from: &offers)
    Self.remove(id, of: offer.group, from: &offerGroups)
    contexts.forget(offer.fields, at: isTaken ? now &+ Self.takenTTL : now, now: now)
  }

  private static func remove(_ id: UInt64, of key: ContextKey, from table: inout [ContextKey: [UInt64]]) {
    guard let index = table[key]?.firstIndex(of: id) else { return }
    table[key]?.remove(at: index)
    if table[key]?.isEmpty == true { table[key] = nil }
  }

  /// A context under a key that no rule can name, with the fields that an instruction hands over.
  private func privateContext(_ instruction: ActionProgram.Instruction) -> ContextKey {
    let start = arena.count
    defer { arena.truncate(to: start) }
    var id = nextWait.littleEndian
    nextWait &+= 1
    withUnsafeBytes(of: &id) { arena.append($0) }
    // Keys of contexts begin with a kind and a host and are longer than this.
    let key = secret.key(of: arena[from: start])
    arena.truncate(to: start)
    let fields = makeFields(instruction.assignments)
    contexts.begin(key, fields: fields, ttl: instruction.duration &+ Self.takenTTL, now: now)
    return key
  }

  /// Keeps values of the rule's own behind its captures; a name that has a value keeps it.
  func keepValues(_ assignments: Range<Int32>) {
    let isDoubtful = sawDoubt
    for index in assignments {
      let assignment = program.assignments[Int(index)]
      guard captures.header(of: assignment.field) == nil else { continue }
      arena.truncate(to: frame.capturesEnd)
      sawDoubt = isDoubtful
      let header = arena.count
      _ = arena.extend(by: FieldLayout.headerLength)
      let value = arena.count
      guard append(assignment.value), arena.count > value else { continue }
      FieldLayout.writeHeader(flagged(assignment.field), length: arena.count - value, to: arena.start + header)
      captures.enter(assignment.field, header: header)
      keyCache.removeAll()
      frame.capturesEnd = arena.count
    }
  }

  /// Makes a context visible under one of the rule's names.
  func see(_ key: ContextKey, as name: Int, isDoubtful: Bool) {
    frameContexts[name] = key
    guard name < UInt64.bitWidth else { return }
    if isDoubtful {
      frame.doubtfulContexts |= 1 << UInt64(name)
    } else {
      frame.doubtfulContexts &= ~(1 << UInt64(name))
    }
  }

  func isDoubtful(context name: Int) -> Bool {
    name < UInt64.bitWidth && frame.doubtfulContexts & 1 << UInt64(name) != 0
  }
}
