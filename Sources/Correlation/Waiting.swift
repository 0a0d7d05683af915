import AuditModel
import RuleTable

/// Rules that wait, and going on with them.
extension Correlator {
  /// Whether the rule must wait; if a context is there already it goes on with it.
  func hold(_ instruction: ActionProgram.Instruction, next: Int) -> Bool {
    var targets: [(key: ContextKey, name: Int)] = []
    for index in stride(from: instruction.list.lowerBound, to: instruction.list.upperBound, by: 2) {
      let (key, name) = (key(program.lists[Int(index)]), Int(program.lists[Int(index) + 1]))
      if contexts.has(key, now: now) {
        see(key, as: name, isDoubtful: sawDoubt)
        return false
      }
      targets.append((key, name))
    }
    return suspend(instruction, targets: targets, offer: nil, next: next)
  }

  /// Whether the rule was put aside until what it waits for comes, or the instruction's time is over.
  func suspend(
    _ instruction: ActionProgram.Instruction, targets: [(key: ContextKey, name: Int)], offer: Offer?, next: Int
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
      contexts: frameContexts[..<program.contextCounts[frame.rule]].map { $0 == .none ? nil : $0 },
      hasEmitted: frame.hasEmitted)
    execution.isConfirmed = frame.isConfirmed
    execution.isBranchDoubtful = frame.isBranchDoubtful
    execution.isCut = frame.isCut
    execution.doubtfulContexts = frame.doubtfulContexts
    return execution
  }

  func load(_ execution: Execution) {
    arena.truncate(to: 0)
    execution.captures.withUnsafeBytes { arena.append($0) }
    captures.removeAll()
    keyCache.removeAll()
    FieldLayout.forEach(in: arena[0..<arena.count]) { name, header in captures.enter(name, header: header) }
    frame = Frame(
      rule: execution.rule, facts: execution.facts, capturesEnd: arena.count, isAmbiguous: execution.isAmbiguous)
    (frame.hasEmitted, frame.isConfirmed) = (execution.hasEmitted, execution.isConfirmed)
    (frame.isBranchDoubtful, frame.isCut) = (execution.isBranchDoubtful, execution.isCut)
    frame.doubtfulContexts = execution.doubtfulContexts
    for (index, key) in execution.contexts.enumerated() { frameContexts[index] = key ?? .none }
  }

  func add(_ item: Waiting, id: UInt64) {
    waiting[id] = item
    waitingBytes += item.size
    if tracksChanges { changedWaiting.insert(id) }
    for target in item.targets { waitersOf[contexts.resolve(target.key), default: []].append(id) }
    if let offer = item.offer { open(offer, id: id) }
    let facts = item.execution.facts
    clocks.wait(id, at: clocks.index(of: facts.machine, from: facts.realtime), until: item.deadline)
  }

  func appeared(_ key: ContextKey) {
    guard !waitersOf.isEmpty, let ids = waitersOf[contexts.resolve(key)] else { return }
    for id in ids { ready.append((id, key, false)) }
  }

  func runReady() {
    while !ready.isEmpty {
      let batch = ready
      ready.removeAll()
      for (id, found, isOnly) in batch where waiting[id] != nil { resume(id, found: found, isOnlyOffer: isOnly) }
    }
  }

  func resume(_ id: UInt64, found key: ContextKey?, isOnlyOffer: Bool = false) {
    guard let item = waiting.removeValue(forKey: id) else { return }
    waitingBytes -= item.size
    if tracksChanges { changedWaiting.insert(id) }
    for target in item.targets {
      let resolved = contexts.resolve(target.key)
      waitersOf[resolved]?.removeAll { $0 == id }
      if waitersOf[resolved]?.isEmpty == true { waitersOf[resolved] = nil }
    }
    if let offer = item.offer { close(offer, id: id, isTaken: key != nil) }
    load(item.execution)
    if let key, let offer = item.offer {
      frameContexts[offer.name] = key
      frame.isOnlyOffer = isOnlyOffer
    } else if let key {
      for target in item.targets where contexts.resolve(target.key) == contexts.resolve(key) {
        frameContexts[target.name] = target.key
      }
    }
    // A context of another host may have ended the wait; what follows is of its own host's time.
    let outer = now
    now = isFinishing ? now : clocks.now(of: frame.facts.machine) ?? now
    run(from: item.next)
    now = outer
  }

}

/// A rule that waits for a context, or for another rule to take its offer.
struct Waiting: Sendable {
  var execution: Execution
  /// The action to go on with.
  var next: Int
  var targets: [(key: ContextKey, name: Int)]
  var offer: Offer?
  var deadline: UInt64

  /// About, in bytes: the item with its timer and its indices in the tables, and the arrays.
  var size: Int {
    let facts = execution.facts
    return 1024 + execution.captures.byteCount + facts.host.count + facts.unit.count + facts.identifier.count
      + 64 * (targets.count + execution.contexts.count)
  }
}
