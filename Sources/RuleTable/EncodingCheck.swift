import AuditModel

/// Looks, in a scope whose daemon encodes some of its values, for captures that name somebody or something and do not say
/// how they are written (`encoding declared`): a name in an escaped coding is another name.
struct EncodingCheck {
  let lists: [String: ListSource]
  let names: NameTable

  /// The keys of a record that name.
  private static let naming: [FieldKey] = [.mailbox, .folder, .toFolder, .messageID]

  func check(_ rule: RuleSource) -> [Diagnostic] {
    let emitsEvents = rule.actions.contains { if case .event = $0.verb { true } else { false } }
    var result: [Diagnostic] = []
    for (pattern, location) in rule.patterns where emitsEvents {
      for name in undeclared(pattern.elements, asKey: false).sorted() where Self.isNaming(names.lookUp(name)) {
        result.append(diagnostic(name, location, "is a key of the record"))
      }
    }
    let origins = NamingUse.origins(rule.actions)
    for action in rule.actions {
      for use in NamingUse.uses(of: action.verb) {
        let open = rule.patterns.reduce(into: Set()) { $0.formUnion(undeclared($1.pattern.elements, asKey: use.isKey)) }
        for name in use.captures(by: origins).map(names.name).sorted() where open.contains(name) {
          result.append(
            diagnostic(name, action.location, use.isKey ? "is in a key" : "becomes \(use.field(names))"))
        }
      }
    }
    return result
  }

  static func isNaming(_ field: UInt16?) -> Bool { naming.contains { $0.rawValue == field } }

  private func diagnostic(_ name: String, _ location: SourceLocation, _ use: String) -> Diagnostic {
    Diagnostic(
      location, "‘\(name)’ \(use), and the pattern does not say how the daemon writes it",
      remedy: "declare it there: <\(name):…/vis>, or /plain where nothing is escaped")
  }

  /// The captures whose encoding a pattern does not say. Keywords and ids are written plainly, which suffices for a key,
  /// but whoever takes one for a name shall say so.
  private func undeclared(_ elements: [Pattern.Element], asKey: Bool) -> Set<String> {
    var result: Set<String> = []
    for element in elements {
      switch element {
      case .capture(let name, let type, _, nil) where asKey ? type.inheritsEncodingOfScope : type.mayBeEncoded:
        result.insert(name)
      case .run(let list) where lists[list]?.form == .list:
        for item in lists[list]?.items ?? [] { result.formUnion(undeclared(item.elements, asKey: asKey)) }
      case .optional(let inner): result.formUnion(undeclared(inner, asKey: asKey))
      default: break
      }
    }
    return result
  }
}

/// A location in an action at which a capture names something.
private struct NamingUse {
  var captures: Set<UInt16> = []
  /// The field that it becomes; nil for a part of a context's key.
  var fieldNumber: UInt16?

  var isKey: Bool { fieldNumber == nil }

  func field(_ names: NameTable) -> String { fieldNumber.map(names.name) ?? "" }

  static func uses(of verb: Action.Verb) -> [NamingUse] {
    switch verb {
    case .begin(let key, let fields, _), .note(let key, let fields, _): [of(key)] + of(fields)
    case .use(let key, _), .forget(let key, _), .confirm(let key), .withdraw(let key): [of(key)]
    case .offer(let key, let fields, _, _), .take(let key, let fields, _, _): [of(key.offer)] + of(fields)
    case .wait(let targets, _): targets.map { of($0.reference) }
    case .alias(let new, let old): [of(new), of(old)]
    case .event(_, let fields, _, _): of(fields)
    case .set, .prove, .noise: []
    }
  }

  /// Of which captures the values are made that a rule sets itself.
  static func origins(_ actions: [Action]) -> [UInt16: Set<UInt16>] {
    var result: [UInt16: Set<UInt16>] = [:]
    for action in actions {
      guard case .set(let fields) = action.verb else { continue }
      for field in fields { collect(field.value, into: &result[field.field, default: []]) }
    }
    return result
  }

  /// The captures, with those that stand behind values which the rule set itself.
  func captures(by origins: [UInt16: Set<UInt16>]) -> Set<UInt16> {
    var result = captures
    var rest = Array(captures)
    while let name = rest.popLast() {
      for origin in origins[name] ?? [] where result.insert(origin).inserted { rest.append(origin) }
    }
    return result
  }

  private static func of(_ key: ContextReference) -> NamingUse {
    NamingUse(captures: key.parts.reduce(into: []) { collect($1, into: &$0) })
  }

  private static func of(_ fields: [FieldAssignment]) -> [NamingUse] {
    fields.filter { EncodingCheck.isNaming($0.field) }.map { assignment in
      var use = NamingUse(fieldNumber: assignment.field)
      collect(assignment.value, into: &use.captures)
      return use
    }
  }

  private static func collect(_ value: ValueExpression, into captures: inout Set<UInt16>) {
    switch value {
    case .capture(let name): captures.insert(name)
    case .first(let values), .joined(let values): for value in values { collect(value, into: &captures) }
    case .prefix(let value, _), .mailbox(_, let value), .applied(_, let value): collect(value, into: &captures)
    case .literal, .contextField, .entry: break
    }
  }
}
