extension MatchTrie {
  /// A trie's arrays in memory of their own, for the length of a matcher's life: so that a match counts no references.
  struct Pointers {
    /// An alternative's rule and match line, and where the names of its slots stand in `names`.
    struct Alternative {
      var rule: Int32
      var matchLine: Int32
      var names: Range<Int32>
    }

    let alternatives: UnsafePointer<Alternative>
    let names: UnsafePointer<Slot>
    let nodes: UnsafePointer<Node>
    let literals: UnsafePointer<LiteralEdge>
    let captures: UnsafePointer<CaptureEdge>
    let runs: UnsafePointer<RunEdge>
    let texts: UnsafePointer<TextEdge>
    let gaps: UnsafePointer<GapEdge>
    let tails: UnsafePointer<Tail>
    let tailParts: UnsafePointer<TailPart>
    let lists: UnsafePointer<List>
    let items: UnsafePointer<Item>
    let pool: UnsafePointer<UInt8>
    let textCount: Int32
    /// Where in `failedFrom` the gaps begin.
    let gapMark: Int32

    init(copyOf trie: MatchTrie) {
      var start: Int32 = 0
      alternatives = Self.copy(
        trie.alternatives.map { alternative in
          defer { start += Int32(alternative.slots.count) }
          return Alternative(
            rule: alternative.rule, matchLine: alternative.matchLine,
            names: start..<(start + Int32(alternative.slots.count)))
        })
      names = Self.copy(trie.alternatives.flatMap(\.slots))
      nodes = Self.copy(trie.nodes)
      literals = Self.copy(trie.literals)
      captures = Self.copy(trie.captures)
      runs = Self.copy(trie.runs)
      texts = Self.copy(trie.texts)
      gaps = Self.copy(trie.gaps)
      tails = Self.copy(trie.tails)
      tailParts = Self.copy(trie.tailParts)
      lists = Self.copy(trie.lists)
      items = Self.copy(trie.items)
      pool = Self.copy(trie.pool)
      textCount = Int32(trie.texts.count)
      gapMark = textCount + trie.textSetCount
    }

    /// All elements are plain values: freeing their memory is all there is to do.
    func deallocate() {
      alternatives.deallocate()
      names.deallocate()
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

    private static func copy<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
      elements.withUnsafeBufferPointer { elements in
        if let start = elements.baseAddress { memory.initialize(from: start, count: elements.count) }
      }
      return UnsafePointer(memory)
    }
  }
}

extension Range<Int32> {
  /// The number of bytes; `count` is not made one subtraction everywhere.
  @inline(__always)
  var width: Int { Int(upperBound &- lowerBound) }
}
