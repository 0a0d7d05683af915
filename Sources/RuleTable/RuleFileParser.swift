import AuditModel

/// Reads `.rules` files into rules, scopes and lists; mailtrail.rules(5) describes the language.
///
/// Reading goes on behind an error, so that all of a file's errors are reported at once.
struct RuleFileParser {
  private(set) var names = NameTable()
  private(set) var rules: [RuleSource] = []
  /// The rules that another of the same id replaced.
  private(set) var replaced: [RuleSource] = []
  private(set) var scopes: [String: Scope] = [:]
  private(set) var definitions = TableDefinitions()
  private(set) var declarations = ContextDeclarations()
  private(set) var tables: [RuleTableInfo] = []
  private(set) var diagnostics: [Diagnostic] = []

  /// Tables that are known to hold can do without their examples, which are half of their text.
  private let readsExamples: Bool

  /// The indices of rules in `rules`, by their ids.
  private var indices: [String: Int] = [:]
  private var roles = TableRoles()

  // What is being read.
  private var file = ""
  private var daemon = ""
  private var block = Block.none
  private var currentScopes: [String] = []
  private var rule: RuleSource?
  private var ruleLines: [SourceLine] = []
  private var declarationErrors: [SourceLocation: Diagnostic.Failure] = [:]

  private enum Block {
    case none, table
    case scope(String)
    case list(String)
    case group(String)
    case rule
  }

  init(readsExamples: Bool = true) { self.readsExamples = readsExamples }

  var lists: [String: ListSource] { definitions.lists }

  /// Reports names that are declared and that nothing bears. For when all files are read.
  mutating func checkDeclarations() {
    let ofLists = Set(lists.values.flatMap { $0.items.flatMap { definitions.captureNames($0.elements) } })
    for (table, declared) in roles.ofTables.sorted(by: { $0.key < $1.key }) {
      for (name, location) in declared.locations.sorted(by: { $0.name < $1.name })
      where names.lookUp(name) == nil && !ofLists.contains(name) {
        let meant = Spelling.suggestion(for: name, among: names.own).map { "did you mean ‘\($0)’? " } ?? ""
        report(
          location, "no capture or field is called ‘\(name)’, which table ‘\(table)’ declares",
          meant + "spell it as the rules do, or leave it out")
      }
    }
  }

