/// One `--set key=value`: a dotted path of keys and a YAML value, laid over the tree of the file.
struct SettingOverride {
  let keys: [String]
  let value: YamlNode
  private let location: SettingLocation

  /// Reads the argument; reports what is wrong and returns nil when it is not usable.
  init?(_ argument: String, problems: ProblemList) {
    location = SettingLocation(origin: .override(YamlNode.printable(argument)))
    guard let (keys, text) = Self.split(argument) else {
      problems.report(
        "not `key=value`; allowed: a dotted key, =, a value, as in audit.level=3; quote a key that has a dot: "
          + "audit.kinds.\"message.copied\"=5", at: location)
      return nil
    }
    self.keys = keys
    guard !text.isEmpty else {
      // Nothing behind `=` is an empty text on a command line, not YAML's null.
      value = YamlNode(content: .scalar(text: "", isQuoted: true), location: location)
      return
    }
    guard let node = YamlReader.read(Array(text.utf8), origin: location.origin, problems: problems) else { return nil }
    value = node
  }

  /// Puts the value into the tree; reports a key that leads through something that is no mapping.
  func apply(to root: inout YamlNode, problems: ProblemList) {
    set(keys[...], in: &root, problems: problems)
  }

  private func set(_ path: ArraySlice<String>, in node: inout YamlNode, problems: ProblemList) {
    guard let key = path.first else {
      node = value
      return
    }
    if node.isNull { node = YamlNode(content: .mapping([]), location: location) }
    guard case .mapping(var entries) = node.content else {
      let parent = keys.prefix(upTo: path.startIndex).joined(separator: ".")
      problems.report(
        "`\(parent)` is \(node.summary) at \(node.location), it has no key `\(key)`; set the whole of it, "
          + "as in key=[one, two]", at: location)
      return
    }
    let index = entries.firstIndex { $0.key == key } ?? entries.endIndex
    if index == entries.endIndex {
      let empty = YamlNode(content: .scalar(text: "", isQuoted: false), location: location)
      entries.append(YamlNode.Entry(key: key, keyLocation: location, value: empty))
    }
    set(path.dropFirst(), in: &entries[index].value, problems: problems)
    node.content = .mapping(entries)
  }

  /// The keys and the text of the value; nil when a key is empty, a quote stays open or `=` is missing.
  private static func split(_ argument: String) -> (keys: [String], value: String)? {
    var keys: [String] = []
    var rest = argument[...]
    while true {
      let key: Substring
      if rest.first == "\"" {
        rest.removeFirst()
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        key = rest[..<end]
        rest = rest[rest.index(after: end)...]
      } else {
        key = rest.prefix { $0 != "." && $0 != "=" }
        rest = rest.dropFirst(key.count)
      }
      guard !key.isEmpty, let separator = rest.popFirst() else { return nil }
      keys.append(String(key))
      switch separator {
      case ".": continue
      case "=": return (keys, String(rest))
      default: return nil
      }
    }
  }
}
