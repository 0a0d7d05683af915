/// Finds names that a rule gives to a context, an offer or a value of its own and then does not use: what was meant by
/// them does not happen.
struct UnusedNames {
  let rules: [RuleSource]
  let names: NameTable

  /// A name at the location that gives it.
  private struct Given: Hashable {
    var name: String
    var location: SourceLocation
  }

  func check() -> [Diagnostic] {
    // A group's line stands in many rules: one that uses the name is enough.
    var isUsed: [Given: Bool] = [:]
    // A rule that does nothing but look a context up keeps its lines from the noise rules.
    for rule in rules where rule.lines.count > 1 {
      let (contexts, values) = used(in: rule)
      for line in rule.lines {
        for (name, source) in line.action.bindings {
          // Two contexts of one rule cannot both bear the name of their kind.
          if case .wait = line.action.verb, rule.contextNames.contains(source.kind) { continue }
          guard let location = line.locationGiving(rule.contextNames[name]) else { continue }
          let given = Given(name: rule.contextNames[name], location: location)
          isUsed[given] = isUsed[given, default: false] || contexts.contains(name)
        }
        guard case .set(let fields) = line.action.verb else { continue }
        for field in fields {
          let name = names.name(of: field.field)
          let given = Given(name: name, location: line.location(ofField: name))
          isUsed[given] = isUsed[given, default: false] || values.contains(field.field)
        }
      }
    }
    return isUsed.filter { !$0.value }.keys.map { given in
      Diagnostic(given.location, "nothing uses ‘\(given.name)’", remedy: "use it, or leave it out")
    }
  }

  /// The rule's names of contexts, and the names of values, that something looks at.
  private func used(in rule: RuleSource) -> (contexts: Set<Int>, values: Set<UInt16>) {
    var contexts: Set<Int> = []
    var values: Set<UInt16> = []
    for line in rule.lines {
      line.action.forEachValue { value in
        switch value {
        case .contextField(let name, _): contexts.insert(name)
        case .capture(let name): values.insert(name)
        default: break
        }
      }
      line.action.condition.forEachPart { if case .contextExists(let name) = $0 { contexts.insert(name) } }
      guard case .event(_, _, let with, _) = line.action.verb else { continue }
      contexts.formUnion(with)
      // Values called like a record's key are the event's by themselves.
      values.formUnion(0..<NameTable.firstOwn)
    }
    return (contexts, values)
  }
}