  /// Learns the kinds of contexts. For all files first: a rule may mention a kind that a later file declares.
  mutating func readDeclarations(_ text: [UInt8], file: String) {
    let lines = text.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    for (index, bytes) in lines where bytes.starts(with: "keep".utf8) {
      let line = SourceLine(
        text: String(decoding: bytes, as: UTF8.self),
        location: SourceLocation(file: file, line: index + 1, column: 1))
      let (word, rest) = line.splitFirstWord()
      guard word == "keep" else { continue }
      do throws(Diagnostic.Failure) {
        try declarations.add(rest.text, at: rest.location)
      } catch {
        declarationErrors[rest.location] = error
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
      if read(line, number: index + 1) { continue }
      // Where lines end with CR LF, each has one.
      break
    }
    finishRule()
  }

  /// Reads one line; returns whether those behind it can be read too.
  private mutating func read(_ line: ArraySlice<UInt8>, number: Int) -> Bool {
    guard line.count <= 65_536 else {
      report(
        SourceLocation(file: file, line: number, column: 1), "the line is longer than 65,536 bytes", "shorten it")
      return true
    }
    // Names stand in checkpoints with NUL between them.
    if let control = line.firstIndex(where: { $0 < 32 && $0 != 9 || $0 == 127 }) {
      report(
        SourceLocation(file: file, line: number, column: control - line.startIndex + 1),
        "the line holds a control character (byte \(line[control]))", "remove it; end lines with a line feed alone")
      return line[control] != 13
    }
    let bytes = line.drop { $0 == 32 || $0 == 9 }
    if bytes.isEmpty || bytes.first == UInt8(ascii: "#") { return true }
    let location = SourceLocation(file: file, line: number, column: line.count - bytes.count + 1)
    let content = SourceLine(text: String(decoding: bytes, as: UTF8.self), location: location)
    do throws(Diagnostic.Failure) {
      if location.column == 1 { try statement(content) } else { try body(content) }
    } catch {
      diagnostics.append(error.diagnostic)
    }
    return true
  }

  // MARK: - Statements

  private mutating func statement(_ line: SourceLine) throws(Diagnostic.Failure) {
    finishRule()
    let (word, rest) = line.splitFirstWord()
    block = .none
    switch word {
    case "table":
      daemon = rest.text
      tables.append(RuleTableInfo(name: rest.text, file: file, seen: [], location: rest.location))
      block = .table
    case "scope": try beginScope(rest, at: line.location)
    case "fragment": try definitions.defineFragment(rest, in: daemon)
    case "list", "json", "query":
      block = .list(try definitions.beginList(word, rest, in: daemon, at: line.location))
    case "group":
      definitions.beginGroup(rest.text)
      block = .group(rest.text)
    case "keep":
      if let error = declarationErrors[rest.location] { throw error }
    case "rule":
      guard !rest.text.isEmpty, !rest.text.contains(" ") else {
        throw rest.failure("a rule needs an id of one word", "write: rule dovecot.login")
      }
      rule = RuleSource(id: rest.text, location: line.location, scopes: currentScopes)
      block = .rule
    default:
      throw line.failure(
        "‘\(word)’ begins nothing", "use table, scope, list, json, query, fragment, group, keep or rule")
    }
  }

  private mutating func beginScope(_ line: SourceLine, at location: SourceLocation) throws(Diagnostic.Failure) {
    let name = line.text
    currentScopes = [name]
    if let known = scopes[name], roles.table(ofScope: name) != daemon {
      throw line.failure(
        "there is a scope ‘\(name)’ in \(known.location.file) already", "give it another name")
    }
    roles.enterScope(name, in: daemon)
    scopes[name] = Scope(name: name, table: daemon, daemon: daemon, location: location)
    block = .scope(name)
  }

  private mutating func body(_ line: SourceLine) throws(Diagnostic.Failure) {
    switch block {
    case .none:
      throw line.failure("an indented line belongs to nothing", "put a rule, scope or list in front of it")
    case .table: try tableLine(line)
    case .scope(let name): try scopes[name]?.add(line)
    case .list(let name): try definitions.addToList(name, line)
    case .group(let name): definitions.addToGroup(name, line)
    case .rule:
      let (word, rest) = line.splitFirstWord()
      if readsExamples || !Example.isPart(word, rest.text) && word != "example" && word != "not" {
        ruleLines.append(line)
      }
    }
  }

  private mutating func tableLine(_ line: SourceLine) throws(Diagnostic.Failure) {
    let (word, rest) = line.splitFirstWord()
    guard let role = NameRole(rawValue: word) else { return try tables[tables.count - 1].add(line) }
    for token in rest.tokens {
      try roles.declare(token.text, role, in: daemon, at: token.location)
    }
  }

  // MARK: - Rules

  private mutating func finishRule() {
    guard var rule else { return }
    self.rule = nil
    let lines = definitions.expand(ruleLines, upTo: RuleParser.maximumLines, &diagnostics)
    ruleLines = []
    guard lines.count <= RuleParser.maximumLines else {
      return report(
        rule.location, "rule ‘\(rule.id)’ has more than \(RuleParser.maximumLines) lines, its groups' included",
        "make it several rules")
    }
    var parser = RuleParser(
      definitions: definitions, table: daemon, roles: roles, kindsAcrossHosts: declarations.acrossHosts,
      needsExample: readsExamples, names: names)
    do throws(Diagnostic.Failure) {
      defer { names = parser.names }
      try parser.parse(&rule, lines)
    } catch {
      return diagnostics.append(error.diagnostic)
    }
    enter(rule)
  }

  private mutating func enter(_ rule: RuleSource) {
    guard let known = indices[rule.id] else {
      indices[rule.id] = rules.count
      return rules.append(rule)
    }
    if rules[known].location.file == rule.location.file {
      report(
        rule.location, "rule ‘\(rule.id)’ stands in this file already",
        "the first is at line \(rules[known].location.line)")
    }
    replaced.append(rules[known])
    rules[known] = rule
  }

  private mutating func report(_ location: SourceLocation, _ message: String, _ remedy: String) {
    diagnostics.append(Diagnostic(location, message, remedy: remedy))
  }
}
