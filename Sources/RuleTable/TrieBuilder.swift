/// Grows the tree of patterns; `TrieFlattener` makes the arrays of it.
final class TrieBuilder {
  final class Node {
    var literals: [(bytes: [UInt8], node: Node)] = []
    var captures: [(type: CaptureType, node: Node)] = []
    var runs: [(list: Int, node: Node)] = []
    var texts: [(terminator: [UInt8], isUntrusted: Bool, node: Node)] = []
    var gaps: [(tail: [MatchTrie.TailElement], alternative: MatchTrie.AlternativeIndex)] = []
    var end = MatchTrie.AlternativeIndex.none
    var rest = MatchTrie.AlternativeIndex.none
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
  private let root = Node()

  init(lists: [CompiledList]) { self.lists = lists }

  func flatten() -> MatchTrie {
    var flattener = TrieFlattener(alternatives: alternatives, lists: lists)
    flattener.add(root)
    return flattener.trie
  }

  /// Adds a path; returns the alternative that has the same path already, if any.
  func insert(_ steps: [Step], alternative: MatchTrie.Alternative) -> MatchTrie.AlternativeIndex? {
    var node = root
    for step in steps {
      guard let next = child(for: step, of: node) else {
        if let known = enter(MatchTrie.AlternativeIndex(alternatives.count), as: step, at: node) { return known }
        continue
      }
      node = next
    }
    alternatives.append(alternative)
    return nil
  }

  /// The node behind a step, made where there is none; nil for a step that ends a path.
  private func child(for step: Step, of node: Node) -> Node? {
    switch step {
    case .literal(let bytes): return descend(bytes[...], from: node)
    case .capture(let type):
      if let known = node.captures.first(where: { $0.type == type }) { return known.node }
      node.captures.append((type, Node()))
      return node.captures.last?.node
    case .run(let list):
      if let known = node.runs.first(where: { $0.list == list }) { return known.node }
      node.runs.append((list, Node()))
      return node.runs.last?.node
    case .text(let terminator, let isUntrusted):
      let known = node.texts.first { $0.terminator == terminator && $0.isUntrusted == isUntrusted }
      if let known { return known.node }
      node.texts.append((terminator, isUntrusted, Node()))
      return node.texts.last?.node
    case .gap, .rest, .end: return nil
    }
  }

  /// Ends a path; returns the alternative that ends in the same way, if any.
  private func enter(
    _ alternative: MatchTrie.AlternativeIndex, as step: Step, at node: Node
  ) -> MatchTrie.AlternativeIndex? {
    switch step {
    case .gap(let tail):
      if let known = node.gaps.first(where: { $0.tail == tail }) { return known.alternative }
      node.gaps.append((tail, alternative))
    case .rest:
      if !node.rest.isNone { return node.rest }
      node.rest = alternative
    case .end:
      if !node.end.isNone { return node.end }
      node.end = alternative
    case .literal, .capture, .run, .text: break
    }
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
}
