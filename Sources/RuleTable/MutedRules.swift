/// Finds rules of which a stranger's text can hold back every event: whoever writes it would hide what the line says.
struct MutedRules {
  let rules: [RuleSource]
  let strangers: StrangersText
  /// So many assignments of a rule's conditions are looked at for each text: more than any needs that a person can read.
  var maximumSteps = 2_000

  func check() -> [Diagnostic] {
    rules.compactMap { rule in
      let events = rule.lines.filter { if case .event = $0.action.verb { true } else { false } }
      guard let first = events.first else { return nil }
      var search = MuteSearch(rule, events.map(\.action.condition), strangers, maximumSteps: maximumSteps)
      let muting = search.muting()
      guard !search.isUndecided else {
        return Diagnostic(
          first.action.location,
          "‘\(rule.id)’ has too many conditions to see whether a text keeps it from emitting anything",
          remedy: "make several rules of it, or end it with: event … unowned otherwise")
      }
      guard let atom = muting else { return nil }
      let (word, what) = Self.text(of: atom)
      return Diagnostic(
        (events.first { $0.action.condition.atoms.contains(atom) } ?? first).location(of: word),
        "\(what) keeps ‘\(rule.id)’ from emitting anything: whoever writes such a line hides what it says",
        remedy: "emit it all the same: what is doubtful goes to _unknown or is left out by itself; at least: "
          + "event … unowned otherwise")
    }
  }

  private static func quoted(_ texts: [[UInt8]]) -> String {
    texts.map { "‘" + String(decoding: $0, as: UTF8.self) + "’" }.joined(separator: ", ")
  }

  private static func text(of atom: Condition) -> (word: String, what: String) {
    switch atom {
    case .ambiguous: ("ambiguous", "a second reading")
    case .cut: ("cut", "a cut end")
    case .contains(_, let texts): ("contains", "a stranger's text that contains \(quoted(texts))")
    case .startsWith(_, let texts): ("starts", "a stranger's text that starts with \(quoted(texts))")
    default: ("if", "a stranger's text")
    }
  }
}

/// Looks for two lines of a rule that differ in what a stranger chooses alone: the one without any of the texts that
/// conditions look for is emitted, the other is not.
private struct MuteSearch {
  /// Whether the search for a text was given up.
  private(set) var isUndecided = false
  private let maximumSteps: Int
  private let atoms: [Condition]
  private let events: [Formula]
  /// Which atoms a stranger decides.
  private let chosen: [Bool]
  /// Of an atom that looks a context up: the texts with which this rule itself makes the context. Where it is there, what such
  /// a text says was emitted before.
  private let repeated: [Set<Int>]

  init(_ rule: RuleSource, _ conditions: [Condition], _ strangers: StrangersText, maximumSteps: Int) {
    self.maximumSteps = maximumSteps
    let flags = RuleFlags(rule)
    let emitted = conditions.map(flags.expanded)
    var atoms: [Condition] = []
    for atom in emitted.flatMap(\.atoms) where !atoms.contains(atom) { atoms.append(atom) }
    self.atoms = atoms
    events = emitted.map { Formula($0, atoms) }
    chosen = atoms.map { $0.isChosen(of: rule, strangers) }
    repeated = atoms.map { atom in
      Set(rule.conditionsMaking(atom).map(flags.expanded).flatMap(\.atoms).compactMap(atoms.firstIndex))
    }
  }

  /// What holds the events back; nil where nothing does, or where that cannot be seen.
  mutating func muting() -> Condition? {
    for text in chosen.indices where chosen[text] {
      for event in events where event.atoms.contains(text) && isMuted(event, by: text) { return atoms[text] }
    }
    return nil
  }

  /// Whether there are facts with which the text alone keeps this event, and with it every other, from being emitted.
  private mutating func isMuted(_ event: Formula, by text: Int) -> Bool {
    let open = atoms.indices.filter { !chosen[$0] && !repeated[$0].contains(text) }
    let own = open.filter(event.atoms.contains)
    let rest = open.filter { !own.contains($0) }
    var without: [Bool?] = chosen.indices.map { chosen[$0] || repeated[$0].contains(text) ? false : nil }
    var with = without
    with[text] = true
    var steps = 0
    return search(own + rest, event, &without, &with, &steps)
  }

  private mutating func search(
    _ open: [Int], _ event: Formula, _ without: inout [Bool?], _ with: inout [Bool?], _ steps: inout Int
  ) -> Bool {
    steps += 1
    if steps > maximumSteps { isUndecided = true }
    guard steps <= maximumSteps, event.value(without) != false else { return false }
    let emitted = Formula.any(events).value(with)
    if emitted == true { return false }
    if emitted == false, event.value(without) == true { return true }
    guard let atom = open.first else { return false }
    defer { (without[atom], with[atom]) = (nil, nil) }
    for value in [true, false] {
      (without[atom], with[atom]) = (value, value)
      if search(Array(open.dropFirst()), event, &without, &with, &steps) { return true }
    }
    return false
  }
}

