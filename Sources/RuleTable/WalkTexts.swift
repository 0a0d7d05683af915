import Glibc

/// Texts, from the left.
extension Walk {
  /// Goes through the line once, and tries each text where its terminator stands first: the earliest end first, the text
  /// that takes least for itself.
  mutating func visitTexts(_ node: UnsafePointer<MatchTrie.Node>, _ position: Int, _ depth: Int) -> Int? {
    let node = node.pointee
    if node.texts.count == 1 { return visitText(node.texts.lowerBound, position, depth, first: nil) }
    // Behind the place from which all of them failed there is nothing to find.
    let set = trie.textCount + node.textSet
    let end = min(line.count, failedFrom[Int(set)])
    var place = position
    while let next = nextTerminator(node, from: place, upTo: end) {
      count(steps: next - place + 1)
      place = next
      for edge in group(node.textGroups, of: node.texts, at: line[place])
      where failedFrom[Int(edge)] > place && has(trie.texts[Int(edge)].terminator, at: place) {
        if let found = visitText(edge, position, depth, first: place) { return found }
      }
      place += 1
    }
    noteFailure(of: set, from: position)
    return nil
  }

  /// The first place in front of the end where a byte stands with which a terminator begins.
  @inline(__always)
  func nextTerminator(_ node: MatchTrie.Node, from start: Int, upTo end: Int) -> Int? {
    guard start < end, let base = line.baseAddress else { return nil }
    if node.textFirst >= 0 {
      let found = memchr(base + start, Int32(node.textFirst), end - start)
      return found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
    }
    guard node.textGroups >= 0 else { return start }
    let ends = trie.pool + Int(node.textGroups) + 256
    var place = base + start
    let limit = base + end
    while place < limit, ends[Int(place.pointee)] == 0 { place += 1 }
    return place < limit ? place - base : nil
  }

  /// Not made part of `visitTexts`, whose loop over the line would have no registers left.
  @inline(never)
  mutating func visitText(_ index: Int32, _ position: Int, _ depth: Int, first: Int?) -> Int? {
    // What failed from an earlier place tried every later end too.
    let failed = failedFrom[Int(index)]
    guard failed > position else { return nil }
    let edge = trie.texts[Int(index)]
    if isComparing, edge.isUntrusted { return visitAllEnds(index, edge, position, depth) }
    var from = position
    var known = first
    while let place = known ?? find(edge.terminator, from: from, before: failed), place < failed {
      known = nil
      slots[depth] = (position, place)
      if let found = visit(edge.target, place + edge.terminator.width, depth + 1) {
        if edge.isUntrusted, !isAmbiguous, !isProbing, let next = find(edge.terminator, from: place + 1) {
          probe(edge, from: next, depth, found)
        }
        return found
      }
      from = place + 1
    }
    noteFailure(of: index, from: position)
    return nil
  }

  /// - Parameter index: a text edge, a node with all its texts, or a gap.
  func noteFailure(of index: Int32, from position: Int) {
    let known = failedFrom[Int(index)]
    if known == Int.max { remains.pointee.touched.append(index) }
    failedFrom[Int(index)] = min(known, position)
  }

  /// - Parameter bound: the literal must begin in front of this place.
  func find(_ literal: Range<Int32>, from start: Int, before bound: Int = .max) -> Int? {
    let end = bound < line.count ? min(line.count, bound + literal.width - 1) : line.count
    guard start < end else { return nil }
    let found = search(
      UnsafeBufferPointer(start: trie.pool + Int(literal.lowerBound), count: literal.width), in: start..<end)
    count(steps: (found ?? end) - start)
    return found
  }

  /// The first place of a literal in a part of the line: memchr for its first byte, memcmp for the rest.
  func search(_ literal: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int? {
    let base = line.baseAddress!
    var position = range.lowerBound
    let last = range.upperBound - literal.count
    while position <= last {
      guard let found = memchr(base + position, Int32(literal[0]), last - position + 1) else { return nil }
      position = UnsafeRawPointer(found) - UnsafeRawPointer(base)
      if memcmp(base + position, literal.baseAddress!, literal.count) == 0 { return position }
      position += 1
    }
    return nil
  }
}
