import AuditModel
import RuleTable

/// The actions of all rules of a table in the form in which they are carried out: flat arrays of plain numbers.
///
/// `Action` and `ValueExpression` are trees of references, good to read and to check; walking them costs a count of
/// references at each step, more than the work itself.
struct ActionProgram: Sendable {
  /// One action.
  struct Instruction: Sendable {
    enum Verb: UInt8, Sendable {
      case begin, note, use, wait, offer, take, withdraw, set, alias, forget, event, confirm, prove, noise

      /// Whether it is carried out for a line that nothing proves to be the daemon's: it changes what nobody else reads,
      /// or offers what a proven line may take.
      var isForUnproven: Bool { self == .offer || self == .prove || self == .use || self == .set }
    }

    var verb: Verb
    var kind = EventKind.loginSucceeded
    var filing = Filing.ofMailbox
    /// -1 for none.
    var condition: Int32 = -1
    var key: Int32 = -1
    /// The old key of an alias; the group of an offer; the value that names a panel's account.
    var other: Int32 = -1
    /// Whether the oldest offer is taken rather than the newest.
    var isOldest = false
    /// The place of a note in the rule's names.
    var note: Int32 = -1
    var assignments: Range<Int32> = 0..<0
    /// In `lists`: the notes of an event, or the keys and names of what is waited for.
    var list: Range<Int32> = 0..<0
    /// How long a note lives, how long is waited, after how long is forgotten; microseconds.
    var duration: UInt64 = 0
  }

  enum Filing: UInt8, Sendable {
    case ofMailbox, unowned, ofPanel
    /// In `_unknown`, although nothing says whose it is.
    case unnamed
  }

  struct Assignment: Sendable {
    var field: UInt16
    var operation: FieldAssignment.Operation
    var value: Int32
    /// `field=""`: the event must not have it.
    var isEmpty: Bool
  }

  struct Key: Sendable {
    var kindHash: UInt32
    /// Whether notes of the kind are those of all hosts together.
    var crossesHosts: Bool
    /// Whether it depends on nothing but the rule's captures and the entry.
    var isOfCaptures: Bool
    /// In `lists`: values.
    var parts: Range<Int32>
  }

  struct Value: Sendable {
    enum Kind: UInt8, Sendable {
      case literal, capture, note, entry, first, prefix, messageID, account, address, applied, joined
    }

    var kind: Kind
    /// A name, or a note's place in the rule's names.
    var number: UInt16 = 0
    /// The first byte of a literal; a note's field; the inner value; the first of a list.
    var first: Int32 = 0
    /// The length of a literal or a prefix; a function; how many in a list.
    var count: Int32 = 0
  }

  struct Condition: Sendable {
    enum Kind: UInt8, Sendable {
      case always, noteExists, present, equals, contains, startsWith, isAtLeast, isKnown, isOf, ambiguous, otherwise,
        cut, unproven
      case all, any
    }

    var kind: Kind
    /// Whether it is turned round.
    var isNegated = false
    /// A value, or a note's place.
    var value: Int32 = 0
    /// In `lists`: values, conditions, or places in `texts`.
    var list: Range<Int32> = 0..<0
    var bound: UInt64 = 0
    var namedClass = RuleTable.Condition.NamedClass.inbox
  }

  /// Where each rule's instructions lie.
  private(set) var rules: ContiguousArray<Range<Int32>> = []
  private(set) var noteCounts: ContiguousArray<Int> = []
  private(set) var instructions: ContiguousArray<Instruction> = []
  private(set) var assignments: ContiguousArray<Assignment> = []
  private(set) var keys: ContiguousArray<Key> = []
  private(set) var values: ContiguousArray<Value> = []
  private(set) var conditions: ContiguousArray<Condition> = []
  private(set) var lists: ContiguousArray<Int32> = []
  private(set) var functions: [ValueFunction] = []
  /// The bytes of all literals.
  private(set) var pool: [UInt8] = []
  /// Where texts of conditions lie in the pool.
  private(set) var texts: ContiguousArray<Range<Int32>> = []
  /// The values of `daemon` and `rule` of each rule's events, in the pool.
  private(set) var daemons: ContiguousArray<Range<Int32>> = []
  private(set) var names: ContiguousArray<Range<Int32>> = []
  /// By rule, the account that its deliveries are to; -1 for none.
  private(set) var deliveredAccounts: ContiguousArray<Int32> = []
  let maximumNotes: Int
  /// The keys made so far; empty when all are made.
  private var keyIndices: [NoteReference: Int32] = [:]

