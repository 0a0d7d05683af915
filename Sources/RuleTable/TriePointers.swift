extension MatchTrie {
  /// A trie's arrays in memory of their own, for as long as the matcher is there: so that a match counts no references.
  struct Pointers {
    /// An alternative's rule and match line, and where the names of its slots stand in `names`.
    struct Names {
      var rule: Int32
      var matchLine: Int32
      var slots: Range<SlotIndex>
    }

    private let names: UnsafePointer<Names>
    let slots: TriePointer<Slot>
    let nodes: TriePointer<Node>
    let literals: TriePointer<LiteralEdge>
    let captures: TriePointer<CaptureEdge>
    let runs: TriePointer<RunEdge>
    let texts: TriePointer<TextEdge>
    let gaps: TriePointer<GapEdge>
    let tails: TriePointer<Tail>
    let tailParts: TriePointer<TailPart>
    let lists: TriePointer<List>
    let items: TriePointer<Item>
    let pool: TriePointer<UInt8>
    /// How many `FailureIndex`es there are.
    let failureCount: Int
    private let textCount: Int32
    private let firstGap: Int32

    init(copyOf trie: MatchTrie) {
      var start = SlotIndex(0)
      names = copyElements(
        trie.alternatives.map { alternative in
          defer { start = start.advanced(by: alternative.slots.count) }
          return Names(
            rule: alternative.rule, matchLine: alternative.matchLine,
            slots: start..<start.advanced(by: alternative.slots.count))
        })
      slots = TriePointer(copyOf: trie.alternatives.flatMap(\.slots))
      nodes = TriePointer(copyOf: trie.nodes)
      literals = TriePointer(copyOf: trie.literals)
      captures = TriePointer(copyOf: trie.captures)
      runs = TriePointer(copyOf: trie.runs)
      texts = TriePointer(copyOf: trie.texts)
      gaps = TriePointer(copyOf: trie.gaps)
      tails = TriePointer(copyOf: trie.tails)
      tailParts = TriePointer(copyOf: trie.tailParts)
      lists = TriePointer(copyOf: trie.lists)
      items = TriePointer(copyOf: trie.items)
      pool = TriePointer(copyOf: trie.pool)
      textCount = Int32(trie.texts.count)
      firstGap = textCount + Int32(trie.textSetCount)
      failureCount = Int(firstGap) + trie.gaps.count
    }

    subscript(alternative: AlternativeIndex) -> Names {
      @inline(__always)
      get { names[Int(alternative.rawValue)] }
    }

    /// All elements are plain values: freeing their memory is all there is to do.
    func deallocate() {
      names.deallocate()
      slots.deallocate()
      nodes.deallocate()
      literals.deallocate()
      captures.deallocate()
      runs.deallocate()
      texts.deallocate()
      gaps.deallocate()
      tails.deallocate()
      tailParts.deallocate()
      lists.deallocate()
      items.deallocate()
      pool.deallocate()
    }
  }

  /// What failed from some offset on: a text, all the texts of a node, or a gap.
  struct FailureIndex {
    let rawValue: Int32
  }
}

extension MatchTrie.Pointers {
  @inline(__always)
  func failure(of text: MatchTrie.TextIndex) -> MatchTrie.FailureIndex {
    MatchTrie.FailureIndex(rawValue: text.rawValue)
  }

  @inline(__always)
  func failure(ofAllTextsOf node: MatchTrie.Node) -> MatchTrie.FailureIndex {
    MatchTrie.FailureIndex(rawValue: textCount &+ Int32(truncatingIfNeeded: node.textSet))
  }

  @inline(__always)
  func failure(of gap: MatchTrie.GapIndex) -> MatchTrie.FailureIndex {
    MatchTrie.FailureIndex(rawValue: firstGap &+ gap.rawValue)
  }
}

/// The memory of one of a trie's arrays. Every index comes from the arrays of the same trie, which does not change.
struct TriePointer<Element> {
  private let start: UnsafePointer<Element>

  init(copyOf elements: [Element]) { start = copyElements(elements) }

  subscript(index: TrieIndex<Element>) -> Element {
    @inline(__always)
    get { start[Int(index.rawValue)] }
  }

  /// Where an element lies.
  @inline(__always)
  func address(of index: TrieIndex<Element>) -> UnsafePointer<Element> { start + Int(index.rawValue) }

  func deallocate() { start.deallocate() }
}

private func copyElements<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
  let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
  elements.withUnsafeBufferPointer { elements in
    if let start = elements.baseAddress { memory.initialize(from: start, count: elements.count) }
  }
  return UnsafePointer(memory)
}
