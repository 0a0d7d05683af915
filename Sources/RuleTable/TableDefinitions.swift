/// What tables define for their rules to use: fragments of patterns, lists, and groups of lines.
struct TableDefinitions: Sendable {
  private(set) var lists: [String: ListSource] = [:]
  private(set) var fragments: [String: [Pattern.Element]] = [:]
  private var groups: [String: [SourceLine]] = [:]

  // MARK: - Fragments and lists

  mutating func defineFragment(_ line: SourceLine, in table: String) throws(Diagnostic.Failure) {
    let (name, pattern) = line.splitFirstWord()
    fragments[name] = try elements(of: pattern, in: table)
  }

  /// Begins a list; returns the name under which its lines are added.
  mutating func beginList(
    _ word: String, _ line: SourceLine, in table: String, at location: SourceLocation
  ) throws(Diagnostic.Failure) -> String {
    let tokens = line.tokens
    guard let first = tokens.first?.text, let form = ListForm(rawValue: word) else {
      throw Diagnostic.Failure(Diagnostic(location, "a list needs a name", remedy: "write: list fields \", \""))
    }
    let name = Self.listName(first, in: table)
    lists[name] = ListSource(
      name: name, form: form,
      separator: tokens.count > 1 ? TextTokens.unquoted(tokens[1].text) : Array(", ".utf8), allowsOthers: false,
      location: location)
    return name
  }

  /// Adds a line of a list's body.
  mutating func addToList(_ name: String, _ line: SourceLine) throws(Diagnostic.Failure) {
    let (word, rest) = line.splitFirstWord()
    if word == "other" {
      lists[name]?.allowsOthers = true
      return
    }
    guard word == "item" else { throw line.failure("‘\(word)’ in a list", "use item or other") }
    var parser = PatternParser(rest.text, at: rest.location, fragments: fragments)
    lists[name]?.items.append((try parser.parse(), rest.location))
  }

  /// Lists are the table's own: another table may have one of the same name.
  private static func listName(_ name: String, in table: String) -> String { table + " " + name }

  /// The elements of a pattern, with the lists' full names.
  func elements(of pattern: SourceLine, in table: String) throws(Diagnostic.Failure) -> [Pattern.Element] {
    var parser = PatternParser(pattern.text, at: pattern.location, fragments: fragments)
    return try resolve(try parser.parse(), in: table, pattern)
  }

  private func resolve(
    _ elements: [Pattern.Element], in table: String, _ pattern: SourceLine
  ) throws(Diagnostic.Failure) -> [Pattern.Element] {
    var result: [Pattern.Element] = []
    for element in elements {
      switch element {
      case .run(let name) where lists[name] == nil:
        let fullName = Self.listName(name, in: table)
        guard lists[fullName] != nil else {
          throw pattern.failure(
            "there is no list ‘\(name)’ above this line in this table", "define it with: list \(name) \", \"")
        }
        result.append(.run(list: fullName))
      case .optional(let inner): result.append(.optional(try resolve(inner, in: table, pattern)))
      default: result.append(element)
      }
    }
    return result
  }

  /// The names of the captures in a pattern, those of its lists included.
  func captureNames(_ elements: [Pattern.Element]) -> [String] {
    elements.flatMap { element -> [String] in
      switch element {
      case .literal: []
      case .capture(let name, _, _, _): name.isEmpty ? [] : [name]
      case .run(let list): lists[list]?.items.flatMap { captureNames($0.elements) } ?? []
      case .optional(let inner): captureNames(inner)
      }
    }
  }

  // MARK: - Groups

  mutating func beginGroup(_ name: String) { groups[name] = [] }

  mutating func addToGroup(_ name: String, _ line: SourceLine) { groups[name]?.append(line) }

  /// The lines of a rule with those of the groups that it names; ends soon behind so many lines. Groups that are not
  /// there are reported.
  func expand(
    _ lines: [SourceLine], upTo maximum: Int, _ diagnostics: inout [Diagnostic]
  ) -> [SourceLine] {
    var result: [SourceLine] = []
    for line in lines where result.count <= maximum {
      let (word, rest) = line.splitFirstWord()
      guard word == "do" else {
        result.append(line)
        continue
      }
      guard let group = groups[rest.text] else {
        diagnostics.append(
          Diagnostic(
            rest.location, "there is no group ‘\(rest.text)’ above this line",
            remedy: "define it with: group \(rest.text)"))
        continue
      }
      result += group
    }
    return result
  }
}
