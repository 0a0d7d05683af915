import Glibc

/// One walk over one line.
struct Walk {
  let line: UnsafeBufferPointer<UInt8>
  let trie: MatchTrie.Pointers
  let slots: UnsafeMutableBufferPointer<(start: Int, end: Int)>
  let failedFrom: FailedFrom
  let failedRuns: FailedRuns
  /// The scratch's own: a walk is made of plain values, so that making one counts no references.
  let remains: UnsafeMutablePointer<WalkRemains>
  let scanner: CaptureScanner
  /// Whether a second way was found in which the line fits.
  var isAmbiguous = false
  /// While a second way is looked for.
  var isProbing = false
  /// While all ways are gone through.
  var isComparing = false
  /// Set when the scan from the right can not succeed whatever is tried.
  var isHopeless = false
  /// The scan from the right must leave a gap that ends in front of this offset.
  var gapBound = Int.max

  init(
    line: UnsafeBufferPointer<UInt8>, trie: MatchTrie.Pointers,
    slots: UnsafeMutableBufferPointer<(start: Int, end: Int)>, failedFrom: FailedFrom,
    failedRuns: FailedRuns, remains: UnsafeMutablePointer<WalkRemains>
  ) {
    self.line = line
    self.trie = trie
    self.slots = slots
    self.failedFrom = failedFrom
    self.failedRuns = failedRuns
    self.remains = remains
    scanner = CaptureScanner(line: line)
  }

  /// Counts what was looked at; nothing in release.
  @inline(__always)
  func count(steps: Int = 1) {
    #if DEBUG
      remains.pointee.steps += steps
    #endif
  }

  func rememberFailure(of index: MatchTrie.FailureIndex, from position: Int) {
    let known = failedFrom[index]
    if known == Int.max { remains.pointee.touched.append(index) }
    failedFrom[index] = min(known, position)
  }

  mutating func forgetFailures() {
    if !remains.pointee.touched.isEmpty {
      for edge in remains.pointee.touched { failedFrom[edge] = Int.max }
      remains.pointee.touched.removeAll(keepingCapacity: true)
    }
    if !remains.pointee.touchedRuns.isEmpty {
      for edge in remains.pointee.touchedRuns { failedRuns[edge] = (-1, -1) }
      remains.pointee.touchedRuns.removeAll(keepingCapacity: true)
    }
    remains.pointee.failedLists.removeAll()
    remains.pointee.addressStarts.removeAll()
    remains.pointee.runs.removeAll()
    remains.pointee.runsFromRight.removeAll()
  }

  /// The alternative that matches from `position` on below a node; nil for none. `depth` counts the slots filled.
  mutating func visit(
    _ index: MatchTrie.NodeIndex, _ position: Int, _ depth: Int
  ) -> MatchTrie.AlternativeIndex? {
    count()
    // Not a copy: most of a node is not looked at.
    let node = trie.nodes.address(of: index)
    if position < line.count {
      let first = line[position]
      for edge in group(node.pointee.literalGroups, of: node.pointee.literals, at: first).each
      where trie.literals[edge].first == first {
        let literal = trie.literals[edge]
        if stands(literal.bytes, at: position),
          let found = visit(literal.target, position + literal.bytes.width, depth)
        {
          return found
        }
        break
      }
    } else if !node.pointee.end.isNone {
      return reached(node.pointee.end)
    }
    for edge in node.pointee.captures.each {
      if let found = visitCapture(edge, position, depth) { return found }
    }
    for edge in node.pointee.runs.each {
      if let found = visitRun(edge, position, depth) { return found }
    }
    let secondGaps = node.pointee.gaps.lowerBound.advanced(by: node.pointee.leadingGaps)
    if let found = visitGaps(node.pointee.gaps.lowerBound..<secondGaps, position, depth) { return found }
    if !node.pointee.texts.isEmpty, let found = visitTexts(node, position, depth) { return found }
    if let found = visitGaps(secondGaps..<node.pointee.gaps.upperBound, position, depth) { return found }
    if !node.pointee.rest.isNone {
      slots[depth] = (position, line.count)
      return reached(node.pointee.rest)
    }
    return nil
  }

  mutating func visitGaps(
    _ edges: Range<MatchTrie.GapIndex>, _ position: Int, _ depth: Int
  ) -> MatchTrie.AlternativeIndex? {
    for edge in edges.each {
      if matchGap(edge, from: position, depth) { return trie.gaps[edge].alternative }
    }
    return nil
  }

  /// The alternative whose pattern fits to its end.
  @inline(__always)
  private mutating func reached(_ alternative: MatchTrie.AlternativeIndex) -> MatchTrie.AlternativeIndex {
    if isComparing { compare(alternative, upTo: .max) }
    return alternative
  }

  /// Of edges or items those that begin with a byte; all where there is no table of theirs.
  @inline(__always)
  func group<Index: NumberedIndex>(_ table: MatchTrie.PoolIndex, of all: Range<Index>, at byte: UInt8) -> Range<Index> {
    if table.isNone { return all }
    let row = trie.pool.address(of: table) + Int(byte)
    let first = all.lowerBound
    return Range(uncheckedBounds: (first.advanced(by: Int(row[0])), first.advanced(by: Int(row[256]))))
  }

  func items(of list: MatchTrie.List, at position: Int) -> Range<MatchTrie.ItemIndex> {
    position < line.count ? group(list.itemGroups, of: list.items, at: line[position]) : .none
  }
}
