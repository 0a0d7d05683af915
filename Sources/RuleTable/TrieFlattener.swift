/// Makes the arrays of a tree of patterns.
struct TrieFlattener {
  private(set) var trie = MatchTrie()
  private let lists: [CompiledList]

  init(alternatives: [MatchTrie.Alternative], lists: [CompiledList]) {
    self.lists = lists
    trie.alternatives = alternatives
    trie.maximumSlots = (alternatives.map(\.slots.count).max() ?? 0) + 1
    for list in lists { add(list) }
  }

  /// Adds a node with all that is below it; the first is the root.
  @discardableResult
  mutating func add(_ node: TrieBuilder.Node) -> MatchTrie.NodeIndex {
    let index = trie.nodes.count
    trie.nodes.append(MatchTrie.Node())
    var flat = MatchTrie.Node()
    addLiterals(of: node, to: &flat)
    let captures = node.captures.sorted { $0.type.looseness < $1.type.looseness }.map { edge in
      MatchTrie.CaptureEdge(
        type: edge.type, members: CharacterClasses.bit(of: edge.type), mayShrink: mayShrink(edge.type, in: edge.node),
        target: add(edge.node))
    }
    flat.captures = Self.append(captures, to: &trie.captures)
    let runs = node.runs.map { MatchTrie.RunEdge(list: MatchTrie.ListIndex($0.list), target: add($0.node)) }
    flat.runs = Self.append(runs, to: &trie.runs)
    addTexts(of: node, to: &flat)
    addGaps(of: node, to: &flat)
    flat.end = node.end
    flat.rest = node.rest
    trie.nodes[index] = flat
    return MatchTrie.NodeIndex(index)
  }

  private mutating func addLiterals(of node: TrieBuilder.Node, to flat: inout MatchTrie.Node) {
    let edges = node.literals.map { edge in
      MatchTrie.LiteralEdge(first: edge.bytes[0], bytes: pooled(edge.bytes), target: add(edge.node))
    }
    flat.literals = Self.append(edges, to: &trie.literals)
    flat.literalGroups = edges.count < 8 ? .none : groups(edges.map(\.first))
  }

  private mutating func addTexts(of node: TrieBuilder.Node, to flat: inout MatchTrie.Node) {
    // Where two terminators stand at one offset, the longer ends the text.
    let sorted = node.texts.sorted {
      ($0.terminator[0], $1.terminator.count) < ($1.terminator[0], $0.terminator.count)
    }
    let edges = sorted.map { edge in
      MatchTrie.TextEdge(
        terminator: pooled(edge.terminator), isUntrusted: edge.isUntrusted, target: add(edge.node))
    }
    flat.texts = Self.append(edges, to: &trie.texts)
    let firstBytes = sorted.map { $0.terminator[0] }
    flat.textGroups = groups(firstBytes)
    if let first = firstBytes.first, first == firstBytes.last { flat.textFirst = Int16(first) }
    guard edges.count > 1 else { return }
    flat.textSet = trie.textSetCount
    trie.textSetCount += 1
  }

  private mutating func addGaps(of node: TrieBuilder.Node, to flat: inout MatchTrie.Node) {
    let edges = node.gaps.sorted { TrieWeight.of($0.tail) > TrieWeight.of($1.tail) }.map { gap in
      MatchTrie.GapEdge(tail: add(gap.tail), alternative: gap.alternative)
    }
    flat.gaps = Self.append(edges, to: &trie.gaps)
    let textWeight = node.texts.map { $0.terminator.count + TrieWeight.of($0.node) }.max() ?? 0
    flat.leadingGaps = node.gaps.count { TrieWeight.of($0.tail) > textWeight }
  }

  private mutating func add(_ tail: [MatchTrie.TailElement]) -> MatchTrie.TailIndex {
    var width = 0
    let parts = tail.map { element in
      switch element {
      case .literal(let bytes): return MatchTrie.TailPart(kind: .literal, bytes: pooled(bytes))
      case .capture(let type):
        width += 1
        return MatchTrie.TailPart(kind: .capture, type: type, members: CharacterClasses.bit(of: type))
      case .run(let list):
        width += lists[list].slots.count
        return MatchTrie.TailPart(kind: .run, list: MatchTrie.ListIndex(list))
      }
    }
    trie.tails.append(MatchTrie.Tail(parts: Self.append(parts, to: &trie.tailParts), width: width))
    return MatchTrie.TailIndex(trie.tails.count - 1)
  }

  private mutating func add(_ list: CompiledList) {
    // The longer prefix first: `session=<` before `session=`.
    let sorted = list.items.sorted { ($0.prefix[0], $1.prefix.count) < ($1.prefix[0], $0.prefix.count) }
    let items = sorted.map {
      MatchTrie.Item(prefix: pooled($0.prefix), suffix: pooled($0.suffix), type: $0.type, slot: $0.slot)
    }
    let separator = pooled(list.separator)
    let indices = Self.append(items, to: &trie.items)
    trie.lists.append(
      MatchTrie.List(
        form: list.form, allowsOthers: list.allowsOthers, isSeparatedBySpace: list.separator == [32],
        slotCount: list.slots.count, separator: separator, items: indices,
        itemGroups: groups(sorted.map { $0.prefix[0] })))
  }

  /// Makes a table in the pool that says for each byte where those begin and end that begin with it, 256 numbers each;
  /// none where there are too few, or too many, for one.
  private mutating func groups(_ firstBytes: [UInt8]) -> MatchTrie.PoolIndex {
    guard (2...255).contains(firstBytes.count) else { return .none }
    var table = [UInt8](repeating: 0, count: 512)
    for (index, byte) in firstBytes.enumerated() {
      if table[256 + Int(byte)] == 0 { table[Int(byte)] = UInt8(index) }
      table[256 + Int(byte)] = UInt8(index + 1)
    }
    return pooled(table).lowerBound
  }

  private func mayShrink(_ type: CaptureType, in node: TrieBuilder.Node) -> Bool {
    let members = CharacterClasses.bit(of: type)
    return node.literals.contains { CharacterClasses.table[Int($0.bytes[0])] & members != 0 }
  }

  private mutating func pooled(_ bytes: [UInt8]) -> MatchTrie.PoolRange { Self.append(bytes, to: &trie.pool) }

  private static func append<Element>(_ elements: [Element], to all: inout [Element]) -> Range<TrieIndex<Element>> {
    let start = TrieIndex<Element>(all.count)
    all += elements
    return start..<TrieIndex<Element>(all.count)
  }
}

/// How literal a path is: the more literal is tried earlier.
enum TrieWeight {
  /// The most literal bytes that a path below a node has.
  static func of(_ node: TrieBuilder.Node) -> Int {
    if let known = node.weight { return known }
    var most = node.gaps.map { of($0.tail) }.max() ?? 0
    for edge in node.literals { most = max(most, edge.bytes.count + of(edge.node)) }
    for edge in node.captures { most = max(most, of(edge.node)) }
    for edge in node.runs { most = max(most, of(edge.node)) }
    for edge in node.texts { most = max(most, edge.terminator.count + of(edge.node)) }
    node.weight = most
    return most
  }

  static func of(_ tail: [MatchTrie.TailElement]) -> Int {
    tail.reduce(0) { sum, element in if case .literal(let bytes) = element { sum + bytes.count } else { sum } }
  }
}
