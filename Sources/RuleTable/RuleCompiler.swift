import AuditModel

/// One `.rules` file's text and the name to use in errors.
public struct RuleFile: Sendable {
  public var name: String
  public var text: [UInt8]

  public init(name: String, text: [UInt8]) {
    self.name = name
    self.text = text
  }
}

/// Makes a `CompiledTable` of files.
public struct RuleCompiler {
  private var diagnostics: [Diagnostic] = []
  private var lists: [CompiledList] = []
  private var listIndex: [String: Int] = [:]

  private init() {}

  /// Reads, checks and compiles; later files override earlier ones by rule id.
  ///
  /// - Parameters:
  ///   - files: in the order of reading.
  ///   - off: ids of rules to leave out.
  ///   - strictness: what is asked of the tables besides.
  ///   - examples: whether the tables' examples are tried.
  /// - Throws: `RuleTableError` with everything that was found.
  public static func compile(
    _ files: [RuleFile], off: Set<String> = [], strictness: Strictness = .usual, examples: Bool = true
  ) throws(RuleTableError) -> CompiledTable {
    let repeated = RepeatedTables.check(files)
    guard repeated.isEmpty else { throw RuleTableError(repeated) }
    var parser = RuleFileParser(readsExamples: examples)
    for file in files { parser.readDeclarations(file.text, file: file.name) }
    for file in files { parser.read(file.text, file: file.name) }
    parser.checkDeclarations()
    var compiler = RuleCompiler()
    compiler.diagnostics = parser.diagnostics
    if compiler.diagnostics.isEmpty { compiler.diagnostics = RuleSourceChecker(parser).check(strictness) }
    let table = compiler.build(parser, files, off)
    if compiler.diagnostics.isEmpty { compiler.diagnostics = RuleChecker(table: table, strictness: strictness).check() }
    guard compiler.diagnostics.isEmpty else { throw RuleTableError(compiler.diagnostics) }
    return table
  }

  private mutating func build(_ parser: RuleFileParser, _ files: [RuleFile], _ off: Set<String>) -> CompiledTable {
    var names = parser.names
    for list in parser.lists.values.sorted(by: { $0.name < $1.name }) { compile(list, &names) }
    let scopes = parser.scopes.values.sorted {
      ($0.location.file, $0.location.line) < ($1.location.file, $1.location.line)
    }
    let sources = parser.rules.filter { !off.contains($0.id) }
    for id in off.subtracting(parser.rules.map(\.id)).sorted() {
      diagnostics.append(
        Diagnostic(
          SourceLocation(file: "rules.off", line: 1, column: 1), "there is no rule ‘\(id)’",
          remedy: "see: mailtrail rules list"))
    }
    let builders = scopes.map { _ in TrieBuilder(lists: lists) }
    // Noise is what no other rule wants, however literal its beginning.
    let noiseBuilders = scopes.map { _ in TrieBuilder(lists: lists) }
    var rules: [CompiledTable.Rule] = []
    let scopeIndex = Dictionary(uniqueKeysWithValues: scopes.enumerated().map { ($1.name, $0) })
    for source in sources {
      // A rule may be for a scope of a table that is read later.
      for name in source.scopes where scopeIndex[name] == nil {
        diagnostics.append(
          Diagnostic(
            source.location, "there is no scope ‘\(name)’",
            remedy: Spelling.suggestion(for: name, among: scopeIndex.keys).map { "did you mean ‘\($0)’?" }
              ?? "scopes are \(scopeIndex.keys.sorted().joined(separator: ", "))"))
      }
      let scopeNumbers = source.scopes.compactMap { scopeIndex[$0] }
      let isNoise = source.actions.allSatisfy { $0.verb == .noise }
      if scopeNumbers.contains(where: { scopes[$0].coding == nil }) {
        diagnostics += EncodingCheck(lists: parser.lists, names: names).check(source)
      }
      for (number, (pattern, location)) in source.patterns.enumerated() {
        insert(
          pattern, of: MatchLine(rule: Int32(rules.count), number: Int32(number), location: location),
          into: scopeNumbers.map { (isNoise ? noiseBuilders[$0] : builders[$0], scopes[$0]) }, sources, names)
      }
      rules.append(
        CompiledTable.Rule(
          id: source.id, location: source.location, daemon: scopeNumbers.first.map { scopes[$0].daemon } ?? "",
          scopes: scopeNumbers,
          actions: source.actions, contextNames: source.contextNames, matchLocations: source.patterns.map(\.location),
          examples: source.examples, isNoise: isNoise))
    }
    var hash = StableHash()
    for file in files { hash.combine(file.text) }
    for id in off.sorted() { hash.combine(id.utf8) }
    return CompiledTable(
      rules: rules, scopes: scopes, names: names, ttls: parser.declarations.ttls, tables: parser.tables,
      fingerprint: hash.value,
      tries: builders.map { $0.flatten() }, noise: noiseBuilders.map { $0.flatten() })
  }

