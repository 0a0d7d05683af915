import AuditModel

/// Whether each event can be filed, and says only what a record may say.
struct EventChecker {
  let rules: [RuleSource]
  let names: NameTable
  let traffic: ContextTraffic

  func check() -> [Diagnostic] { rules.flatMap { rule in rule.lines.flatMap { check($0, of: rule) } } }

  private func check(_ line: ActionSource, of rule: RuleSource) -> [Diagnostic] {
    guard case .event(_, let fields, let with, let filing) = line.action.verb else { return [] }
    var found = fields.flatMap { wrongValues($0, line) }
    switch filing {
    case .ofPanel, .ofLocal: return found
    case .ofMailbox, .unowned: break
    }
    let isNobodys = fields.contains(where: \.saysNoMailbox)
    if isNobodys ? filing != .unowned : !mayHaveMailbox(fields, with, rule) {
      found.append(
        Diagnostic(
          line.action.location, "the event has no mailbox: nobody's file is for it",
          remedy:
            "say whose it is: mailbox=<user>, or: panel <account>, local <user>; where no line does: mailbox=nothing unowned; "
            + "what an example expects: event KIND in MAILBOX"))
    }
    return found
  }

  private func mayHaveMailbox(_ fields: [FieldAssignment], _ with: [Int], _ rule: RuleSource) -> Bool {
    let mailbox = FieldKey.mailbox.rawValue
    if let assigned = fields.first(where: { $0.field == mailbox }) { return assigned.value != .literal([]) }
    if rule.captures.contains(FieldKey.mailbox.name.description) { return true }
    if rule.sets(mailbox) { return true }
    return with.contains { name in
      rule.sources(of: name).contains { traffic.isWritten(FieldKey.mailbox.name.description, of: $0) }
    }
  }

  private func wrongValues(_ field: FieldAssignment, _ line: ActionSource) -> [Diagnostic] {
    guard let key = FieldKey(rawValue: field.field), let values = key.values else { return [] }
    return literals(of: field.value).filter { !$0.isEmpty && !values.contains($0) }.map { word in
      let remedy = Spelling.suggestion(for: word, among: values).map { "did you mean ‘\($0)’? " } ?? ""
      return Diagnostic(
        line.location(ofField: key.name.description), "‘\(word)’ is no \(key.name)",
        remedy: remedy + "values are " + values.joined(separator: ", "))
    }
  }

  /// The words that a value may be.
  private func literals(of value: ValueExpression) -> [String] {
    switch value {
    case .literal(let bytes): [String(decoding: bytes, as: UTF8.self)]
    case .first(let choices): choices.flatMap { literals(of: $0) }
    default: []
    }
  }
}

extension RuleSource {
  /// What a name of the rule's contexts may stand for.
  func sources(of name: Int) -> Set<ContextTraffic.Source> {
    var result: Set<ContextTraffic.Source> = []
    for line in lines {
      for binding in line.action.bindings where binding.name == name { result.insert(binding.source) }
    }
    return result
  }

  /// Whether the rule makes a value of its own of this name.
  func sets(_ name: UInt16) -> Bool {
    lines.contains { line in
      if case .set(let fields) = line.action.verb { fields.contains { $0.field == name } } else { false }
    }
  }
}

extension Action {
  /// The names that contexts and offers get by this action.
  var bindings: [(name: Int, source: ContextTraffic.Source)] {
    switch verb {
    case .use(let reference, let name): [(name, .context(reference.kind))]
    case .wait(let targets, _): targets.map { ($0.name, .context($0.reference.kind)) }
    case .offer(let reference, _, _, let name): [(name, .taker(reference.kind))]
    case .take(let reference, _, _, let name): [(name, .offer(reference.kind))]
    default: []
    }
  }
}
