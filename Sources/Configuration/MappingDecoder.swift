import AuditModel

/// Decodes one mapping strictly: each key is asked for by name, and what nobody asked for is an error.
struct MappingDecoder {
  private let entries: [YamlNode.Entry]
  private let path: String
  private let problems: ProblemList
  private var knownKeys: [String] = []

  /// Nil, with a problem reported, when the node is no mapping. Nothing at all counts as an empty mapping, so that a
  /// heading whose settings are all commented out works.
  init?(_ node: YamlNode, path: String, problems: ProblemList) {
    switch node.content {
    case .mapping(let entries): self.entries = entries
    case .scalar where node.isNull: entries = []
    default:
      let name = path.isEmpty ? "the file" : "`\(path)`"
      problems.report("\(name) is \(node.summary); allowed: a mapping of `key: value`", at: node.location)
      return nil
    }
    self.path = path
    self.problems = problems
  }

  /// Reads a key; the default stays when the key is absent or wrong.
  mutating func decode<Value>(_ key: String, into value: inout Value, as shape: ValueShape<Value>) {
    knownKeys.append(key)
    guard let entry = entries.first(where: { $0.key == key }) else { return }
    if let decoded = shape.read(entry.value, pathOf(key), problems) { value = decoded }
  }

  /// Reads a nested mapping.
  mutating func decode(_ key: String, _ body: (inout MappingDecoder) -> Void) {
    knownKeys.append(key)
    guard let entry = entries.first(where: { $0.key == key }),
      var nested = MappingDecoder(entry.value, path: pathOf(key), problems: problems)
    else { return }
    body(&nested)
    nested.finish()
  }

  /// All entries, as known ones: for a mapping whose keys are data.
  mutating func takeEntries() -> [YamlNode.Entry] {
    knownKeys += entries.map(\.key)
    return entries
  }

  /// Whether the key is written, right or wrong.
  func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  /// Reports the keys that nobody asked for.
  func finish() {
    for entry in entries where !knownKeys.contains(entry.key) {
      let parent = path.isEmpty ? "" : " in `\(path)`"
      let hint =
        Spelling.suggestion(for: entry.key, among: knownKeys).map { "did you mean `\($0)`?" }
        ?? "allowed: \(knownKeys.joined(separator: ", "))"
      problems.report("unknown key `\(YamlNode.printable(entry.key))`\(parent); \(hint)", at: entry.keyLocation)
    }
  }

  private func pathOf(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
