/// Finds names that a rule gives to a note, an offer or a value of its own and then does not use: what was meant by
/// them does not happen.
struct UnusedNames {
  let rules: [RuleSource]
  let names: NameTable

  /// A name at the place that gives it.
  private struct Given: Hashable {
    var name: String
    var place: SourcePlace
  }

  func check() -> [Diagnostic] {
    // A group's line stands in many rules: one that uses the name is enough.
    var isUsed: [Given: Bool] = [:]
    // A rule that does nothing but look a note up keeps its lines from the noise rules.
    for rule in rules where rule.lines.count > 1 {
      let (notes, values) = used(in: rule)
      for line in rule.lines {
        for (name, source) in line.action.bindings {
          // Two notes of one rule cannot both bear the name of their kind.
          if case .wait = line.action.verb, rule.noteNames.contains(source.kind) { continue }
          guard let place = line.placeGiving(rule.noteNames[name]) else { continue }
          let given = Given(name: rule.noteNames[name], place: place)
          isUsed[given] = isUsed[given, default: false] || notes.contains(name)
        }
        guard case .set(let fields) = line.action.verb else { continue }
        for field in fields {
          let name = names.name(of: field.field)
          let given = Given(name: name, place: line.place(ofField: name))
          isUsed[given] = isUsed[given, default: false] || values.contains(field.field)
        }
      }
    }
    return isUsed.filter { !$0.value }.keys.map { given in
      Diagnostic(given.place, "nothing uses ‘\(given.name)’", remedy: "use it, or leave it out")
    }
  }

  /// The rule's names of notes, and the names of values, that something looks at.
  private func used(in rule: RuleSource) -> (notes: Set<Int>, values: Set<UInt16>) {
    var notes: Set<Int> = []
    var values: Set<UInt16> = []
    for line in rule.lines {
      line.action.forEachValue { value in
        switch value {
        case .note(let name, _): notes.insert(name)
        case .capture(let name): values.insert(name)
        default: break
        }
      }
      line.action.condition.forEachPart { if case .noteExists(let name) = $0 { notes.insert(name) } }
      guard case .event(_, _, let with, _) = line.action.verb else { continue }
      notes.formUnion(with)
      // Values called like a record's key are the event's by themselves.
      values.formUnion(0..<NameTable.firstOwn)
    }
    return (notes, values)
  }
}
