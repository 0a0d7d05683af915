import AuditModel

/// Reads `.rules` files into rules, scopes and lists; mailtrail.rules(5) describes the language.
///
/// Reading goes on behind an error, so that all of a file's errors are told at once.
struct RuleFileParser {
  private(set) var names = NameTable()
  private(set) var rules: [RuleSource] = []
  /// The rules whose place another of the same id took.
  private(set) var replaced: [RuleSource] = []
  private(set) var scopes: [String: Scope] = [:]
  private(set) var lists: [String: ListSource] = [:]
  private(set) var declarations = NoteDeclarations()
  private(set) var tables: [RuleTableInfo] = []
  private(set) var diagnostics: [Diagnostic] = []

  /// Tables that are known to hold can do without their examples, which are half of their text.
  private let readsExamples: Bool

  /// Where a rule stands in `rules`, by its id.
  private var places: [String: Int] = [:]
  /// What each table declares of the names that it uses.
  private var roles: [String: NameRoles] = [:]
  private var fragments: [String: [Pattern.Element]] = [:]
  private var groups: [String: [(text: String, place: SourcePlace)]] = [:]
  /// The table in which a scope stands.
  private var daemons: [String: String] = [:]

  // What is being read.
  private var file = ""
  private var daemon = ""
  private var block = Block.none
  private var currentScopes: [String] = []
  private var rule: RuleSource?
  private var declarationErrors: [SourcePlace: Diagnostic.Failure] = [:]
  private var ruleLines: [(text: String, place: SourcePlace)] = []

  private enum Block {
    case none, table
    case scope(String)
    case list(String)
    case group(String)
    case rule
  }

  init(readsExamples: Bool = true) { self.readsExamples = readsExamples }

  /// Reports names that are declared and that nothing bears. For when all files are read.
  mutating func checkDeclarations() {
    let ofLists = Set(lists.values.flatMap { $0.items.flatMap { captureNames($0.elements) } })
    for (table, declared) in roles.sorted(by: { $0.key < $1.key }) {
      for (name, place) in declared.places.sorted(by: { $0.name < $1.name })
      where names.lookUp(name) == nil && !ofLists.contains(name) {
        let meant = Spelling.suggestion(for: name, among: names.own).map { "did you mean ‘\($0)’? " } ?? ""
        report(
          place, "no capture or field is called ‘\(name)’, which table ‘\(table)’ declares",
          meant + "spell it as the rules do, or leave it out")
      }
    }
  }

  /// Learns the kinds of notes. For all files first: a rule may mention a kind that a later file declares.
  mutating func readDeclarations(_ text: [UInt8], file: String) {
    let lines = text.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    for (index, line) in lines where line.starts(with: "keep".utf8) {
      let (word, rest, place) = Self.firstWord(
        String(decoding: line, as: UTF8.self), SourcePlace(file: file, line: index + 1, column: 1))
      guard word == "keep" else { continue }
      do throws(Diagnostic.Failure) {
        try declarations.add(rest, at: place)
      } catch {
        declarationErrors[place] = error
      }
    }
  }

