import AuditModel

/// Finds notes that keep another rule silent for longer than their own rule waits to speak for it.
///
/// A rule leaves a note and waits; a line that finds the note says nothing, because the waiting rule will. When the wait
/// is over and the note is not, nobody tells what comes in between. Sound is an offer, which is taken once and gone with
/// the wait; so is a note that is forgotten or dies with the wait, and one whose key no other message can have, where its
/// rule does not need to hear of the line that it silences.
struct OutlivingNotes {
  let rules: [RuleSource]
  let declarations: NoteDeclarations
  let strangers: StrangersText

  func check() -> [Diagnostic] {
    let silences = rules.map { Silences($0) }
    var silenced: [SourcePlace: (note: WaitingNote, rules: [String])] = [:]
    for (place, rule) in rules.enumerated() {
      // A rule that its own note silences says something once: it is told by then.
      for note in notes(of: rule) where note.life > note.window && !silences[place].isSilent(before: note) {
        let others = rules.indices.filter { isLost(note, silences[$0]) }.map { rules[$0].id }
        guard !others.isEmpty else { continue }
        // A group's line stands in several rules.
        let known = silenced[note.place]?.note
        silenced[note.place] = (known.map { $0.window < note.window ? $0 : note } ?? note, others)
      }
    }
    return silenced.values.map { diagnostic($0.note, $0.rules) }
  }

  private func isLost(_ note: WaitingNote, _ silenced: Silences) -> Bool {
    guard silenced.isSilent(before: note) else { return false }
    if !note.awaited.isDisjoint(with: silenced.answers[note.kind] ?? []) { return true }
    return note.isNamedByStrangers && !silenced.usedUp.contains(note.kind)
  }

  private func diagnostic(_ note: WaitingNote, _ silenced: [String]) -> Diagnostic {
    let others = silenced.count > 1 ? " and \(silenced.count - 1) more" : ""
    return Diagnostic(
      note.place,
      "‘\(note.kind)’ silences ‘\(silenced[0])’\(others) for \(TextTokens.span(note.life)), but this rule waits only "
        + TextTokens.span(note.window),
      remedy: note.isNamedByStrangers
        ? "its key is a stranger's text: let the other rule use it up (take an offer, or forget it), or end it with the wait"
        : "what comes behind the wait is told by nobody: make it an offer, or end it with the wait: "
          + "for \(TextTokens.span(note.window))")
  }

  // MARK: - Notes in front of a wait

  /// A note that its rule writes before it waits.
  fileprivate struct WaitingNote {
    var kind: String
    var fields: Set<UInt16>
    /// How long it lives, and how long the rule may wait behind it; microseconds.
    var life: UInt64
    var window: UInt64
    /// The kinds that it waits for.
    var awaited: Set<String>
    var isNamedByStrangers: Bool
    var place: SourcePlace
  }

  private func notes(of rule: RuleSource) -> [WaitingNote] {
    rule.lines.indices.compactMap { index in
      switch rule.lines[index].action.verb {
      case .begin(let reference, let fields, let life), .note(let reference, let fields, let life):
        let later = rule.lines[(index + 1)...]
        let window = later.reduce(0) { $0 + $1.action.longestWait }
        guard window > 0, !isForgotten(reference, in: later) else { return nil }
        return WaitingNote(
          kind: reference.kind, fields: Set(fields.filter { !rule.passesOn($0, in: reference.kind) }.map(\.field)),
          life: life ?? declarations.kinds[reference.kind]?.life ?? NoteDeclarations.defaultLife,
          window: window, awaited: Set(later.flatMap(\.action.waiting)),
          isNamedByStrangers: reference.parts.contains { strangers.mayStand(in: $0, of: rule) },
          place: rule.lines[index].place(of: reference.kind))
      default: return nil
      }
    }
  }

  /// Whether the rule ends the note itself, whatever happened meanwhile.
  private func isForgotten(_ reference: NoteReference, in lines: ArraySlice<ActionSource>) -> Bool {
    lines.contains { line in
      guard case .forget(reference, after: 0) = line.action.verb else { return false }
      return line.action.isUnconditional
    }
  }
}

/// What keeps the events of a rule silent.
private struct Silences {
  /// Kinds of notes, and their fields, without which alone some event is told.
  private var notes: Set<String> = []
  private var fields: [String: Set<UInt16>] = [:]
  /// Kinds of notes with which some event is told.
  private var wanted: Set<String> = []
  /// Kinds of notes that the rule forgets: one silences one line.
  private(set) var usedUp: Set<String> = []
  /// By kind, the kinds of the notes that are written where one of it is there.
  private(set) var answers: [String: Set<String>] = [:]

  init(_ rule: RuleSource) {
    for line in rule.lines {
      switch line.action.verb {
      case .event: enter(line.action.condition, isNegated: false, rule)
      case .begin(let reference, _, _), .note(let reference, _, _):
        for kind in Self.kinds(in: line.action.condition, isNegated: false, rule) {
          answers[kind, default: []].insert(reference.kind)
        }
      case .forget(let reference, _): usedUp.insert(reference.kind)
      default: break
      }
    }
  }

  func isSilent(before note: OutlivingNotes.WaitingNote) -> Bool {
    guard !wanted.contains(note.kind) else { return false }
    return notes.contains(note.kind) || !note.fields.isDisjoint(with: fields[note.kind] ?? [])
  }

  private mutating func enter(_ condition: Condition, isNegated: Bool, _ rule: RuleSource) {
    switch condition {
    case .not(let inner): enter(inner, isNegated: !isNegated, rule)
    case .all(let terms), .any(let terms): for term in terms { enter(term, isNegated: isNegated, rule) }
    case .noteExists(let name):
      let kinds = rule.noteKinds(of: name)
      if isNegated { notes.formUnion(kinds) } else { wanted.formUnion(kinds) }
    case .present(.note(let name, let field)):
      for kind in rule.noteKinds(of: name) {
        if isNegated { fields[kind, default: []].insert(field) } else { wanted.insert(kind) }
      }
    default: break
    }
  }

  /// The kinds of which a note must be there for a condition to hold.
  private static func kinds(in condition: Condition, isNegated: Bool, _ rule: RuleSource) -> Set<String> {
    switch condition {
    case .not(let inner): kinds(in: inner, isNegated: !isNegated, rule)
    case .all(let terms), .any(let terms):
      terms.reduce(into: []) { $0.formUnion(kinds(in: $1, isNegated: isNegated, rule)) }
    case .noteExists(let name), .present(.note(let name, _)): isNegated ? [] : rule.noteKinds(of: name)
    default: []
    }
  }
}

extension RuleSource {
  /// Whether a field is what another note of the kind says already: that silenced others before.
  fileprivate func passesOn(_ field: FieldAssignment, in kind: String) -> Bool {
    guard case .note(let name, let read) = field.value else { return false }
    return read == field.field && noteKinds(of: name) == [kind]
  }

  /// The kinds of notes that a name may stand for.
  func noteKinds(of name: Int) -> Set<String> {
    Set(sources(of: name).compactMap { source in if case .note(let kind) = source { kind } else { nil } })
  }
}

extension Action {
  /// The kinds of notes that it waits for.
  fileprivate var waiting: [String] {
    if case .wait(let targets, _) = verb { targets.map(\.reference.kind) } else { [] }
  }

  /// How long the rule stops here at the most, in microseconds.
  var longestWait: UInt64 {
    switch verb {
    case .wait(_, let within), .offer(_, _, let within, _): within
    default: 0
    }
  }
}
