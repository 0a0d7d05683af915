@testable import RuleTable

/// A compiled table and what it says of lines, with captures as text.
struct TableUnderTest {
  struct Found: Equatable {
    var rule: String
    var captures: [String: String]
    var isAmbiguous: Bool
    /// The captures that may be something else.
    var doubtful: Set<String> = []
  }

  let table: CompiledTable

  /// Line 4 of the file is the first of `body`.
  static let header = "table t\nscope s\n  identifier s\n"

  init(files: [RuleFile], off: Set<String> = [], strictness: Strictness = []) throws {
    table = try RuleCompiler.compile(files, off: off, strictness: strictness)
  }

  init(_ body: String, strictness: Strictness = []) throws {
    try self.init(files: [Self.file(body)], strictness: strictness)
  }

  /// A table with one rule for one pattern; the rule's own example is a second match line, so that a test may ask for
  /// lines that the pattern must refuse.
  init(pattern: String, definitions: String = "") throws {
    try self.init(definitions + "\n" + Self.rule("r", matching: pattern))
  }

  static func file(_ body: String, name: String = "t.rules") -> RuleFile {
    RuleFile(name: name, text: Array((header + body).utf8))
  }

  static func rule(_ id: String, matching pattern: String, does action: String = "note seen x") -> String {
    """
    rule \(id)
      in s
      match \(pattern)
      match example of \(id)
      \(action)
      example example of \(id)
        expect

    """
  }

  #if DEBUG
    /// How much of a line and of the table is looked at for a match.
    func steps(_ line: String) -> Int {
      var scratch = MatchScratch()
      _ = table.match(scope: table.scopes.firstIndex { $0.name == "s" }!, bytes: Array(line.utf8), &scratch)
      return scratch.remains.steps
    }
  #endif

  func match(_ line: String, scope: String = "s") -> Found? {
    guard let index = table.scopes.firstIndex(where: { $0.name == scope }) else { return nil }
    let bytes = Array(line.utf8)
    var scratch = MatchScratch()
    guard let rule = table.match(scope: index, bytes: bytes, &scratch) else { return nil }
    var captures: [String: String] = [:]
    var doubtful: Set<String> = []
    for capture in scratch.captures {
      let raw = bytes[capture.start..<capture.end]
      let value = capture.encoding.decode(raw)
      captures[table.names.name(of: capture.name)] = String(decoding: value, as: UTF8.self)
      if capture.isDoubtful { doubtful.insert(table.names.name(of: capture.name)) }
    }
    return Found(
      rule: table.rules[rule].id, captures: captures, isAmbiguous: scratch.isAmbiguous, doubtful: doubtful)
  }
}