  /// Reads one file. A rule whose id was read before is replaced: the administrator's word counts.
  mutating func read(_ text: [UInt8], file: String) {
    self.file = file
    daemon = ""
    block = .none
    currentScopes = []
    for (index, line) in text.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      guard line.count <= 65_536 else {
        report(
          SourcePlace(file: file, line: index + 1, column: 1), "the line is longer than 65,536 bytes", "shorten it")
        continue
      }
      // Names stand in checkpoints with NUL between them.
      if let control = line.firstIndex(where: { $0 < 32 && $0 != 9 || $0 == 127 }) {
        report(
          SourcePlace(file: file, line: index + 1, column: control - line.startIndex + 1),
          "the line holds a control character (byte \(line[control]))", "remove it; end lines with a line feed alone")
        // Where lines end with CR LF, each has one.
        if line[control] == 13 { break }
        continue
      }
      let bytes = line.drop { $0 == 32 || $0 == 9 }
      if bytes.isEmpty || bytes.first == UInt8(ascii: "#") { continue }
      let place = SourcePlace(file: file, line: index + 1, column: line.count - bytes.count + 1)
      let content = String(decoding: bytes, as: UTF8.self)
      do throws(Diagnostic.Failure) {
        if place.column == 1 { try statement(content, place) } else { try body(content, place) }
      } catch {
        diagnostics.append(error.diagnostic)
      }
    }
    finishRule()
  }

  // MARK: - Statements

  private mutating func statement(_ text: String, _ place: SourcePlace) throws(Diagnostic.Failure) {
    finishRule()
    let (word, rest, restPlace) = Self.firstWord(text, place)
    block = .none
    switch word {
    case "table":
      daemon = rest
      tables.append(RuleTableInfo(name: rest, file: file, seen: []))
      block = .table
    case "scope":
      currentScopes = [rest]
      if let known = scopes[rest], !daemons[rest, default: daemon].elementsEqual(daemon) {
        throw fail(restPlace, "there is a scope ‘\(rest)’ in \(known.place.file) already", "give it another name")
      }
      daemons[rest] = daemon
      scopes[rest] = Scope(name: rest, table: daemon, daemon: daemon, place: place)
      block = .scope(rest)
    case "fragment":
      let (name, pattern, patternPlace) = Self.firstWord(rest, restPlace)
      var parser = PatternParser(pattern, at: patternPlace, fragments: fragments)
      fragments[name] = try resolve(try parser.parse(), patternPlace)
    case "list", "json", "query": try beginList(word, rest, place)
    case "group":
      groups[rest] = []
      block = .group(rest)
    case "keep":
      if let error = declarationErrors[restPlace] { throw error }
    case "rule":
      guard !rest.isEmpty, !rest.contains(" ") else {
        throw fail(restPlace, "a rule needs an id of one word", "write: rule dovecot.login")
      }
      rule = RuleSource(id: rest, place: place, scopes: currentScopes)
      block = .rule
    default:
      throw fail(
        place, "‘\(word)’ begins nothing", "use table, scope, list, json, query, fragment, group, keep or rule")
    }
  }

  private mutating func beginList(_ word: String, _ rest: String, _ place: SourcePlace) throws(Diagnostic.Failure) {
    let tokens = TextTokens.split(rest, column: place.column + 5)
    guard let first = tokens.first?.text, let form = ListForm(rawValue: word) else {
      throw fail(place, "a list needs a name", "write: list fields \", \"")
    }
    let name = listName(first)
    lists[name] = ListSource(
      name: name, form: form,
      separator: tokens.count > 1 ? ActionParser.unquoted(tokens[1].text) : Array(", ".utf8), allowsOthers: false,
      place: place)
    block = .list(name)
  }

  /// Lists are the table's own: another table may have one of the same name.
  private func listName(_ name: String) -> String { daemon + " " + name }

  /// Elements with the lists' full names.
  private func resolve(
    _ elements: [Pattern.Element], _ place: SourcePlace
  ) throws(Diagnostic.Failure) -> [Pattern.Element] {
    var result: [Pattern.Element] = []
    for element in elements {
      switch element {
      case .run(let name) where lists[name] == nil:
        guard lists[listName(name)] != nil else {
          throw fail(
            place, "there is no list ‘\(name)’ above this line in this table", "define it with: list \(name) \", \"")
        }
        result.append(.run(list: listName(name)))
      case .optional(let inner): result.append(.optional(try resolve(inner, place)))
      default: result.append(element)
      }
    }
    return result
  }

  private mutating func body(_ text: String, _ place: SourcePlace) throws(Diagnostic.Failure) {
    let (word, rest, restPlace) = Self.firstWord(text, place)
    switch block {
    case .none: throw fail(place, "an indented line belongs to nothing", "put a rule, scope or list in front of it")
    case .table:
      if let role = NameRole(rawValue: word) {
        for token in TextTokens.split(rest, column: restPlace.column) {
          let place = SourcePlace(file: file, line: place.line, column: token.column)
          try roles[daemon, default: NameRoles()].declare(token.text, role, at: place)
        }
        return
      }
      if word == "installed" {
        for token in TextTokens.split(rest, column: restPlace.column) {
          let place = SourcePlace(file: file, line: place.line, column: token.column)
          tables[tables.count - 1].installed.append(try InstalledPath(token.text, place))
        }
        return
      }
      guard word == "seen" else {
        throw fail(
          place, "‘\(word)’ in a table",
          "use seen (with what it was seen), account (names of captures and fields that are accounts) or address")
      }
      tables[tables.count - 1].seen.append(rest)
    case .scope(let name): try scopeLine(name, word, rest, place)
    case .list(let name):
      if word == "other" {
        lists[name]?.allowsOthers = true
      } else {
        guard word == "item" else { throw fail(place, "‘\(word)’ in a list", "use item or other") }
        var parser = PatternParser(rest, at: restPlace, fragments: fragments)
        lists[name]?.items.append((try parser.parse(), restPlace))
      }
    case .group(let name): groups[name]?.append((text, place))
    case .rule:
      if readsExamples || !Example.isPart(word, rest) && word != "example" && word != "not" {
        ruleLines.append((text, place))
      }
    }
  }

  private mutating func scopeLine(
    _ name: String, _ word: String, _ rest: String, _ place: SourcePlace
  ) throws(Diagnostic.Failure) {
    let words = rest.split(separator: " ").map(String.init)
    switch (word, words.first) {
    case ("identifier", _):
      if let wrong = words.first(where: { $0.utf8.count { $0 == UInt8(ascii: "*") } > 1 }) {
        throw fail(place, "‘\(wrong)’ has more than one *", "an identifier has one at the most; write several")
      }
      scopes[name]?.identifiers += words
    case ("command", _): scopes[name]?.commands += words
    case ("daemon", let daemon?): scopes[name]?.daemon = daemon
    case ("trust", _), ("distrust", _):
      try scopes[name]?.senders.add(words, isTrusted: word == "trust", place)
    case ("limit", _?):
      for text in words {
        let range = try limit(text, place)
        scopes[name]?.limits.append(range)
      }
    case ("encoding", "declared"): scopes[name]?.coding = nil
    case ("encoding", let encoding?):
      guard let coding = CaptureCoding(encoding) else {
        throw fail(
          place, "there is no encoding ‘\(encoding)’", CaptureCoding.remedy + "; or write: encoding declared")
      }
      scopes[name]?.coding = coding
    default:
      throw fail(
        place, "‘\(word) \(rest)’ in a scope",
        "use identifier, command, daemon, encoding, trust, distrust or limit")
    }
  }

  /// `2000`, or `1990-2000` where the length of what stands in front differs.
  private func limit(_ text: String, _ place: SourcePlace) throws(Diagnostic.Failure) -> ClosedRange<Int> {
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard bounds.count <= 2, let low = bounds[0], let high = bounds[bounds.count - 1], low > 0, low <= high else {
      throw fail(place, "‘\(text)’ is no length of a line", "write bytes: limit 2000, or limit 1990-2000")
    }
    return low...high
  }

  // MARK: - Rules

  private static let maximumLines = 2000

  private mutating func finishRule() {
    guard var rule else { return }
    self.rule = nil
    let lines = expandGroups(ruleLines)
    ruleLines = []
    guard lines.count <= Self.maximumLines else {
      report(
        rule.place, "rule ‘\(rule.id)’ has more than \(Self.maximumLines) lines, its groups' included",
        "make it several rules")
      return
    }
    do throws(Diagnostic.Failure) {
      for line in lines { try declaration(line.text, line.place, &rule) }
      let captures = Set(rule.patterns.flatMap { captureNames($0.pattern.elements) })
      var parser = ActionParser(
        names: names, captures: captures, kindsAcrossHosts: declarations.acrossHosts, roles: roles(of: rule))
      for capture in captures where parser.names.number(of: capture) == nil {
        throw fail(
          rule.place, "the tables use too many different names",
          "\(NameTable.maximum) are possible besides the record's keys")
      }
      for line in lines where isAction(line) {
        rule.lines.append(ActionSource(action: try parser.parse(line.text, at: line.place), text: line.text))
      }
      names = parser.names
      rule.captures = captures
      rule.noteNames = parser.noteNames
      try check(rule)
    } catch {
      diagnostics.append(error.diagnostic)
      return
    }
    if let known = places[rule.id] {
      if rules[known].place.file == rule.place.file {
        report(
          rule.place, "rule ‘\(rule.id)’ stands in this file already", "the first is at line \(rules[known].place.line)"
        )
      }
      replaced.append(rules[known])
      rules[known] = rule
    } else {
      places[rule.id] = rules.count
      rules.append(rule)
    }
  }

  private func isAction(_ line: (text: String, place: SourcePlace)) -> Bool {
    let (word, rest, _) = Self.firstWord(line.text, line.place)
    return ActionParser.verbs.contains(word) && !Example.isPart(word, rest)
  }

  /// What is declared for a rule: by its own table, and where that says nothing by those of its scopes.
  private func roles(of rule: RuleSource) -> NameRoles {
    var result = roles[daemon] ?? NameRoles()
    for scope in rule.scopes {
      if let other = daemons[scope].flatMap({ roles[$0] }) { result = result.over(other) }
    }
    return result
  }

  private func check(_ rule: RuleSource) throws(Diagnostic.Failure) {
    if rule.patterns.isEmpty {
      throw fail(rule.place, "rule ‘\(rule.id)’ has no match line", "say what it matches: match …")
    }
    if rule.actions.isEmpty {
      throw fail(rule.place, "rule ‘\(rule.id)’ does nothing", "give it an event, a note, or say: noise")
    }
    if readsExamples, !rule.examples.contains(where: { $0.expected != nil }) {
      throw fail(rule.place, "rule ‘\(rule.id)’ has no example", "paste a log line that it matches: example …")
    }
    if rule.scopes.isEmpty { throw fail(rule.place, "rule ‘\(rule.id)’ is in no scope", "put a scope in front of it") }
  }

  private mutating func expandGroups(
    _ lines: [(text: String, place: SourcePlace)]
  ) -> [(text: String, place: SourcePlace)] {
    var result: [(text: String, place: SourcePlace)] = []
    for line in lines where result.count <= Self.maximumLines {
      let (word, rest, place) = Self.firstWord(line.text, line.place)
      guard word == "do" else {
        result.append(line)
        continue
      }
      guard let group = groups[rest] else {
        report(place, "there is no group ‘\(rest)’ above this line", "define it with: group \(rest)")
        continue
      }
      result += group
    }
    return result
  }

  private mutating func declaration(
    _ text: String, _ place: SourcePlace, _ rule: inout RuleSource
  ) throws(Diagnostic.Failure) {
    let (word, rest, restPlace) = Self.firstWord(text, place)
    switch word {
    case "in": rule.scopes = rest.split(separator: " ").map(String.init)
    case "match":
      guard !rest.isEmpty else { throw fail(place, "the match line is empty", "paste a log line behind ‘match’") }
      var parser = PatternParser(rest, at: restPlace, fragments: fragments)
      let elements = try resolve(try parser.parse(), restPlace)
      rule.patterns.append((Pattern(elements: Pattern.joined(elements)), restPlace))
    case "example":
      rule.examples.append(Example(message: TextTokens.unescaped(rest.utf8), expected: [:], place: restPlace))
    case "not": rule.examples.append(Example(message: TextTokens.unescaped(rest.utf8), expected: nil, place: restPlace))
    case _ where Example.isPart(word, rest):
      guard !rule.examples.isEmpty else {
        throw fail(place, "‘\(word)’ without an example", "put the example in front")
      }
      try rule.examples[rule.examples.count - 1].add(word, rest, at: restPlace)
    default:
      guard ActionParser.verbs.contains(word) else {
        let known = ["match", "example", "not"] + Example.words + ["in", "do"] + ActionParser.verbs.sorted()
        throw fail(place, "‘\(word)’ in a rule", "use \(known.joined(separator: ", "))")
      }
    }
  }

  private func captureNames(_ elements: [Pattern.Element]) -> [String] {
    elements.flatMap { element -> [String] in
      switch element {
      case .literal: []
      case .capture(let name, _, _, _): name.isEmpty ? [] : [name]
      case .run(let list): lists[list]?.items.flatMap { captureNames($0.elements) } ?? []
      case .optional(let inner): captureNames(inner)
      }
    }
  }

  // MARK: - Text

  private static func firstWord(
    _ text: String, _ place: SourcePlace
  ) -> (word: String, rest: String, place: SourcePlace) {
    guard let space = text.utf8.firstIndex(where: { $0 == 32 || $0 == 9 }) else { return (text, "", place) }
    let rest = text[text.utf8.index(after: space)...]
    var restPlace = place
    restPlace.column += text.utf8.count - rest.utf8.count
    return (String(text[..<space]), String(rest), restPlace)
  }

  private mutating func report(_ place: SourcePlace, _ message: String, _ remedy: String) {
    diagnostics.append(Diagnostic(place, message, remedy: remedy))
  }

  private func fail(_ place: SourcePlace, _ message: String, _ remedy: String) -> Diagnostic.Failure {
    Diagnostic.Failure(Diagnostic(place, message, remedy: remedy))
  }
}

/// A shipped or an administrator's table: its daemon and with which versions its lines were seen.
public struct RuleTableInfo: Sendable, Hashable {
  public var name: String
  public var file: String
  public var seen: [String]
  /// One of these is there where the program is that the table is of; empty where its own units show that.
  public var installed: [InstalledPath] = []
}
