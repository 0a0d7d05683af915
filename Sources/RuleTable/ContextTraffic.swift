/// Which rules write and which read the contexts of each kind, and what is offered and taken.
struct ContextTraffic {
  /// Whose fields are meant.
  enum Source: Hashable {
    case context(String)
    /// What a rule says that offers itself, and what the one says that takes the offer.
    case offer(String)
    case taker(String)

    var kind: String {
      switch self {
      case .context(let kind), .offer(let kind), .taker(let kind): kind
      }
    }
  }

  struct Field: Hashable {
    var source: Source
    var name: String
  }

  /// A location at which a rule counts on something to be written by one.
  struct Reading: Hashable {
    /// Of these one must write it.
    var sources: Set<Source>
    /// nil: the context or offer itself.
    var field: String?
    /// As the line says it.
    var word: String
    var location: SourceLocation
  }

  private(set) var written: [Source: [SourceLocation]] = [:]
  private(set) var fields: [Field: [SourceLocation]] = [:]
  private(set) var readings: [Reading] = []
  /// Kinds whose contexts are known by keys of another kind too.
  private var aliases: [Source: Set<Source>] = [:]

  init(_ rules: [RuleSource], _ names: NameTable) {
    for rule in rules {
      var bound: [Set<Source>] = Array(repeating: [], count: rule.contextNames.count)
      for line in rule.lines {
        for binding in line.action.bindings { bound[binding.name].insert(binding.source) }
      }
      for line in rule.lines {
        enter(line, names)
        enterReadings(line, rule, bound, names)
      }
    }
  }

  /// The names of the fields that some rule writes.
  func fieldNames(of source: Source) -> [String] {
    let sources = aliases[source, default: []].union([source])
    return fields.keys.filter { sources.contains($0.source) }.map(\.name).sorted()
  }

  func isWritten(_ source: Source) -> Bool {
    written[source] != nil || aliases[source, default: []].contains { written[$0] != nil }
  }

  func isWritten(_ field: String, of source: Source) -> Bool {
    fields[Field(source: source, name: field)] != nil
      || aliases[source, default: []].contains { fields[Field(source: $0, name: field)] != nil }
  }

  // MARK: - Making

  private mutating func enter(_ line: ActionSource, _ names: NameTable) {
    switch line.action.verb {
    case .begin(let reference, let fields, _), .note(let reference, let fields, _):
      write(.context(reference.kind), fields, line, names)
    case .use(let reference, _), .forget(let reference, _), .confirm(let reference):
      read(.context(reference.kind), line)
    case .wait(let targets, _): for target in targets { read(.context(target.reference.kind), line) }
    case .offer(let reference, let fields, _, _):
      write(.offer(reference.kind), fields, line, names)
      read(.taker(reference.kind), line)
    case .take(let reference, let fields, _, _):
      write(.taker(reference.kind), fields, line, names)
      read(.offer(reference.kind), line)
    case .withdraw(let reference): read(.offer(OfferReference.kind(ofGroup: reference)), line)
    case .alias(let new, let old):
      read(.context(old.kind), line)
      written[.context(new.kind), default: []].append(line.location(of: new.kind))
      aliases[.context(new.kind), default: []].insert(.context(old.kind))
      aliases[.context(old.kind), default: []].insert(.context(new.kind))
    case .event, .set, .prove, .noise: break
    }
  }

  private mutating func write(
    _ source: Source, _ fields: [FieldAssignment], _ line: ActionSource, _ names: NameTable
  ) {
    written[source, default: []].append(line.location(of: source.kind))
    for field in fields {
      let name = names.name(of: field.field)
      self.fields[Field(source: source, name: name), default: []].append(line.location(ofField: name))
    }
  }

  private mutating func read(_ source: Source, _ line: ActionSource) {
    readings.append(Reading(sources: [source], word: source.kind, location: line.location(of: source.kind)))
  }

  private mutating func enterReadings(
    _ line: ActionSource, _ rule: RuleSource, _ bound: [Set<Source>], _ names: NameTable
  ) {
    line.action.forEachValue { value in
      guard case .contextField(let context, let number) = value else { return }
      let field = names.name(of: number)
      let word = rule.contextNames[context] + "." + field
      readings.append(Reading(sources: bound[context], field: field, word: word, location: line.location(of: word)))
    }
  }
}
