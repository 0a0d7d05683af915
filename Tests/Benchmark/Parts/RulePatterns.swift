import RuleTable

/// The patterns of rule files as they are written there, with fragments put in: what other matchers' rules are made of.
///
/// `RuleTable` keeps its own reading to itself, so this is a second, smaller one. It reads only tables that compile and
/// so reports nothing; `RuleExport` says which share of the lines comes out alike.
struct RulePatterns {
  indirect enum Part {
    case literal([UInt8])
    /// No name: what is not kept.
    case capture(name: String, type: CaptureType)
    case run(RunOfItems)
    case optional([Part])
  }

  /// What `<*list>` stands for.
  struct RunOfItems {
    enum Form { case list, json, query }
    var form: Form
    var separator: [UInt8]
    var items: [[Part]] = []
    var allowsOthers = false
  }

  /// The match lines by rule id.
  private(set) var patterns: [String: [[Part]]] = [:]

  private var fragments: [String: [Part]] = [:]
  private var lists: [String: RunOfItems] = [:]

  init(_ files: [RuleFile]) {
    for file in files { read(String(decoding: file.text, as: UTF8.self)) }
  }

  private mutating func read(_ text: String) {
    // Lists are the table's own.
    lists = [:]
    var list: String?
    var rule: String?
    for line in text.split(separator: "\n") {
      let isIndented = line.first == " " || line.first == "\t"
      let content = line.drop { $0 == " " || $0 == "\t" }
      if content.isEmpty || content.first == "#" { continue }
      let (word, rest) = Self.firstWord(content)
      if isIndented {
        if let rule, word == "match" {
          let pattern = parse(rest)
          patterns[rule, default: []].append(pattern)
        }
        if let list, word == "item" {
          let item = parse(rest)
          lists[list]?.items.append(item)
        }
        if let list, word == "other" { lists[list]?.allowsOthers = true }
        continue
      }
      list = nil
      rule = nil
      switch word {
      case "rule":
        rule = String(rest)
        // A later file's rule of the same id takes the place of the earlier one.
        patterns[String(rest)] = nil
      case "fragment":
        let (name, pattern) = Self.firstWord(rest)
        fragments[String(name)] = parse(pattern)
      case "list", "json", "query":
        let (name, quoted) = Self.firstWord(rest)
        list = String(name)
        let separator = quoted.isEmpty ? ", " : quoted.drop { $0 == "\"" }.prefix { $0 != "\"" }
        lists[String(name)] = RunOfItems(
          form: word == "json" ? .json : word == "query" ? .query : .list, separator: Array(separator.utf8))
      default: break
      }
    }
  }

  private static func firstWord(_ text: Substring) -> (word: Substring, rest: Substring) {
    let word = text.prefix { $0 != " " && $0 != "\t" }
    return (word, text[word.endIndex...].dropFirst())
  }

  private func parse(_ text: Substring) -> [Part] {
    var bytes = ArraySlice(text.utf8)
    return sequence(&bytes)
  }

  /// Up to the end or to the `?>` that closes an optional part, which is taken off too.
  private func sequence(_ text: inout ArraySlice<UInt8>) -> [Part] {
    var parts: [Part] = []
    var literal: [UInt8] = []
    func flush() {
      if !literal.isEmpty { parts.append(.literal(literal)) }
      literal = []
    }
    while let byte = text.popFirst() {
      switch (byte, text.first) {
      case (UInt8(ascii: "\\"), let next?) where "<\\?n".utf8.contains(next):
        literal.append(next == UInt8(ascii: "n") ? 10 : next)
        text.removeFirst()
      case (UInt8(ascii: "?"), UInt8(ascii: ">")):
        text.removeFirst()
        flush()
        return parts
      case (UInt8(ascii: "<"), UInt8(ascii: "?")):
        text.removeFirst()
        flush()
        parts.append(.optional(sequence(&text)))
      case (UInt8(ascii: "<"), _):
        flush()
        let inside = text.prefix { $0 != UInt8(ascii: ">") }
        text = text[inside.endIndex...].dropFirst()
        parts += bracket(String(decoding: inside, as: UTF8.self))
      default: literal.append(byte)
      }
    }
    flush()
    return parts
  }

  private func bracket(_ inside: String) -> [Part] {
    if inside.first == "*" { return lists[String(inside.dropFirst())].map { [.run($0)] } ?? [] }
    if inside.first == "&" { return fragments[String(inside.dropFirst())] ?? [] }
    let halves = inside.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = halves[0].filter { $0 != "!" }
    return [.capture(name: name, type: halves.count == 2 ? CaptureType(name: halves[1]) ?? .text : .text)]
  }
}

extension [RulePatterns.Part] {
  /// Bytes that stand for themselves: the more literal rule is tried first.
  var literalBytes: Int {
    reduce(0) { sum, part in
      switch part {
      case .literal(let bytes): sum + bytes.count
      case .optional(let inner): sum + inner.literalBytes
      case .capture, .run: sum
      }
    }
  }
}
