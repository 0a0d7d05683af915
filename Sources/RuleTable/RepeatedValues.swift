/// Finds values that a rule sets a second time although the first certainly counts: a name that has a value keeps it, so
/// the second never does.
struct RepeatedValues {
  let rules: [RuleSource]
  let names: NameTable

  func check() -> [Diagnostic] {
    // A group's line stands in many rules: one in which it may count is enough.
    var isRepeated: [Repeated: Bool] = [:]
    for rule in rules {
      var values = KnownValues(certain: certainCaptures(of: rule))
      for line in rule.lines {
        guard case .set(let fields) = line.action.verb else { continue }
        for field in fields {
          let name = names.name(of: field.field)
          let repeated = Repeated(name: name, location: line.location(ofField: name))
          isRepeated[repeated] = isRepeated[repeated, default: true] && values.decide(field, line.action.condition)
          values.enter(field, line.action.condition)
        }
      }
    }
    return isRepeated.filter(\.value).keys.map { repeated in
      Diagnostic(
        repeated.location, "‘\(repeated.name)’ has a value by then, so this one never counts",
        remedy: "leave it out, or give the first a condition")
    }
  }

  private struct Repeated: Hashable {
    var name: String
    var location: SourceLocation
  }

  /// Captures that are there, and not empty, by whatever match line.
  private func certainCaptures(of rule: RuleSource) -> Set<UInt16> {
    let ofPatterns = rule.patterns.map { pattern, _ in
      Set(
        pattern.elements.compactMap { element -> UInt16? in
          guard case .capture(let name, let type, _, _) = element, CharacterClasses.bit(of: type) != 0 || type == .ip
          else { return nil }
          return names.lookUp(name)
        })
    }
    return ofPatterns.dropFirst().reduce(ofPatterns.first ?? []) { $0.intersection($1) }
  }
}

/// What is known of a rule's values at one of its lines.
private struct KnownValues {
  /// Names that have a value, whatever the line says.
  var certain: Set<UInt16>
  private var entered: [(field: FieldAssignment, condition: Condition)] = []

  init(certain: Set<UInt16>) { self.certain = certain }

  /// Whether a name has a value wherever an assignment would give it one.
  func decide(_ field: FieldAssignment, _ condition: Condition) -> Bool {
    certain.contains(field.field)
      || entered.contains { known, when in
        known.field == field.field && known.value == field.value && known.value.isOfLine
          && (when == .always || when == condition && when.isOfLine)
      }
  }

  mutating func enter(_ field: FieldAssignment, _ condition: Condition) {
    entered.append((field, condition))
    if condition == .always, isCertain(field.value) { certain.insert(field.field) }
  }

  /// Whether a value is there and not empty.
  private func isCertain(_ value: ValueExpression) -> Bool {
    switch value {
    case .literal(let bytes): !bytes.isEmpty
    case .capture(let name): certain.contains(name)
    case .entry(let field): field == .pid || field == .uid
    case .first(let parts), .joined(let parts): parts.contains(where: isCertain)
    case .prefix(let inner, _): isCertain(inner)
    case .contextField, .mailbox, .applied: false
    }
  }
}

extension ValueExpression {
  /// Whether it depends on the line and its entry alone, and so stays the same.
  fileprivate var isOfLine: Bool {
    var result = true
    forEachPart { part in
      switch part {
      case .contextField, .mailbox: result = false
      default: break
      }
    }
    return result
  }
}

extension Condition {
  /// The same of a condition.
  fileprivate var isOfLine: Bool {
    var result = true
    forEachPart { part in
      switch part {
      case .contextExists, .otherwise, .isOf: result = false
      default: if !part.values.allSatisfy(\.isOfLine) { result = false }
      }
    }
    return result
  }
}
