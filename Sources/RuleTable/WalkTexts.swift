import Glibc

/// Texts, from the left.
extension Walk {
  /// Goes through the line once, and tries each text where its terminator stands first: the earliest end first, the text
  /// that takes least for itself.
  mutating func visitTexts(
    _ node: UnsafePointer<MatchTrie.Node>, _ position: Int, _ depth: Int
  ) -> MatchTrie.AlternativeIndex? {
    let node = node.pointee
    if node.texts.count == 1 { return visitText(node.texts.lowerBound, position, depth, first: nil) }
    // Behind the offset from which all of them failed there is nothing to find.
    let set = trie.failure(ofAllTextsOf: node)
    let end = min(line.count, failedFrom[set])
    var offset = position
    while let next = nextTerminator(node, from: offset, upTo: end) {
      count(steps: next - offset + 1)
      offset = next
      for edge in group(node.textGroups, of: node.texts, at: line[offset]).each
      where failedFrom[trie.failure(of: edge)] > offset && has(trie.texts[edge].terminator, at: offset) {
        if let found = visitText(edge, position, depth, first: offset) { return found }
      }
      offset += 1
    }
    rememberFailure(of: set, from: position)
    return nil
  }

  /// The first offset in front of the end where a byte stands with which a terminator begins.
  @inline(__always)
  func nextTerminator(_ node: MatchTrie.Node, from start: Int, upTo end: Int) -> Int? {
    guard start < end, let base = line.baseAddress else { return nil }
    if node.textFirst >= 0 {
      let found = memchr(base + start, Int32(node.textFirst), end - start)
      return found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
    }
    guard !node.textGroups.isNone else { return start }
    let ends = trie.pool.address(of: node.textGroups) + 256
    var offset = base + start
    let limit = base + end
    while offset < limit, ends[Int(offset.pointee)] == 0 { offset += 1 }
    return offset < limit ? offset - base : nil
  }

  /// Not made part of `visitTexts`, whose loop over the line would have no registers left.
  @inline(never)
  mutating func visitText(
    _ index: MatchTrie.TextIndex, _ position: Int, _ depth: Int, first: Int?
  ) -> MatchTrie.AlternativeIndex? {
    // What failed from an earlier offset tried every later end too.
    let failed = failedFrom[trie.failure(of: index)]
    guard failed > position else { return nil }
    let edge = trie.texts[index]
    if isComparing, edge.isUntrusted { return visitAllEnds(index, edge, position, depth) }
    var from = position
    var known = first
    while let offset = known ?? find(edge.terminator, from: from, before: failed), offset < failed {
      known = nil
      slots[depth] = (position, offset)
      if let found = visit(edge.target, offset + edge.terminator.width, depth + 1) {
        if edge.isUntrusted, !isAmbiguous, !isProbing, let next = find(edge.terminator, from: offset + 1) {
          probe(edge, from: next, depth, found)
        }
        return found
      }
      from = offset + 1
    }
    rememberFailure(of: trie.failure(of: index), from: position)
    return nil
  }
}
