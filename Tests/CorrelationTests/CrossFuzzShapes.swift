@testable import RuleTable

/// What the tables say of their captures: who chooses them and how they are written.
struct CaptureShapes {
  /// A capture of a rule.
  struct Shape {
    var type: CaptureType
    var coding: CaptureCoding
    /// In a list's form, where it stands in one: JSON and queries have quotes and escapes of their own.
    var form = ListForm.list
    /// A stranger on the network chooses it: it has the flag, or an envelope's address.
    var isStrangers: Bool
  }

  private var shapes: [String: [String: Shape]] = [:]
  /// The literals and captures of every match line by rule, lists' items included one at a time.
  private(set) var lines: [String: [[Pattern.Element]]] = [:]

  init(_ files: [RuleFile]) {
    var parser = RuleFileParser()
    for file in files { parser.readDeclarations(file.text, file: file.name) }
    for file in files { parser.read(file.text, file: file.name) }
    for rule in parser.rules {
      let coding = rule.scopes.first.flatMap { parser.scopes[$0]?.coding } ?? .plain
      for (pattern, _) in rule.patterns {
        enter(pattern.elements, of: rule.id, coding, .list, parser.lists)
        lines[rule.id, default: []].append(Self.flat(pattern.elements, parser.lists))
      }
    }
  }

  subscript(rule: String, capture: String) -> Shape? { shapes[rule]?[capture] }

  private mutating func enter(
    _ elements: [Pattern.Element], of rule: String, _ scope: CaptureCoding, _ form: ListForm,
    _ lists: [String: ListSource]
  ) {
    for element in elements {
      switch element {
      case .literal: break
      case .optional(let inner): enter(inner, of: rule, scope, form, lists)
      case .run(let name):
        guard let list = lists[name] else { continue }
        for item in list.items { enter(item.elements, of: rule, scope, list.form, lists) }
      case .capture(let name, let type, let isUntrusted, let coding):
        let isStrangers = isUntrusted || Self.isEnvelope(name, type)
        let own = Shape(
          type: type, coding: coding ?? (type.inheritsEncodingOfScope ? scope : .plain), form: form,
          isStrangers: isStrangers)
        shapes[rule, default: [:]][name, default: own].isStrangers =
          isStrangers || shapes[rule]?[name]?.isStrangers ?? false
        // What one form of the line writes as an address is one in its other forms too.
        if type == .address { shapes[rule]?[name]?.type = .address }
      }
    }
  }

  /// An envelope's address. Dovecot's and Cyrus's own names stand in brackets too.
  private static func isEnvelope(_ name: String, _ type: CaptureType) -> Bool {
    (type == .address || type == .addrspec) && !["box", "new", "old", "session", "folder"].contains(name)
  }

  /// With what is optional, and with a list's first item for the list.
  private static func flat(_ elements: [Pattern.Element], _ lists: [String: ListSource]) -> [Pattern.Element] {
    elements.flatMap { element -> [Pattern.Element] in
      switch element {
      case .literal, .capture: [element]
      case .optional(let inner): flat(inner, lists)
      case .run(let name):
        lists[name].flatMap { list in list.items.first.map { [.literal(list.separator)] + $0.elements } } ?? []
      }
    }
  }
}
