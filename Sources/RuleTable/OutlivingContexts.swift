import AuditModel
import Platform

/// Finds contexts that keep another rule silent for longer than their own rule waits to speak for it.
///
/// A rule leaves a context and waits; a line that finds the context says nothing, because the waiting rule will. When the wait
/// is over and the context is not, nobody emits what comes in between. Sound is an offer, which is taken once and gone with
/// the wait; so is a context that is forgotten or dies with the wait, and one whose key no other message can have, where its
/// rule does not need to hear of the line that it silences.
struct OutlivingContexts {
  let rules: [RuleSource]
  let declarations: ContextDeclarations
  let strangers: StrangersText

  func check() -> [Diagnostic] {
    let silences = rules.map { Silences($0) }
    var silenced: [SourceLocation: (context: WaitingContext, rules: [String])] = [:]
    for (location, rule) in rules.enumerated() {
      // A rule that its own context silences says something once: it is emitted by then.
      for context in contexts(of: rule)
      where context.ttl > context.window && !silences[location].isSilent(before: context) {
        let others = rules.indices.filter { isLost(context, silences[$0]) }.map { rules[$0].id }
        guard !others.isEmpty else { continue }
        // A group's line stands in several rules.
        let known = silenced[context.location]?.context
        silenced[context.location] = (known.map { $0.window < context.window ? $0 : context } ?? context, others)
      }
    }
    return silenced.values.map { diagnostic($0.context, $0.rules) }
  }

  private func isLost(_ context: WaitingContext, _ silenced: Silences) -> Bool {
    guard silenced.isSilent(before: context) else { return false }
    if !context.awaited.isDisjoint(with: silenced.answers[context.kind] ?? []) { return true }
    return context.isNamedByStrangers && !silenced.usedUp.contains(context.kind)
  }

  private func diagnostic(_ context: WaitingContext, _ silenced: [String]) -> Diagnostic {
    let others = silenced.count > 1 ? " and \(silenced.count - 1) more" : ""
    return Diagnostic(
      context.location,
      "‘\(context.kind)’ silences ‘\(silenced[0])’\(others) for \(TimeSpan.text(context.ttl)), but this rule waits only "
        + TimeSpan.text(context.window),
      remedy: context.isNamedByStrangers
        ? "its key is a stranger's text: let the other rule use it up (take an offer, or forget it), or end it with the wait"
        : "what comes behind the wait is emitted by nobody: make it an offer, or end it with the wait: "
          + "for \(TimeSpan.text(context.window))")
  }

  // MARK: - Contexts in front of a wait

  /// A context that its rule writes before it waits.
  fileprivate struct WaitingContext {
    var kind: String
    var fields: Set<UInt16>
    /// How long it is kept, and how long the rule may wait behind it; microseconds.
    var ttl: UInt64
    var window: UInt64
    /// The kinds that it waits for.
    var awaited: Set<String>
    var isNamedByStrangers: Bool
    var location: SourceLocation
  }

  private func contexts(of rule: RuleSource) -> [WaitingContext] {
    rule.lines.indices.compactMap { index in
      switch rule.lines[index].action.verb {
      case .begin(let reference, let fields, let ttl), .note(let reference, let fields, let ttl):
        let later = rule.lines[(index + 1)...]
        let window = later.reduce(0) { $0 + $1.action.longestWait }
        guard window > 0, !isForgotten(reference, in: later) else { return nil }
        return WaitingContext(
          kind: reference.kind, fields: Set(fields.filter { !rule.passesOn($0, in: reference.kind) }.map(\.field)),
          ttl: ttl ?? declarations.kinds[reference.kind]?.ttl ?? ContextDeclarations.defaultTTL,
          window: window, awaited: Set(later.flatMap(\.action.waiting)),
          isNamedByStrangers: reference.parts.contains { strangers.mayStand(in: $0, of: rule) },
          location: rule.lines[index].location(of: reference.kind))
      default: return nil
      }
    }
  }

  /// Whether the rule ends the context itself, whatever happened meanwhile.
  private func isForgotten(_ reference: ContextReference, in lines: ArraySlice<ActionSource>) -> Bool {
    lines.contains { line in
      guard case .forget(reference, after: 0) = line.action.verb else { return false }
      return line.action.isUnconditional
    }
  }
}

/// What keeps the events of a rule silent.
private struct Silences {
  /// Kinds of contexts, and their fields, without which alone some event is emitted.
  private var contexts: Set<String> = []
  private var fields: [String: Set<UInt16>] = [:]
  /// Kinds of contexts with which some event is emitted.
  private var wanted: Set<String> = []
  /// Kinds of contexts that the rule forgets: one silences one line.
  private(set) var usedUp: Set<String> = []
  /// By kind, the kinds of the contexts that are written where one of it is there.
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

  func isSilent(before context: OutlivingContexts.WaitingContext) -> Bool {
    guard !wanted.contains(context.kind) else { return false }
    return contexts.contains(context.kind) || !context.fields.isDisjoint(with: fields[context.kind] ?? [])
  }

  private mutating func enter(_ condition: Condition, isNegated: Bool, _ rule: RuleSource) {
    switch condition {
    case .not(let inner): enter(inner, isNegated: !isNegated, rule)
    case .all(let terms), .any(let terms): for term in terms { enter(term, isNegated: isNegated, rule) }
    case .contextExists(let name):
      let kinds = rule.contextKinds(of: name)
      if isNegated { contexts.formUnion(kinds) } else { wanted.formUnion(kinds) }
    case .present(.contextField(let name, let field)):
      for kind in rule.contextKinds(of: name) {
        if isNegated { fields[kind, default: []].insert(field) } else { wanted.insert(kind) }
      }
    default: break
    }
  }

  /// The kinds of which a context must be there for a condition to hold.
  private static func kinds(in condition: Condition, isNegated: Bool, _ rule: RuleSource) -> Set<String> {
    switch condition {
    case .not(let inner): kinds(in: inner, isNegated: !isNegated, rule)
    case .all(let terms), .any(let terms):
      terms.reduce(into: []) { $0.formUnion(kinds(in: $1, isNegated: isNegated, rule)) }
    case .contextExists(let name), .present(.contextField(let name, _)): isNegated ? [] : rule.contextKinds(of: name)
    default: []
    }
  }
}

extension RuleSource {
  /// Whether a field is what another context of the kind says already: that silenced others before.
  fileprivate func passesOn(_ field: FieldAssignment, in kind: String) -> Bool {
    guard case .contextField(let name, let read) = field.value else { return false }
    return read == field.field && contextKinds(of: name) == [kind]
  }

  /// The kinds of contexts that a name may stand for.
  func contextKinds(of name: Int) -> Set<String> {
    Set(sources(of: name).compactMap { source in if case .context(let kind) = source { kind } else { nil } })
  }
}

extension Action {
  /// The kinds of contexts that it waits for.
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
