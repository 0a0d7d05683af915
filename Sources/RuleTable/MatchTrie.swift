/// The rules' patterns of one scope or more as a decision tree, flattened into arrays.
///
/// Rules that begin alike share their beginning, so a line is scanned once however many rules there are. Patterns are
/// cut at their gap: what stands in front of it is in the tree, what stands behind is a `Tail`, scanned from the right.
struct MatchTrie: Sendable {
  struct Node: Sendable {
    var literals: Range<Int32> = 0..<0
    var captures: Range<Int32> = 0..<0
    var runs: Range<Int32> = 0..<0
    var texts: Range<Int32> = 0..<0
    var gaps: Range<Int32> = 0..<0
    /// The alternative that ends here, at the line's end; -1 for none.
    var end: Int32 = -1
    /// The alternative whose last element is a text that goes to the line's end; -1 for none.
    var rest: Int32 = -1
    /// The tables of the literals' and the terminators' first bytes: see `groups`.
    var literalGroups: Int32 = -1
    var textGroups: Int32 = -1
    /// The byte with which all terminators begin; -1 where they differ.
    var textFirst: Int16 = -1
    /// The place of this node among those that have several texts.
    var textSet: Int32 = 0
    /// How many of the gaps are more literal than any text edge: they are tried in front of those.
    var leadingGaps: Int32 = 0
  }

  struct LiteralEdge: Sendable {
    var first: UInt8
    var bytes: Range<Int32>
    var target: Int32
  }

  struct CaptureEdge: Sendable {
    var type: CaptureType
    /// Whether the literal behind may begin with a character of the type's own alphabet: then shorter ends are tried.
    var mayShrink: Bool
    var target: Int32
  }

  struct RunEdge: Sendable {
    var list: Int32
    var target: Int32
  }

  struct TextEdge: Sendable {
    /// The literal that ends the text.
    var terminator: Range<Int32>
    var isUntrusted: Bool
    var target: Int32
  }

  struct GapEdge: Sendable {
    var tail: Int32
    var alternative: Int32
  }

  /// The name of a capture, `unnamed` for one that is not kept, and how it is written.
  struct Slot: Sendable, Hashable {
    var name: UInt16
    var coding = CaptureCoding.plain
    /// Whether the scope says how it is written.
    var takesCodingOfScope = false
    var isAddress = false

    /// Whether the captured bytes are not simply the value.
    var mustLook: Bool { isAddress || coding != .plain }
  }

  /// One way in which a rule can match, and its captures in the order of the scan.
  struct Alternative: Sendable {
    var rule: Int32
    /// Which of the rule's match lines it is of.
    var matchLine: Int32
    var slots: [Slot]
    var literalBytes: Int

    /// The same in a scope: captures are written as it says where they do not say it themselves.
    func coded(as coding: CaptureCoding) -> Alternative {
      var result = self
      for index in slots.indices where slots[index].takesCodingOfScope { result.slots[index].coding = coding }
      return result
    }
  }

  enum TailElement: Sendable, Hashable {
    case literal([UInt8])
    case capture(CaptureType)
    case run(Int)
  }

  /// A `TailElement` with its bytes in the pool.
  struct TailPart: Sendable {
    enum Kind: UInt8, Sendable { case literal, capture, run }
    var kind: Kind
    var type = CaptureType.text
    var list: Int32 = 0
    var bytes: Range<Int32> = 0..<0
  }

  /// Where a tail's parts lie, and how many slots its captures take.
  struct Tail: Sendable {
    var parts: Range<Int32>
    var width: Int32
  }

  /// A `CompiledList` with its bytes in the pool.
  struct List: Sendable {
    var form: ListForm
    var allowsOthers: Bool
    var isSeparatedBySpace: Bool
    var slotCount: Int
    var separator: Range<Int32>
    var items: Range<Int32>
    /// The table of the prefixes' first bytes: see `groups`.
    var itemGroups: Int32
  }

  struct Item: Sendable {
    var prefix: Range<Int32>
    var suffix: Range<Int32>
    var type: CaptureType?
    var slot: Int
  }

  static let unnamed = UInt16.max

  var nodes: [Node] = []
  var literals: [LiteralEdge] = []
  var captures: [CaptureEdge] = []
  var runs: [RunEdge] = []
  var texts: [TextEdge] = []
  var gaps: [GapEdge] = []
  var tails: [Tail] = []
  var tailParts: [TailPart] = []
  var alternatives: [Alternative] = []
  var lists: [List] = []
  var items: [Item] = []
  /// The bytes of all literals.
  var pool: [UInt8] = []
  /// Slots that the deepest path needs.
  var maximumSlots = 0
  /// How many nodes have several texts.
  var textSetCount: Int32 = 0
}

/// A run's items, ready for scanning in both directions.
struct CompiledList: Sendable {
  struct Item: Sendable {
    var prefix: [UInt8]
    /// nil: the item is the prefix alone (a flag).
    var type: CaptureType?
    var suffix: [UInt8]
    /// The place of the capture among the list's slots.
    var slot: Int
  }

