import AuditModel

/// Which captures, and which fields of contexts, hold what a stranger on the network can choose (`!` in a pattern, and each
/// Message-ID).
struct StrangersText {
  private var fields: Set<ContextTraffic.Field> = []
  private var captures: [String: Set<UInt16>] = [:]
  private let names: NameTable

  init(_ rules: [RuleSource], _ lists: [String: ListSource], _ names: NameTable) {
    self.names = names
    for rule in rules { captures[rule.id, default: []].formUnion(Self.captures(of: rule, lists, names)) }
    // What a context took from another context, again until nothing is new.
    var count = -1
    while fields.count != count {
      count = fields.count
      for rule in rules { enterFields(of: rule) }
    }
  }

  /// Whether such text is part of a value. The canonical name of a mailbox is not: it must be the same for two lines.
  func mayStand(in value: ValueExpression, of rule: RuleSource) -> Bool {
    switch value {
    case .literal, .entry, .mailbox: false
    case .capture(let name): captures[rule.id]?.contains(name) ?? false
    case .contextField(let name, let field):
      rule.sources(of: name).contains { fields.contains(ContextTraffic.Field(source: $0, name: names.name(of: field))) }
    case .prefix(let inner, _), .applied(_, let inner): mayStand(in: inner, of: rule)
    case .first(let parts), .joined(let parts): parts.contains { mayStand(in: $0, of: rule) }
    }
  }

  private mutating func enterFields(of rule: RuleSource) {
    for line in rule.lines {
      switch line.action.verb {
      case .begin(let reference, let values, _), .note(let reference, let values, _):
        enter(values, .context(reference.kind), rule)
      case .offer(let reference, let values, _, _): enter(values, .offer(reference.kind), rule)
      case .take(let reference, let values, _, _): enter(values, .taker(reference.kind), rule)
      case .set(let values):
        for value in values where mayStand(in: value.value, of: rule) { captures[rule.id]?.insert(value.field) }
      default: break
      }
    }
  }

  private mutating func enter(_ values: [FieldAssignment], _ source: ContextTraffic.Source, _ rule: RuleSource) {
    for value in values where mayStand(in: value.value, of: rule) {
      fields.insert(ContextTraffic.Field(source: source, name: names.name(of: value.field)))
    }
  }

  private static func captures(
    of rule: RuleSource, _ lists: [String: ListSource], _ names: NameTable
  ) -> Set<UInt16> {
    var result: Set<UInt16> = []
    func add(_ elements: [Pattern.Element]) {
      for element in elements {
        switch element {
        case .literal: break
        case .capture(let name, _, let isUntrusted, _):
          guard let number = names.lookUp(name) else { continue }
          if isUntrusted || number == FieldKey.messageID.rawValue { result.insert(number) }
        case .run(let list): for item in lists[list]?.items ?? [] { add(item.elements) }
        case .optional(let inner): add(inner)
        }
      }
    }
    for (pattern, _) in rule.patterns { add(pattern.elements) }
    return result
  }
}