  // MARK: - Lists

  private mutating func compile(_ source: ListSource, _ names: inout NameTable) {
    var list = CompiledList(
      name: source.name, form: source.form, separator: source.separator, items: [],
      allowsOthers: source.allowsOthers, slots: [])
    for (elements, location) in source.items {
      guard let item = compileItem(elements, &list.slots, &names, form: source.form) else {
        diagnostics.append(
          Diagnostic(
            location, "an item is a literal, at most one capture, and a literal", remedy: "write: item rip=<ip:ip>"))
        continue
      }
      list.items.append(item)
    }
    listIndex[source.name] = lists.count
    lists.append(list)
  }

  private func compileItem(
    _ elements: [Pattern.Element], _ slots: inout [MatchTrie.Slot], _ names: inout NameTable, form: ListForm
  ) -> CompiledList.Item? {
    var item = CompiledList.Item(prefix: [], type: nil, suffix: [], slot: -1)
    for element in elements {
      switch element {
      case .literal(let bytes):
        if item.type == nil { item.prefix += bytes } else { item.suffix += bytes }
      case .capture(let name, let type, _, let coding):
        guard item.type == nil, type != .gap else { return nil }
        item.type = type
        item.slot = slots.count
        let number = name.isEmpty ? MatchTrie.unnamed : names.number(of: name) ?? MatchTrie.unnamed
        // What stands in JSON and in a query is written as those say.
        slots.append(Self.slot(number, type, coding ?? (form == .list ? nil : .plain)))
      default: return nil
      }
    }
    // Where items are keys, they are written key=<name>: the key alone is the prefix.
    if form != .list, item.prefix.last == UInt8(ascii: "=") { item.prefix.removeLast() }
    return item.prefix.isEmpty ? nil : item
  }

  // MARK: - Patterns

  /// A match line: of which rule it is, and which of that rule's.
  private struct MatchLine {
    var rule: Int32
    var number: Int32
    var location: SourceLocation
  }

  private mutating func insert(
    _ pattern: Pattern, of line: MatchLine, into builders: [(builder: TrieBuilder, scope: Scope)],
    _ sources: [RuleSource], _ names: NameTable
  ) {
    guard let alternatives = pattern.alternatives else {
      diagnostics.append(
        Diagnostic(
          line.location, "the pattern has more than six optional parts", remedy: "use a list, or several match lines"))
      return
    }
    var isNew = builders.isEmpty
    for elements in alternatives.map(Pattern.joined) {
      if let name = Self.capturedTwice(elements) {
        diagnostics.append(
          Diagnostic(
            line.location, "‘\(name)’ is captured twice", remedy: "give one of them another name, or none: <:text>"))
        return
      }
      guard let (steps, alternative) = steps(elements, of: line, names) else { return }
      for (builder, scope) in builders {
        guard let known = builder.insert(steps, alternative: alternative.coded(as: scope.coding ?? .plain)) else {
          isNew = true
          continue
        }
        let other = builder.alternatives[Int(known.rawValue)].rule
        guard other != line.rule else { continue }
        isNew = true
        diagnostics.append(
          Diagnostic(
            line.location, "matches the same lines as rule ‘\(sources[Int(other)].id)’",
            remedy: "make one of them more literal, or join them"))
      }
    }
    if !isNew {
      diagnostics.append(
        Diagnostic(line.location, "the match lines above match all that this one does", remedy: "remove it"))
    }
  }

