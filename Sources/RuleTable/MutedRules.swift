/// Finds rules that tell nothing of a line that can be read in two ways: who writes such a line would hide what it says.
struct MutedRules {
  let rules: [RuleSource]

  func check() -> [Diagnostic] {
    rules.compactMap { rule in
      let events = rule.lines.filter { if case .event = $0.action.verb { true } else { false } }
      guard let first = events.first, events.allSatisfy({ $0.action.condition.ifAmbiguous == false }) else {
        return nil
      }
      return Diagnostic(
        first.place(of: "ambiguous"), "‘\(rule.id)’ tells nothing of a line that can be read in two ways",
        remedy: "tell it all the same: what is doubtful goes to _unknown or is left out by itself; at least: "
          + "event … unowned otherwise")
    }
  }
}

extension Condition {
  /// Whether the condition holds for a line that can be read in two ways; nil where that depends on the line.
  var ifAmbiguous: Bool? {
    switch self {
    case .always, .ambiguous: true
    case .not(let inner): inner.ifAmbiguous.map { !$0 }
    case .all(let terms):
      terms.contains { $0.ifAmbiguous == false } ? false : terms.allSatisfy { $0.ifAmbiguous == true } ? true : nil
    case .any(let terms):
      terms.contains { $0.ifAmbiguous == true } ? true : terms.allSatisfy { $0.ifAmbiguous == false } ? false : nil
    default: nil
    }
  }
}
