/// Closed captures, from the left.
extension Walk {
  mutating func visitCapture(
    _ index: MatchTrie.CaptureIndex, _ position: Int, _ depth: Int
  ) -> MatchTrie.AlternativeIndex? {
    let edge = trie.captures[index]
    guard let whole = end(of: edge.type, edge.members, from: position) else { return nil }
    guard edge.mayShrink else {
      slots[depth] = (position, whole)
      if let found = visit(edge.target, whole, depth + 1) { return found }
      return edge.type == .address ? visitFirstBracket(edge, position, whole, depth) : nil
    }
    // From a later offset in the same run of the alphabet all ends behind that offset were tried.
    let failed = failedRuns[index]
    var end = whole
    if failed.end == whole {
      guard failed.from > position else { return nil }
      end = failed.from
      if let found = visitShrunk(edge, position, end, depth) { return found }
    } else {
      slots[depth] = (position, end)
      if let found = visit(edge.target, end, depth + 1) { return found }
    }
    while end > position + 1 {
      end -= 1
      if let found = visitShrunk(edge, position, end, depth) { return found }
    }
    if failedRuns[index].end < 0 { remains.pointee.touchedRuns.append(index) }
    failedRuns[index] = (whole, position)
    return nil
  }

  /// The end of a capture that starts at an offset.
  @inline(__always)
  func end(of type: CaptureType, _ members: UInt8, from position: Int) -> Int? {
    guard members != 0 else {
      let end = scanner.end(of: type, from: position, limit: line.count)
      count(steps: (end ?? position) - position)
      return end
    }
    let near = min(line.count, position + AlphabetRuns.shortLength)
    var end = scanner.runEnd(of: members, from: position, limit: near)
    if end == near, end < line.count { end = longRunEnd(of: members, from: position) }
    count(steps: min(end - position, AlphabetRuns.shortLength))
    return scanner.isWhole(position..<end, type) ? end : nil
  }

  @inline(never)
  private func longRunEnd(of members: UInt8, from position: Int) -> Int {
    let (end, steps) = remains.pointee.runs.end(of: members, from: position, in: line)
    count(steps: steps)
    return end
  }

  /// An address whose quotes reach over what belongs to the daemon ends where it would without them.
  mutating func visitFirstBracket(
    _ edge: MatchTrie.CaptureEdge, _ position: Int, _ whole: Int, _ depth: Int
  ) -> MatchTrie.AlternativeIndex? {
    guard let end = AddressPath(line: line).firstClosing(from: position, limit: whole) else { return nil }
    slots[depth] = (position, end)
    return visit(edge.target, end, depth + 1)
  }

  /// What fits when a capture ends within its run: only a literal that stands there can follow.
  mutating func visitShrunk(
    _ edge: MatchTrie.CaptureEdge, _ position: Int, _ end: Int, _ depth: Int
  ) -> MatchTrie.AlternativeIndex? {
    count()
    guard end > position, end < line.count else { return nil }
    for literal in trie.nodes[edge.target].literals.each where trie.literals[literal].first == line[end] {
      guard stands(trie.literals[literal].bytes, at: end) else { continue }
      slots[depth] = (position, end)
      if let found = visit(edge.target, end, depth + 1) { return found }
    }
    return nil
  }
}
