extension ValueExpression {
  /// Calls the body with the value and with all values that it is made of.
  func forEachPart(_ body: (ValueExpression) -> Void) {
    body(self)
    switch self {
    case .literal, .capture, .contextField, .entry: break
    case .prefix(let inner, _), .mailbox(_, let inner), .applied(_, let inner): inner.forEachPart(body)
    case .first(let parts), .joined(let parts): for part in parts { part.forEachPart(body) }
    }
  }
}

extension Condition {
  /// Calls the body with the condition and with all conditions that it is made of.
  func forEachPart(_ body: (Condition) -> Void) {
    body(self)
    switch self {
    case .not(let inner): inner.forEachPart(body)
    case .all(let terms), .any(let terms): for term in terms { term.forEachPart(body) }
    default: break
    }
  }

  /// The values that the condition itself compares, those of its parts left out.
  var values: [ValueExpression] {
    switch self {
    case .present(let value), .contains(let value, _), .startsWith(let value, _), .isAtLeast(let value, _),
      .isOf(let value, _):
      [value]
    case .equals(let left, let choices): [left] + choices
    case .always, .contextExists, .ambiguous, .cut, .unproven, .otherwise, .not, .all, .any: []
    }
  }
}

extension Action {
  /// The keys and values that the action works out, its condition's left out.
  private var ownValues: [ValueExpression] {
    switch verb {
    case .begin(let reference, let fields, _), .note(let reference, let fields, _):
      reference.parts + fields.map(\.value)
    case .use(let reference, _), .forget(let reference, _), .confirm(let reference), .withdraw(let reference):
      reference.parts
    case .wait(let targets, _): targets.flatMap(\.reference.parts)
    case .offer(let reference, let fields, _, _), .take(let reference, let fields, _, _):
      reference.offer.parts + fields.map(\.value)
    case .set(let fields): fields.map(\.value)
    case .alias(let new, let old): new.parts + old.parts
    case .event(_, let fields, _, .ofPanel(let account)), .event(_, let fields, _, .ofLocal(let account)):
      fields.map(\.value) + [account]
    case .event(_, let fields, _, _): fields.map(\.value)
    case .prove, .noise: []
    }
  }

  /// Calls the body with each value that the action looks at, and with those that they are made of.
  func forEachValue(_ body: (ValueExpression) -> Void) {
    for value in ownValues { value.forEachPart(body) }
    condition.forEachPart { part in
      for value in part.values { value.forEachPart(body) }
    }
  }
}