  var name: String
  var form: ListForm
  var separator: [UInt8]
  var items: [Item]
  var allowsOthers: Bool
  /// The captures.
  var slots: [MatchTrie.Slot]
}

/// Grows the tree; `flatten` makes the arrays of it.
final class TrieBuilder {
  final class Node {
    var literals: [(bytes: [UInt8], node: Node)] = []
    var captures: [(type: CaptureType, node: Node)] = []
    var runs: [(list: Int, node: Node)] = []
    var texts: [(terminator: [UInt8], isUntrusted: Bool, node: Node)] = []
    var gaps: [(tail: [MatchTrie.TailElement], alternative: Int)] = []
    var end = -1
    var rest = -1
    /// The most literal bytes that a path below has; nil until it is asked for, when the tree is complete.
    var weight: Int?
  }

  /// What an element of a path is after its names were taken off.
  enum Step {
    case literal([UInt8])
    case capture(CaptureType)
    case text(terminator: [UInt8], isUntrusted: Bool)
    case run(Int)
    case gap([MatchTrie.TailElement])
    case rest
    case end
  }

  private(set) var alternatives: [MatchTrie.Alternative] = []
  private let lists: [CompiledList]
  let root = Node()

  init(lists: [CompiledList]) { self.lists = lists }

  /// Adds a path; returns the alternative that has the same path already, if any.
  func insert(_ steps: [Step], alternative: MatchTrie.Alternative) -> Int? {
    var node = root
    let index = alternatives.count
    for step in steps {
      switch step {
      case .literal(let bytes): node = descend(bytes[...], from: node)
      case .capture(let type):
        if let known = node.captures.first(where: { $0.type == type }) {
          node = known.node
        } else {
          let child = Node()
          node.captures.append((type, child))
          node = child
        }
      case .run(let list):
        if let known = node.runs.first(where: { $0.list == list }) {
          node = known.node
        } else {
          let child = Node()
          node.runs.append((list, child))
          node = child
        }
      case .text(let terminator, let isUntrusted):
        if let known = node.texts.first(where: { $0.terminator == terminator && $0.isUntrusted == isUntrusted }) {
          node = known.node
        } else {
          let child = Node()
          node.texts.append((terminator, isUntrusted, child))
          node = child
        }
      case .gap(let tail):
        if let known = node.gaps.first(where: { $0.tail == tail }) { return known.alternative }
        node.gaps.append((tail, index))
      case .rest:
        if node.rest >= 0 { return node.rest }
        node.rest = index
      case .end:
        if node.end >= 0 { return node.end }
        node.end = index
      }
    }
    alternatives.append(alternative)
    return nil
  }

  private func descend(_ bytes: ArraySlice<UInt8>, from node: Node) -> Node {
    guard let first = bytes.first else { return node }
    guard let index = node.literals.firstIndex(where: { $0.bytes[0] == first }) else {
      let child = Node()
      node.literals.append((Array(bytes), child))
      return child
    }
    let edge = node.literals[index]
    let common = zip(edge.bytes, bytes).prefix { $0 == $1 }.count
    if common < edge.bytes.count {
      let middle = Node()
      middle.literals = [(Array(edge.bytes[common...]), edge.node)]
      node.literals[index] = (Array(edge.bytes[..<common]), middle)
      return descend(bytes.dropFirst(common), from: middle)
    }
    return descend(bytes.dropFirst(common), from: edge.node)
  }

  func flatten() -> MatchTrie {
    var trie = MatchTrie()
    trie.alternatives = alternatives
    for list in lists { add(list, to: &trie) }
    trie.maximumSlots = (alternatives.map(\.slots.count).max() ?? 0) + 1
    _ = add(root, to: &trie)
    return trie
  }

