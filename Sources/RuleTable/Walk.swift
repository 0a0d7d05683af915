import Glibc

/// One walk over one line.
struct Walk {
  let line: UnsafeBufferPointer<UInt8>
  let trie: MatchTrie.Pointers
  let slots: UnsafeMutableBufferPointer<(start: Int, end: Int)>
  let failedFrom: UnsafeMutableBufferPointer<Int>
  let failedRuns: UnsafeMutableBufferPointer<(end: Int, from: Int)>
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
  /// The scan from the right must leave a gap that ends in front of this place.
  var gapBound = Int.max

  init(
    line: UnsafeBufferPointer<UInt8>, trie: MatchTrie.Pointers,
    slots: UnsafeMutableBufferPointer<(start: Int, end: Int)>, failedFrom: UnsafeMutableBufferPointer<Int>,
    failedRuns: UnsafeMutableBufferPointer<(end: Int, from: Int)>, remains: UnsafeMutablePointer<WalkRemains>
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

  mutating func forgetFailures() {
    if !remains.pointee.touched.isEmpty {
      for edge in remains.pointee.touched { failedFrom[Int(edge)] = Int.max }
      remains.pointee.touched.removeAll(keepingCapacity: true)
    }
    if !remains.pointee.touchedRuns.isEmpty {
      for edge in remains.pointee.touchedRuns { failedRuns[Int(edge)] = (-1, -1) }
      remains.pointee.touchedRuns.removeAll(keepingCapacity: true)
    }
    remains.pointee.failedLists.removeAll()
  }

  /// The alternative that matches from `position` on below a node; nil for none. `depth` counts the slots filled.
  mutating func visit(_ nodeIndex: Int32, _ position: Int, _ depth: Int) -> Int? {
    count()
    // Not a copy: most of a node is not looked at.
    let node = trie.nodes + Int(nodeIndex)
    if position < line.count {
      let first = line[position]
      for edge in group(node.pointee.literalGroups, of: node.pointee.literals, at: first)
      where trie.literals[Int(edge)].first == first {
        let literal = trie.literals[Int(edge)]
        if stands(literal.bytes, at: position),
          let found = visit(literal.target, position + literal.bytes.width, depth)
        {
          return found
        }
        break
      }
    } else if node.pointee.end >= 0 {
      return reached(node.pointee.end)
    }
    for edge in node.pointee.captures {
      if let found = visitCapture(edge, position, depth) { return found }
    }
    for edge in node.pointee.runs {
      if let found = visitRun(edge, position, depth) { return found }
    }
    let secondGaps = node.pointee.gaps.lowerBound + node.pointee.leadingGaps
    if let found = visitGaps(node.pointee.gaps.lowerBound..<secondGaps, position, depth) { return found }
    if !node.pointee.texts.isEmpty, let found = visitTexts(node, position, depth) { return found }
    if let found = visitGaps(secondGaps..<node.pointee.gaps.upperBound, position, depth) { return found }
    if node.pointee.rest >= 0 {
      slots[depth] = (position, line.count)
      return reached(node.pointee.rest)
    }
    return nil
  }

  mutating func visitGaps(_ edges: Range<Int32>, _ position: Int, _ depth: Int) -> Int? {
    for edge in edges {
      if matchGap(edge, from: position, depth) { return Int(trie.gaps[Int(edge)].alternative) }
    }
    return nil
  }

  /// The alternative whose pattern fits to its end.
  @inline(__always)
  private mutating func reached(_ alternative: Int32) -> Int {
    if isComparing { compare(Int(alternative), upTo: .max) }
    return Int(alternative)
  }

  /// Of edges or items those that begin with a byte; all where there is no table of theirs.
  @inline(__always)
  func group(_ table: Int32, of all: Range<Int32>, at byte: UInt8) -> Range<Int32> {
    if table < 0 { return all }
    let place = trie.pool + Int(table) + Int(byte)
    return Range(uncheckedBounds: (all.lowerBound &+ Int32(place[0]), all.lowerBound &+ Int32(place[256])))
  }

  func items(of list: MatchTrie.List, at position: Int) -> Range<Int32> {
    position < line.count ? group(list.itemGroups, of: list.items, at: line[position]) : 0..<0
  }

  func stands(_ literal: Range<Int32>, at position: Int) -> Bool {
    let count = literal.width
    guard position + count <= line.count else { return false }
    return memcmp(line.baseAddress! + position, trie.pool + Int(literal.lowerBound), count) == 0
  }

  mutating func visitCapture(_ index: Int32, _ position: Int, _ depth: Int) -> Int? {
    let edge = trie.captures[Int(index)]
    guard let whole = scanner.end(of: edge.type, from: position, limit: line.count) else { return nil }
    count(steps: whole - position)
    guard edge.mayShrink else {
      slots[depth] = (position, whole)
      if let found = visit(edge.target, whole, depth + 1) { return found }
      return edge.type == .address ? visitFirstBracket(edge, position, whole, depth) : nil
    }
    // From a later place in the same run of the alphabet all ends behind that place were tried.
    let failed = failedRuns[Int(index)]
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
    if failedRuns[Int(index)].end < 0 { remains.pointee.touchedRuns.append(index) }
    failedRuns[Int(index)] = (whole, position)
    return nil
  }

  /// An address whose quotes reach over what belongs to the daemon ends where it would without them.
  mutating func visitFirstBracket(
    _ edge: MatchTrie.CaptureEdge, _ position: Int, _ whole: Int, _ depth: Int
  ) -> Int? {
    guard let end = AddressPath(line: line).firstClosing(from: position, limit: whole) else { return nil }
    slots[depth] = (position, end)
    return visit(edge.target, end, depth + 1)
  }

  /// What fits when a capture ends within its run: only a literal that stands there can follow.
  mutating func visitShrunk(_ edge: MatchTrie.CaptureEdge, _ position: Int, _ end: Int, _ depth: Int) -> Int? {
    count()
    guard end > position, end < line.count else { return nil }
    for literal in trie.nodes[Int(edge.target)].literals where trie.literals[Int(literal)].first == line[end] {
      guard stands(trie.literals[Int(literal)].bytes, at: end) else { continue }
      slots[depth] = (position, end)
      if let found = visit(edge.target, end, depth + 1) { return found }
    }
    return nil
  }
}