  init(_ table: CompiledTable) {
    maximumNotes = table.rules.map(\.noteNames.count).max() ?? 0
    let lives = Dictionary(
      table.lives.map { (NoteReference.hash(ofKind: $0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    for rule in table.rules {
      let compiled = rule.actions.map { instruction($0, lives) }
      rules.append(Int32(instructions.count)..<Int32(instructions.count + compiled.count))
      instructions += compiled
      deliveredAccounts.append(compiled.compactMap { deliveredAccount($0) }.first ?? -1)
      noteCounts.append(rule.noteNames.count)
      daemons.append(literal(Array(rule.daemon.utf8)))
      names.append(literal(Array(rule.id.utf8)))
    }
    keyIndices = [:]
  }

  /// The bytes of a literal.
  func bytes(_ range: Range<Int32>) -> ArraySlice<UInt8> { pool[Int(range.lowerBound)..<Int(range.upperBound)] }

  /// The value that says to whose account an event is a delivery.
  private func deliveredAccount(_ instruction: Instruction) -> Int32? {
    guard instruction.verb == .event, instruction.filing == .ofMailbox, instruction.kind.provesMailboxByDelivery,
      let index = instruction.assignments.first(where: { assignments[Int($0)].field == FieldKey.mailbox.rawValue })
    else { return nil }
    let value = assignments[Int(index)].value
    return values[Int(value)].kind == .account ? value : nil
  }

  // MARK: - Making

  /// How long notes live whose kind has no `keep`.
  private static let defaultLife: UInt64 = 3_600_000_000

  private mutating func instruction(_ action: Action, _ lives: [UInt32: UInt64]) -> Instruction {
    func life(_ reference: NoteReference, _ own: UInt64?) -> UInt64 {
      own ?? lives[reference.kindHash] ?? Self.defaultLife
    }
    var result: Instruction
    switch action.verb {
    case .begin(let reference, let fields, let own):
      result = Instruction(verb: .begin, key: key(reference), assignments: assign(fields))
      result.duration = life(reference, own)
    case .note(let reference, let fields, let own):
      result = Instruction(verb: .note, key: key(reference), assignments: assign(fields))
      result.duration = life(reference, own)
    case .use(let reference, let name): result = Instruction(verb: .use, key: key(reference), note: Int32(name))
    case .wait(let targets, let within):
      let pairs = targets.flatMap { [key($0.reference), Int32($0.name)] }
      result = Instruction(verb: .wait, list: list(pairs), duration: within)
    case .offer(let reference, let fields, let within, let name):
      result = Instruction(
        verb: .offer, key: key(reference.offer), other: key(reference.group), note: Int32(name),
        assignments: assign(fields), duration: within)
    case .take(let reference, let fields, let isOldest, let name):
      result = Instruction(
        verb: .take, key: key(reference.offer), isOldest: isOldest, note: Int32(name), assignments: assign(fields))
    case .withdraw(let group): result = Instruction(verb: .withdraw, key: key(group))
    case .set(let fields): result = Instruction(verb: .set, assignments: assign(fields))
    case .alias(let new, let old): result = Instruction(verb: .alias, key: key(new), other: key(old))
    case .forget(let reference, let after):
      result = Instruction(verb: .forget, key: key(reference), duration: after)
    case .event(let kind, let fields, let with, let filing):
      result = Instruction(verb: .event, kind: kind, assignments: assign(fields), list: list(with.map(Int32.init)))
      switch filing {
      case .ofMailbox: result.filing = .ofMailbox
      case .unowned: result.filing = fields.contains { $0.saysNoMailbox } ? .unnamed : .unowned
      case .ofPanel(let account):
        result.filing = .ofPanel
        result.other = value(account)
      }
    case .confirm(let reference): result = Instruction(verb: .confirm, key: key(reference))
    case .prove: result = Instruction(verb: .prove)
    case .noise: result = Instruction(verb: .noise)
    }
    if !action.isUnconditional { result.condition = condition(action.condition) }
    return result
  }

  private mutating func list(_ elements: [Int32]) -> Range<Int32> {
    let start = Int32(lists.count)
    lists += elements
    return start..<Int32(lists.count)
  }

  private mutating func literal(_ bytes: [UInt8]) -> Range<Int32> {
    let start = Int32(pool.count)
    pool += bytes
    return start..<Int32(pool.count)
  }

  private mutating func key(_ reference: NoteReference) -> Int32 {
    if let made = keyIndices[reference] { return made }
    let parts = list(reference.parts.map { value($0) })
    keys.append(
      Key(
        kindHash: reference.kindHash, crossesHosts: reference.crossesHosts,
        isOfCaptures: reference.parts.allSatisfy(Self.isOfCaptures), parts: parts))
    keyIndices[reference] = Int32(keys.count - 1)
    return Int32(keys.count - 1)
  }

  /// Whether a value stays the same while a rule is at work: an address does not, because a mailbox may become known.
  private static func isOfCaptures(_ value: ValueExpression) -> Bool {
    switch value {
    case .literal, .capture, .entry: true
    case .note, .mailbox(.address, _): false
    case .prefix(let inner, _), .applied(_, let inner), .mailbox(.account, let inner): isOfCaptures(inner)
    case .first(let values), .joined(let values): values.allSatisfy(isOfCaptures)
    }
  }

  private mutating func assign(_ fields: [FieldAssignment]) -> Range<Int32> {
    let made = fields.map {
      Assignment(
        field: $0.field, operation: $0.operation, value: value($0.value), isEmpty: $0.value == .literal([]))
    }
    let start = Int32(assignments.count)
    assignments += made
    return start..<Int32(assignments.count)
  }

  private mutating func value(_ expression: ValueExpression) -> Int32 {
    let made: Value
    switch expression {
    case .literal(let bytes):
      let range = literal(bytes)
      made = Value(kind: .literal, first: range.lowerBound, count: Int32(range.count))
    case .capture(let name): made = Value(kind: .capture, number: name)
    case .note(let place, let field): made = Value(kind: .note, number: UInt16(place), first: Int32(field))
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
    case .applied(let function, let inner):
      // The inner value may bring functions of its own.
      functions.append(function)
      let place = Int32(functions.count - 1)
      made = Value(kind: .applied, first: value(inner), count: place)
    case .joined(let parts):
      let range = list(parts.map { value($0) })
      made = Value(kind: .joined, first: range.lowerBound, count: Int32(range.count))
    }
    values.append(made)
    return Int32(values.count - 1)
  }

  private mutating func condition(_ condition: RuleTable.Condition) -> Int32 {
    let made: Condition
    switch condition {
    case .always: made = Condition(kind: .always)
    case .noteExists(let place): made = Condition(kind: .noteExists, value: Int32(place))
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
      conditions[Int(index)].isNegated.toggle()
      return index
    case .all(let terms): made = Condition(kind: .all, list: list(terms.map { self.condition($0) }))
    case .any(let terms): made = Condition(kind: .any, list: list(terms.map { self.condition($0) }))
    }
    conditions.append(made)
    return Int32(conditions.count - 1)
  }

  private mutating func enter(_ texts: [[UInt8]]) -> Range<Int32> {
    let start = Int32(self.texts.count)
    self.texts += texts.map { literal($0) }
    return start..<Int32(self.texts.count)
  }
}