  private func add(_ node: Node, to trie: inout MatchTrie) -> Int32 {
    let index = trie.nodes.count
    trie.nodes.append(MatchTrie.Node())
    let literals = node.literals.map { edge in
      MatchTrie.LiteralEdge(first: edge.bytes[0], bytes: pooled(edge.bytes, &trie), target: add(edge.node, to: &trie))
    }
    let captures = node.captures.sorted { $0.type.looseness < $1.type.looseness }.map { edge in
      MatchTrie.CaptureEdge(
        type: edge.type, mayShrink: mayShrink(edge.type, in: edge.node), target: add(edge.node, to: &trie))
    }
    let runs = node.runs.map { MatchTrie.RunEdge(list: Int32($0.list), target: add($0.node, to: &trie)) }
    // Where two terminators stand at one place, the longer ends the text.
    let sortedTexts = node.texts.sorted {
      ($0.terminator[0], $1.terminator.count) < ($1.terminator[0], $0.terminator.count)
    }
    let texts = sortedTexts.map { edge in
      MatchTrie.TextEdge(
        terminator: pooled(edge.terminator, &trie), isUntrusted: edge.isUntrusted, target: add(edge.node, to: &trie))
    }
    let gaps = node.gaps.sorted { weight($0.tail) > weight($1.tail) }.map { gap in
      add(gap.tail, to: &trie)
      return MatchTrie.GapEdge(tail: Int32(trie.tails.count - 1), alternative: Int32(gap.alternative))
    }
    let textWeight = node.texts.map { $0.terminator.count + weight($0.node) }.max() ?? 0
    var flat = MatchTrie.Node()
    flat.leadingGaps = Int32(node.gaps.filter { weight($0.tail) > textWeight }.count)
    flat.literals = append(literals, to: &trie.literals)
    flat.literalGroups = node.literals.count < 8 ? -1 : groups(node.literals.map { $0.bytes[0] }, &trie)
    flat.captures = append(captures, to: &trie.captures)
    flat.runs = append(runs, to: &trie.runs)
    flat.texts = append(texts, to: &trie.texts)
    let terminatorBytes = sortedTexts.map { $0.terminator[0] }
    flat.textGroups = groups(terminatorBytes, &trie)
    if let first = terminatorBytes.first, first == terminatorBytes.last { flat.textFirst = Int16(first) }
    if texts.count > 1 {
      flat.textSet = trie.textSetCount
      trie.textSetCount += 1
    }
    flat.gaps = append(gaps, to: &trie.gaps)
    flat.end = Int32(node.end)
    flat.rest = Int32(node.rest)
    trie.nodes[index] = flat
    return Int32(index)
  }

  /// Makes a table in the pool that tells for each byte where those begin and end that begin with it, 256 numbers each;
  /// -1 where there are too few, or too many, for one.
  private func groups(_ firstBytes: [UInt8], _ trie: inout MatchTrie) -> Int32 {
    guard (2...255).contains(firstBytes.count) else { return -1 }
    var table = [UInt8](repeating: 0, count: 512)
    for (place, byte) in firstBytes.enumerated() {
      if table[256 + Int(byte)] == 0 { table[Int(byte)] = UInt8(place) }
      table[256 + Int(byte)] = UInt8(place + 1)
    }
    return pooled(table, &trie).lowerBound
  }

  private func add(_ list: CompiledList, to trie: inout MatchTrie) {
    // The longer prefix first: `session=<` before `session=`.
    let sorted = list.items.sorted { ($0.prefix[0], $1.prefix.count) < ($1.prefix[0], $0.prefix.count) }
    let items = sorted.map {
      MatchTrie.Item(
        prefix: pooled($0.prefix, &trie), suffix: pooled($0.suffix, &trie), type: $0.type, slot: $0.slot)
    }
    trie.lists.append(
      MatchTrie.List(
        form: list.form, allowsOthers: list.allowsOthers, isSeparatedBySpace: list.separator == [32],
        slotCount: list.slots.count, separator: pooled(list.separator, &trie),
        items: append(items, to: &trie.items), itemGroups: groups(sorted.map { $0.prefix[0] }, &trie)))
  }

  private func add(_ tail: [MatchTrie.TailElement], to trie: inout MatchTrie) {
    var width = 0
    let parts = tail.map { element in
      switch element {
      case .literal(let bytes): return MatchTrie.TailPart(kind: .literal, bytes: pooled(bytes, &trie))
      case .capture(let type):
        width += 1
        return MatchTrie.TailPart(kind: .capture, type: type)
      case .run(let list):
        width += lists[list].slots.count
        return MatchTrie.TailPart(kind: .run, list: Int32(list))
      }
    }
    trie.tails.append(MatchTrie.Tail(parts: append(parts, to: &trie.tailParts), width: Int32(width)))
  }

  private func mayShrink(_ type: CaptureType, in node: Node) -> Bool {
    let members = CharacterClasses.bit(of: type)
    return node.literals.contains { CharacterClasses.table[Int($0.bytes[0])] & members != 0 }
  }

  /// The most literal bytes that a path below a node has.
  private func weight(_ node: Node) -> Int {
    if let known = node.weight { return known }
    var most = node.gaps.map { weight($0.tail) }.max() ?? 0
    for edge in node.literals { most = max(most, edge.bytes.count + weight(edge.node)) }
    for edge in node.captures { most = max(most, weight(edge.node)) }
    for edge in node.runs { most = max(most, weight(edge.node)) }
    for edge in node.texts { most = max(most, edge.terminator.count + weight(edge.node)) }
    node.weight = most
    return most
  }

  private func weight(_ tail: [MatchTrie.TailElement]) -> Int {
    tail.reduce(0) { sum, element in if case .literal(let bytes) = element { sum + bytes.count } else { sum } }
  }

  private func pooled(_ bytes: [UInt8], _ trie: inout MatchTrie) -> Range<Int32> {
    let start = Int32(trie.pool.count)
    trie.pool += bytes
    return start..<Int32(trie.pool.count)
  }

  private func append<Edge>(_ edges: [Edge], to all: inout [Edge]) -> Range<Int32> {
    let start = Int32(all.count)
    all += edges
    return start..<Int32(all.count)
  }
}
