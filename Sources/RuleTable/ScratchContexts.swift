import AuditModel

/// Finds contexts in which a rule keeps its own captures over a wait although another line may have the same key: what is
/// read behind the wait may be the other line's.
///
/// Nobody but the rule, or the rules that do the same, has a use for such a context; `set` keeps the values without a key.
struct ScratchContexts {
  let rules: [RuleSource]
  let names: NameTable

  private typealias Field = ContextTraffic.Field

  func check() -> [Diagnostic] {
    let shared = sharedFields()
    return rules.flatMap { rule in
      rule.lines.indices.flatMap { index in
        readings(in: rule.lines[index], of: rule).compactMap { field in
          shared.contains(field) ? nil : diagnostic(field, readAt: index, of: rule)
        }
      }
    }
  }

  private func diagnostic(_ field: Field, readAt index: Int, of rule: RuleSource) -> Diagnostic? {
    let before = rule.lines[..<index]
    guard let wait = before.lastIndex(where: { $0.action.longestWait > 0 }) else { return nil }
    for line in before[..<wait] {
      guard let (reference, values) = line.action.contextWritten, reference.kind == field.source.kind,
        let value = values.first(where: { names.name(of: $0.field) == field.name })
      else { continue }
      let inKey = reference.parts.reduce(into: Set()) { $0.formUnion(rule.captures(in: $1)) }
      guard !rule.captures(in: value.value).isSubset(of: inKey) else { continue }
      return Diagnostic(
        line.location(ofField: field.name),
        "‘\(field.name)’ of ‘\(field.source.kind)’ is read behind a wait, and another line with the same key may have "
          + "changed it by then", remedy: "keep it in the rule: set \(field.name)=…, read as <\(field.name)>")
    }
    return nil
  }

  /// Fields that some rule reads without having written them: they join lines.
  private func sharedFields() -> Set<Field> {
    var result: Set<Field> = []
    for rule in rules {
      var own: Set<Field> = []
      for line in rule.lines {
        for field in readings(in: line, of: rule) where !own.contains(field) { result.insert(field) }
        guard let (reference, values) = line.action.contextWritten else { continue }
        for value in values {
          own.insert(Field(source: .context(reference.kind), name: names.name(of: value.field)))
        }
      }
    }
    return result
  }

  /// The fields of contexts that an action looks at.
  private func readings(in line: ActionSource, of rule: RuleSource) -> Set<Field> {
    var result: Set<Field> = []
    line.action.forEachValue { value in
      guard case .contextField(let name, let number) = value else { return }
      for kind in rule.contextKinds(of: name) {
        result.insert(Field(source: .context(kind), name: names.name(of: number)))
      }
    }
    guard case .event(_, _, let with, _) = line.action.verb else { return result }
    for kind in with.reduce(into: Set(), { $0.formUnion(rule.contextKinds(of: $1)) }) {
      for key in FieldKey.allCases { result.insert(Field(source: .context(kind), name: key.name.description)) }
    }
    return result
  }
}

extension Action {
  /// The context that it writes, with what it says in it.
  fileprivate var contextWritten: (ContextReference, [FieldAssignment])? {
    switch verb {
    case .begin(let reference, let fields, _), .note(let reference, let fields, _): (reference, fields)
    default: nil
    }
  }
}

extension RuleSource {
  /// The captures of which a value is made, also by way of values that the rule sets itself.
  fileprivate func captures(in value: ValueExpression) -> Set<UInt16> {
    var result: Set<UInt16> = []
    var rest = [value]
    var seen: Set<UInt16> = []
    while let next = rest.popLast() {
      next.forEachPart { part in
        guard case .capture(let name) = part, seen.insert(name).inserted else { return }
        let made = valuesSet(name)
        if made.isEmpty { result.insert(name) } else { rest += made }
      }
    }
    return result
  }

  /// What `set` gives a name.
  private func valuesSet(_ name: UInt16) -> [ValueExpression] {
    lines.flatMap { line -> [ValueExpression] in
      guard case .set(let fields) = line.action.verb else { return [] }
      return fields.filter { $0.field == name }.map(\.value)
    }
  }
}