  /// A name that two captures of a line have: only one of their values could be seen.
  private static func capturedTwice(_ elements: [Pattern.Element]) -> String? {
    var names: Set<String> = []
    for element in elements {
      if case .capture(let name, _, _, _) = element, !name.isEmpty, !names.insert(name).inserted { return name }
    }
    return nil
  }

  private mutating func steps(
    _ elements: [Pattern.Element], of line: MatchLine, _ names: NameTable
  ) -> ([TrieBuilder.Step], MatchTrie.Alternative)? {
    func fail(_ message: String, _ remedy: String) -> ([TrieBuilder.Step], MatchTrie.Alternative)? {
      diagnostics.append(Diagnostic(line.location, message, remedy: remedy))
      return nil
    }
    var steps: [TrieBuilder.Step] = []
    var slots: [MatchTrie.Slot] = []
    var literalBytes = 0
    var index = 0
    while index < elements.count {
      switch elements[index] {
      case .literal(let bytes):
        steps.append(.literal(bytes))
        literalBytes += bytes.count
      case .run(let name):
        guard let list = listIndex[name] else {
          return fail("there is no list ‘\(name)’", "define it with: list \(name) \", \"")
        }
        steps.append(.run(list))
        slots += lists[list].slots
      case .optional: return nil
      case .capture(let name, .gap, _, let coding):
        slots.append(Self.slot(Self.number(of: name, names), .gap, coding))
        guard let tail = tail(Array(elements[(index + 1)...]), &slots, &literalBytes, names) else {
          return fail(
            "behind a gap a literal must follow, and no other gap", "anchor the rest of the line from the right")
        }
        steps.append(.gap(tail))
        return (steps, alternative(of: line, slots, literalBytes))
      case .capture(let name, .text, let isUntrusted, let coding):
        slots.append(Self.slot(Self.number(of: name, names), .text, coding))
        if index + 1 == elements.count {
          steps.append(.rest)
          return (steps, alternative(of: line, slots, literalBytes))
        }
        guard case .literal(let terminator) = elements[index + 1] else {
          return fail(
            "‘\(name)’ is open and nothing says where it ends", "put literal text behind it, or use a closed type")
        }
        steps.append(.text(terminator: terminator, isUntrusted: isUntrusted))
        literalBytes += terminator.count
        index += 1
      case .capture(let name, let type, _, let coding):
        slots.append(Self.slot(Self.number(of: name, names), type, coding))
        steps.append(.capture(type))
      }
      index += 1
    }
    steps.append(.end)
    return (steps, alternative(of: line, slots, literalBytes))
  }

  private func alternative(of line: MatchLine, _ slots: [MatchTrie.Slot], _ literalBytes: Int) -> MatchTrie.Alternative
  {
    MatchTrie.Alternative(rule: line.rule, matchLine: line.number, slots: slots, literalBytes: literalBytes)
  }

  private func tail(
    _ elements: [Pattern.Element], _ slots: inout [MatchTrie.Slot], _ literalBytes: inout Int, _ names: NameTable
  ) -> [MatchTrie.TailElement]? {
    guard case .literal? = elements.first else { return nil }
    var result: [MatchTrie.TailElement] = []
    for element in elements {
      switch element {
      case .literal(let bytes):
        literalBytes += bytes.count
        result.append(.literal(bytes))
      case .capture(_, .gap, _, _), .optional: return nil
      case .capture(let name, let type, _, let coding):
        guard type.isReadBackwards else { return nil }
        if type == .text { guard case .literal? = result.last else { return nil } }
        slots.append(Self.slot(Self.number(of: name, names), type, coding))
        result.append(.capture(type))
      case .run(let name):
        guard let list = listIndex[name] else { return nil }
        slots += lists[list].slots
        result.append(.run(list))
      }
    }
    return result
  }

  private static func number(of name: String, _ names: NameTable) -> UInt16 {
    name.isEmpty ? MatchTrie.unnamed : names.lookUp(name)!
  }

  private static func slot(_ name: UInt16, _ type: CaptureType, _ coding: CaptureCoding?) -> MatchTrie.Slot {
    MatchTrie.Slot(
      name: name, coding: coding ?? .plain, inheritsCodingOfScope: coding == nil && type.inheritsEncodingOfScope,
      isAddress: type == .address)
  }
}
