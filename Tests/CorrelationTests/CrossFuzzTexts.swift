@testable import RuleTable

/// What a stranger writes: the ends of match lines and other rules' examples, with a victim's name in them.
struct CrossFuzzTexts {
  /// A random number generator; the seed makes a run repeatable.
  struct Random {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }

    /// One of the lines. A line more or less in the tables changes few choices, so that a change of one rule does not
    /// try all others with new texts.
    fileprivate mutating func pick(_ lines: [Line]) -> Line {
      let salt = UInt64(next(1 << 31)) &* 0x9E37_79B9_7F4A_7C15
      return lines.min { ($0.hash ^ salt) &* 0xBF58_476D_1CE4_E5B9 < ($1.hash ^ salt) &* 0xBF58_476D_1CE4_E5B9 }!
    }
  }

  /// A line in parts: literals and values by turns, the values already the victim's.
  fileprivate struct Line {
    let parts: [[UInt8]]
    let hash: UInt64

    init(_ parts: [[UInt8]]) {
      self.parts = parts
      hash = CrossFuzzTexts.hash(parts.flatMap { $0 })
    }
  }

  /// FNV-1a.
  static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  static let victim = Array("victim@example.org".utf8)
  static let ip = Array("192.0.2.66".utf8)

  private var ofRule: [String: [Line]] = [:]
  private var ofScope: [Int: [Line]] = [:]
  private var all: [Line] = []

  init(_ table: CompiledTable, _ shapes: CaptureShapes) {
    for rule in table.rules where !rule.isNoise {
      let examples = rule.examples.compactMap { example -> [[UInt8]]? in
        example.expected == nil ? nil : Self.parts(of: example.message, rule, table)
      }
      let ends = (shapes.lines[rule.id] ?? []).map { $0.map(Self.written) }
      let lines = (examples + ends).filter { !$0.isEmpty }.map(Line.init)
      ofRule[rule.id] = lines
      for scope in rule.scopes { ofScope[scope, default: []] += lines }
      all += lines
    }
  }

  /// Another text: half of them would go on with the line's own rule or another of its daemon's.
  func text(for rule: CompiledTable.Rule, _ random: inout Random) -> [UInt8] {
    var text = piece(for: rule, &random)
    if random.next(3) == 0 { text += piece(for: rule, &random) }
    switch random.next(8) {
    case 0: text = Self.victim + text
    case 1: text += Self.victim
    case 2: text = [UInt8(ascii: "x"), UInt8(ascii: " ")] + text
    case 3: text = [UInt8(ascii: "x")] + text
    case 4: text += [UInt8(ascii: " "), UInt8(ascii: "x")]
    case 5: text = Array(repeating: UInt8(ascii: "a"), count: random.next(1000)) + text
    default: break
    }
    return text
  }

  private func piece(for rule: CompiledTable.Rule, _ random: inout Random) -> [UInt8] {
    let parts =
      switch random.next(4) {
      case 0: random.pick(ofRule[rule.id] ?? all).parts
      case 1: random.pick(rule.scopes.first.flatMap { ofScope[$0] } ?? all).parts
      default: random.pick(all).parts
      }
    // Whole, from an offset to the end, or from an offset to an offset.
    switch random.next(4) {
    case 0: return parts.flatMap { $0 }
    case 1, 2: return parts[random.next(parts.count)...].flatMap { $0 }
    default:
      let start = random.next(parts.count)
      return parts[start...(start + random.next(parts.count - start))].flatMap { $0 }
    }
  }

  /// An example in parts.
  private static func parts(of line: [UInt8], _ rule: CompiledTable.Rule, _ table: CompiledTable) -> [[UInt8]] {
    var scratch = MatchScratch()
    guard let scope = rule.scopes.first(where: { table.match(scope: $0, bytes: line, &scratch) != nil }) else {
      return []
    }
    _ = table.match(scope: scope, bytes: line, &scratch)
    var parts: [[UInt8]] = []
    var start = 0
    for capture in scratch.captures.sorted(by: { $0.start < $1.start }) where capture.start >= start {
      parts += [Array(line[start..<capture.start]), victims(Array(line[capture.start..<capture.end]))]
      start = capture.end
    }
    return (parts + [Array(line[start...])]).filter { !$0.isEmpty }
  }

  /// A value of an example as the stranger would have it.
  private static func victims(_ value: [UInt8]) -> [UInt8] {
    if value.contains(UInt8(ascii: "@")) { return victim }
    switch String(decoding: value, as: UTF8.self) {
    case "ann", "bob", "joe": return Array("victim".utf8)
    case let text where text.hasPrefix("192.0.2.") || text.hasPrefix("198.51.100."): return ip
    default: return value
    }
  }

  /// An element of a match line as some daemon may write it.
  private static func written(_ element: Pattern.Element) -> [UInt8] {
    guard case .capture(let name, let type, _, _) = element else {
      if case .literal(let bytes) = element { return bytes }
      return []
    }
    switch type {
    case .ip: return ip
    case .int, .number: return [UInt8(ascii: "7")]
    case .host: return Array("evil.example".utf8)
    case .queueid: return Array("81A7E571".utf8)
    case .word, .token, .string: return Array((name.contains("user") || name.contains("login") ? "victim" : "w").utf8)
    case .address, .addrspec, .text, .gap: return victim
    }
  }
}
