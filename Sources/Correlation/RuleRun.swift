import AuditModel
import RuleTable

/// Carrying out what rules do.
extension Correlator {
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
    clearFrameContexts()
    run(from: 0)
    runReady()
  }

  func clearFrameContexts() {
    for index in 0..<program.contextCounts[frame.rule] { frameContexts[index] = .none }
  }

  func run(from start: Int) {
    let instructions = program.rules[frame.rule]
    var index = Int(instructions.lowerBound) + start
    while index < Int(instructions.upperBound) {
      defer { index += 1 }
      let (verb, condition) = (program.instructions[index].verb, program.instructions[index].condition)
      // Whoever it is: it cannot emit, teach or silence anything by itself.
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
        contexts.begin(key, fields: makeFields(instruction.assignments), ttl: instruction.duration, now: now)
        appeared(key)
      case .note:
        let key = key(instruction.key)
        merge(key, instruction)
        appeared(key)
      case .use: see(key(instruction.key), as: Int(instruction.context), isDoubtful: sawDoubt)
      case .wait:
        if hold(instruction, next: index + 1 - Int(instructions.lowerBound)) { return }
      case .offer:
        if offer(instruction, next: index + 1 - Int(instructions.lowerBound)) { return }
      case .take: take(instruction)
      case .withdraw: withdraw(key(instruction.key))
      case .set: keepValues(instruction.assignments)
      case .alias:
        let new = key(instruction.key)
        contexts.alias(new, of: key(instruction.other), now: now)
      case .forget: contexts.forget(key(instruction.key), at: now &+ instruction.duration, now: now)
      case .event:
        emit(instruction)
        frame.hasEmitted = true
      case .confirm:
        frame.isConfirmed = contexts.has(key(instruction.key), now: now)
      case .prove: prove()
      case .noise: break
      }
    }
  }
}