/// A condition of numbered atoms.
private indirect enum Formula {
  case constant(Bool)
  case atom(Int)
  case not(Formula)
  case all([Formula])
  case any([Formula])

  init(_ condition: Condition, _ atoms: [Condition]) {
    switch condition {
    // Where `otherwise` does not hold an event was emitted.
    case .always, .otherwise: self = .constant(true)
    // Of a name that nobody has nothing needs to be emitted.
    case .isOf(_, .known): self = .constant(true)
    case .not(let inner): self = .not(Formula(inner, atoms))
    case .all(let terms): self = .all(terms.map { Formula($0, atoms) })
    case .any(let terms): self = .any(terms.map { Formula($0, atoms) })
    default: self = atoms.firstIndex(of: condition).map { .atom($0) } ?? .constant(true)
    }
  }

  /// - Returns: nil where it depends on atoms that have no value.
  func value(_ values: [Bool?]) -> Bool? {
    switch self {
    case .constant(let value): return value
    case .atom(let index): return values[index]
    case .not(let inner): return inner.value(values).map { !$0 }
    case .all(let terms): return Self.value(terms, values, decisive: false)
    case .any(let terms): return Self.value(terms, values, decisive: true)
    }
  }

  private static func value(_ terms: [Formula], _ values: [Bool?], decisive: Bool) -> Bool? {
    var isOpen = false
    for term in terms {
      switch term.value(values) {
      case decisive: return decisive
      case nil: isOpen = true
      default: break
      }
    }
    return isOpen ? nil : !decisive
  }

  var atoms: [Int] {
    switch self {
    case .constant: []
    case .atom(let index): [index]
    case .not(let inner): inner.atoms
    case .all(let terms), .any(let terms): terms.flatMap(\.atoms)
    }
  }
}

/// What `set NAME=1 if …` says: a flag of the rule's own is there when its condition held. What the rule offered and
/// another took is emitted there: the rule must emit what nobody took.
private struct RuleFlags {
  private var conditions: [UInt16: Condition] = [:]
  private var offers: Set<Int> = []

  init(_ rule: RuleSource) {
    for line in rule.lines {
      if case .offer(_, _, _, let name) = line.action.verb { offers.insert(name) }
      guard case .set(let values) = line.action.verb else { continue }
      for value in values {
        guard case .literal(let text) = value.value, !text.isEmpty else { continue }
        let before = conditions[value.field].map { [$0] } ?? []
        conditions[value.field] = .any(before + [expanded(line.action.condition)])
      }
    }
  }

  func expanded(_ condition: Condition) -> Condition {
    switch condition {
    case .present(.capture(let name)): conditions[name] ?? condition
    case .contextExists(let name): offers.contains(name) ? .not(.always) : condition
    case .not(let inner): .not(expanded(inner))
    case .all(let terms): .all(terms.map(expanded))
    case .any(let terms): .any(terms.map(expanded))
    default: condition
    }
  }
}

extension RuleSource {
  /// When the rule makes what an atom looks up: a context, or one with a field.
  fileprivate func conditionsMaking(_ atom: Condition) -> [Condition] {
    let (name, field): (Int, UInt16?)
    switch atom {
    case .contextExists(let context): (name, field) = (context, nil)
    case .present(.contextField(let context, let key)): (name, field) = (context, key)
    default: return []
    }
    let references = Set(
      actions.compactMap { action -> ContextReference? in
        if case .use(let reference, name) = action.verb { reference } else { nil }
      })
    return actions.compactMap { action in
      switch action.verb {
      case .note(let reference, let fields, _), .begin(let reference, let fields, _):
        references.contains(reference) && (field == nil || fields.contains { $0.field == field })
          ? action.condition : nil
      default: nil
      }
    }
  }
}

extension Condition {
  /// The conditions of which it is made.
  fileprivate var atoms: [Condition] {
    switch self {
    case .always, .otherwise, .isOf(_, .known): []
    case .not(let inner): inner.atoms
    case .all(let terms), .any(let terms): terms.flatMap(\.atoms)
    default: [self]
    }
  }

  /// Whether a stranger's text decides it, whatever else stands in it.
  fileprivate func isChosen(of rule: RuleSource, _ strangers: StrangersText) -> Bool {
    switch self {
    case .ambiguous, .cut: true
    case .contains(let value, _), .startsWith(let value, _): strangers.mayStand(in: value, of: rule)
    default: false
    }
  }
}
