import AuditModel
import RuleTable

extension ActionProgram {
  init(_ table: CompiledTable) {
    var compiler = ActionCompiler(table)
    for rule in table.rules { compiler.add(rule) }
    self = compiler.program
  }
}

/// Makes an `ActionProgram` of the rules' actions.
struct ActionCompiler {
  typealias Instruction = ActionProgram.Instruction
  typealias Assignment = ActionProgram.Assignment
  typealias Key = ActionProgram.Key
  typealias Value = ActionProgram.Value
  typealias Condition = ActionProgram.Condition

  private(set) var program = ActionProgram()
  /// The TTL of contexts, by the hash of their kind.
  private let ttls: [UInt32: UInt64]
  /// The keys made so far.
  private var keyIndices: [ContextReference: Int32] = [:]

  init(_ table: CompiledTable) {
    ttls = Dictionary(
      table.ttls.map { (ContextReference.hash(ofKind: $0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func add(_ rule: CompiledTable.Rule) {
    let compiled = rule.actions.map { instruction($0) }
    let first = Int32(program.instructions.count)
    program.instructions += compiled
    program.rules.append(first..<Int32(program.instructions.count))
    program.deliveredAccounts.append(compiled.compactMap { deliveredAccount($0) }.first ?? -1)
    program.contextCounts.append(rule.contextNames.count)
    program.maximumContexts = max(program.maximumContexts, rule.contextNames.count)
    program.daemons.append(literal(Array(rule.daemon.utf8)))
    program.names.append(literal(Array(rule.id.utf8)))
  }

  /// The value that says to whose account an event is a delivery.
  private func deliveredAccount(_ instruction: Instruction) -> Int32? {
    guard instruction.verb == .event, instruction.filing == .ofMailbox, instruction.kind.provesMailboxByDelivery,
      let index = instruction.assignments.first(where: {
        program.assignments[Int($0)].field == FieldKey.mailbox.rawValue
      })
    else { return nil }
    let value = program.assignments[Int(index)].value
    return program.values[Int(value)].kind == .account ? value : nil
  }

  /// The TTL of contexts whose kind has no `keep`.
  private static let defaultTTL: UInt64 = 3_600_000_000

  private mutating func instruction(_ action: Action) -> Instruction {
    func ttl(_ reference: ContextReference, _ own: UInt64?) -> UInt64 {
      own ?? ttls[reference.kindHash] ?? Self.defaultTTL
    }
    var result: Instruction
    switch action.verb {
    case .begin(let reference, let fields, let own):
      result = Instruction(verb: .begin, key: key(reference), assignments: assign(fields))
      result.duration = ttl(reference, own)
    case .note(let reference, let fields, let own):
      result = Instruction(verb: .note, key: key(reference), assignments: assign(fields))
      result.duration = ttl(reference, own)
    case .use(let reference, let name): result = Instruction(verb: .use, key: key(reference), context: Int32(name))
    case .wait(let targets, let within):
      let pairs = targets.flatMap { [key($0.reference), Int32($0.name)] }
      result = Instruction(verb: .wait, list: list(pairs), duration: within)
    case .offer(let reference, let fields, let within, let name):
      result = Instruction(
        verb: .offer, key: key(reference.offer), other: key(reference.group), context: Int32(name),
        assignments: assign(fields), duration: within)
    case .take(let reference, let fields, let isOldest, let name):
      result = Instruction(
        verb: .take, key: key(reference.offer), isOldest: isOldest, context: Int32(name), assignments: assign(fields))
    case .withdraw(let group): result = Instruction(verb: .withdraw, key: key(group))
    case .set(let fields): result = Instruction(verb: .set, assignments: assign(fields))
    case .alias(let new, let old): result = Instruction(verb: .alias, key: key(new), other: key(old))
    case .forget(let reference, let after):
      result = Instruction(verb: .forget, key: key(reference), duration: after)
    case .event(let kind, let fields, let with, let filing):
      result = Instruction(verb: .event, kind: kind, assignments: assign(fields), list: list(with.map(Int32.init)))
      file(&result, as: filing, fields: fields)
    case .confirm(let reference): result = Instruction(verb: .confirm, key: key(reference))
    case .prove: result = Instruction(verb: .prove)
    case .noise: result = Instruction(verb: .noise)
    }
    if !action.isUnconditional { result.condition = condition(action.condition) }
    return result
  }

  private mutating func file(_ event: inout Instruction, as filing: Action.Filing, fields: [FieldAssignment]) {
    switch filing {
    case .ofMailbox: event.filing = .ofMailbox
    case .unowned: event.filing = fields.contains { $0.saysNoMailbox } ? .unnamed : .unowned
    case .ofPanel(let account):
      event.filing = .ofPanel
      event.other = value(account)
    case .ofLocal(let user):
      event.filing = .ofLocal
      event.other = value(user)
    }
  }

  private mutating func list(_ elements: [Int32]) -> Range<Int32> {
    let start = Int32(program.lists.count)
    program.lists += elements
    return start..<Int32(program.lists.count)
  }

  private mutating func literal(_ bytes: [UInt8]) -> Range<Int32> {
    let start = Int32(program.pool.count)
    program.pool += bytes
    return start..<Int32(program.pool.count)
  }

  private mutating func key(_ reference: ContextReference) -> Int32 {
    if let made = keyIndices[reference] { return made }
    let parts = list(reference.parts.map { value($0) })
    program.keys.append(
      Key(
        kindHash: reference.kindHash, crossesHosts: reference.crossesHosts,
        isOfCaptures: reference.parts.allSatisfy(Self.isOfCaptures), parts: parts))
    keyIndices[reference] = Int32(program.keys.count - 1)
    return Int32(program.keys.count - 1)
  }

  /// Whether a value stays the same while a rule is at work: an address does not, because a mailbox may become known.
  private static func isOfCaptures(_ value: ValueExpression) -> Bool {
    switch value {
    case .literal, .capture, .entry: true
    case .contextField, .mailbox(.address, _): false
    case .prefix(let inner, _), .applied(_, let inner), .mailbox(.account, let inner): isOfCaptures(inner)
    case .first(let values), .joined(let values): values.allSatisfy(isOfCaptures)
    }
  }

  private mutating func assign(_ fields: [FieldAssignment]) -> Range<Int32> {
    let made = fields.map {
      Assignment(
        field: $0.field, operation: $0.operation, value: value($0.value), isEmpty: $0.value == .literal([]))
    }
    let start = Int32(program.assignments.count)
    program.assignments += made
    return start..<Int32(program.assignments.count)
  }

  private mutating func value(_ expression: ValueExpression) -> Int32 {
    let made: Value
    switch expression {
    case .literal(let bytes):
      let range = literal(bytes)
      made = Value(kind: .literal, first: range.lowerBound, count: Int32(range.count))
    case .capture(let name): made = Value(kind: .capture, number: name)
    case .contextField(let index, let field):
      made = Value(kind: .contextField, number: UInt16(index), first: Int32(field))
    case .entry(let field):
      made = Value(
        kind: .entry, first: Int32(ValueExpression.EntryField.allCases.firstIndex(of: field) ?? 0))
    case .first(let choices):
      let range = list(choices.map { value($0) })
      made = Value(kind: .first, first: range.lowerBound, count: Int32(range.count))
    case .prefix(let inner, let length):
      made = Value(kind: .prefix, first: value(inner), count: Int32(clamping: length))
    case .mailbox(.account, let inner): made = Value(kind: .account, first: value(inner))
    case .mailbox(.address, let inner): made = Value(kind: .address, first: value(inner))
    case .applied(.messageID, let inner): made = Value(kind: .messageID, first: value(inner))
    case .applied(.loginUser, let inner): made = Value(kind: .loginUser, first: value(inner))
    case .applied(.serviceUser, let inner): made = Value(kind: .serviceUser, first: value(inner))
    case .applied(let function, let inner):
      // The inner value may bring functions of its own.
      program.functions.append(function)
      let index = Int32(program.functions.count - 1)
      made = Value(kind: .applied, first: value(inner), count: index)
    case .joined(let parts):
      let range = list(parts.map { value($0) })
      made = Value(kind: .joined, first: range.lowerBound, count: Int32(range.count))
    }
    program.values.append(made)
    return Int32(program.values.count - 1)
  }

  private mutating func condition(_ condition: RuleTable.Condition) -> Int32 {
    let made: Condition
    switch condition {
    case .always: made = Condition(kind: .always)
    case .contextExists(let index): made = Condition(kind: .contextExists, value: Int32(index))
    case .present(let expression): made = Condition(kind: .present, value: value(expression))
    case .equals(let left, let choices):
      made = Condition(kind: .equals, value: value(left), list: list(choices.map { value($0) }))
    case .contains(let expression, let texts):
      made = Condition(kind: .contains, value: value(expression), list: enter(texts))
    case .startsWith(let expression, let texts):
      made = Condition(kind: .startsWith, value: value(expression), list: enter(texts))
    case .isAtLeast(let expression, let bound):
      made = Condition(kind: .isAtLeast, value: value(expression), bound: bound)
    case .isOf(let expression, .known): made = Condition(kind: .isKnown, value: value(expression))
    case .isOf(let expression, let named):
      made = Condition(kind: .isOf, value: value(expression), namedClass: named)
    case .ambiguous: made = Condition(kind: .ambiguous)
    case .cut: made = Condition(kind: .cut)
    case .unproven: made = Condition(kind: .unproven)
    case .otherwise: made = Condition(kind: .otherwise)
    case .not(let inner):
      let index = self.condition(inner)
      program.conditions[Int(index)].isNegated.toggle()
      return index
    case .all(let terms): made = Condition(kind: .all, list: list(terms.map { self.condition($0) }))
    case .any(let terms): made = Condition(kind: .any, list: list(terms.map { self.condition($0) }))
    }
    program.conditions.append(made)
    return Int32(program.conditions.count - 1)
  }

  private mutating func enter(_ texts: [[UInt8]]) -> Range<Int32> {
    let start = Int32(program.texts.count)
    program.texts += texts.map { literal($0) }
    return start..<Int32(program.texts.count)
  }
}
