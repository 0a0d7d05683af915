/// Looking for a second reading, and going through all.
extension Walk {
  // MARK: - Is there a second one?

  /// Looks whether the line also fits when a text ends at one of its later offsets; slots are put back.
  @inline(never)
  mutating func probe(
    _ edge: MatchTrie.TextEdge, from offset: Int, _ depth: Int, _ alternative: MatchTrie.AlternativeIndex
  ) {
    let width = trie[alternative].slots.width
    keepSlots(depth..<width)
    isProbing = true
    var next: Int? = offset
    while let end = next, !isAmbiguous {
      isAmbiguous = visit(edge.target, end + edge.terminator.width, depth + 1) != nil
      next = find(edge.terminator, from: end + 1)
    }
    isProbing = false
    putBackSlots(from: depth)
  }

  /// The same for a gap that ends at an earlier offset.
  @inline(never)
  mutating func probeGap(_ tail: MatchTrie.Tail, from low: Int, before end: Int, _ depth: Int) {
    guard let first = literal(before: 1, of: tail), find(first, from: low, before: end) != nil else { return }
    keepSlots(depth..<(depth + 1 + tail.width))
    isAmbiguous = gapEnd(of: tail, from: low, before: end, depth) != nil
    putBackSlots(from: depth)
  }

  private mutating func keepSlots(_ range: Range<Int>) {
    remains.pointee.keptSlots.removeAll(keepingCapacity: true)
    for slot in range { remains.pointee.keptSlots.append(slots[slot]) }
  }

  private mutating func putBackSlots(from depth: Int) {
    for (offset, slot) in remains.pointee.keptSlots.enumerated() { slots[depth + offset] = slot }
  }

  // MARK: - Going through all

  /// Flags the captures as doubtful that are otherwise in another reading; returns whether any is, or the rule is another.
  mutating func compareReadings(
    with captures: UnsafeMutableBufferPointer<MatchScratch.Capture>, of alternative: MatchTrie.AlternativeIndex
  ) -> Bool {
    remains.pointee.readings.begin(captures, of: alternative)
    isComparing = true
    _ = visit(MatchTrie.NodeIndex(0), 0, 0)
    isComparing = false
    guard remains.pointee.readings.isFull else { return remains.pointee.readings.differ }
    for index in captures.indices where captures[index].start >= remains.pointee.readings.parting {
      captures[index].isDoubtful = true
    }
    return true
  }

  /// Tries all ends of a stranger's text. What stands behind it does not depend on what stands in front of it: a text
  /// that begins where it began before has been tried.
  @inline(never)
  mutating func visitAllEnds(
    _ index: MatchTrie.TextIndex, _ edge: MatchTrie.TextEdge, _ position: Int, _ depth: Int
  ) -> MatchTrie.AlternativeIndex? {
    let key = Int(index.rawValue) << 32 | position
    if let known = remains.pointee.readings.known.first(where: { $0.key == key }) {
      compare(known.alternative, upTo: depth)
      return known.alternative
    }
    remains.pointee.readings.parting = min(remains.pointee.readings.parting, position)
    var found: MatchTrie.AlternativeIndex?
    var count = 0
    var from = position
    while !remains.pointee.readings.isFull,
      let offset = find(edge.terminator, from: from, before: failedFrom[trie.failure(of: index)])
    {
      from = offset + 1
      slots[depth] = (position, offset)
      guard let alternative = visit(edge.target, offset + edge.terminator.width, depth + 1) else { continue }
      found = alternative
      count += 1
      guard count < Readings.maximumEnds else {
        doubt(alternative, from: depth)
        break
      }
    }
    if let found {
      remains.pointee.readings.known.append((key, found))
    } else if !remains.pointee.readings.isFull {
      rememberFailure(of: trie.failure(of: index), from: position)
    }
    return found
  }

  @inline(never)
  mutating func compareGapEnds(
    _ gap: MatchTrie.GapEdge, _ tail: MatchTrie.Tail, from low: Int, last: Int, _ depth: Int
  ) {
    remains.pointee.readings.parting = min(remains.pointee.readings.parting, low)
    var next: Int? = last
    var count = 0
    while let end = next, !remains.pointee.readings.isFull {
      slots[depth] = (low, end)
      compare(gap.alternative, upTo: .max)
      count += 1
      guard count < Readings.maximumEnds else { return doubt(gap.alternative, from: depth) }
      next = gapEnd(of: tail, from: low, before: end, depth)
    }
  }

  /// Compares what stands in the slots with the first reading.
  ///
  /// - Parameter depth: only slots in front of it are filled anew; those behind were compared before.
  mutating func compare(_ alternative: MatchTrie.AlternativeIndex, upTo depth: Int) {
    let readings = remains.pointee.readings
    remains.pointee.readings.count += 1
    let isWhole = depth == .max
    for (index, capture) in readings.captures.enumerated() {
      if let slot = slot(named: capture.name, of: alternative, before: depth) {
        if !isSame(capture, slots[slot]) { remains.pointee.readings.doubt(index) }
      } else if isWhole {
        remains.pointee.readings.doubt(index)
      }
    }
    if isWhole, alternative != readings.alternative, isOther(alternative) { remains.pointee.readings.differ = true }
  }

  /// Where an alternative has a capture: the first slot with its name that is filled.
  private func slot(named name: UInt16, of alternative: MatchTrie.AlternativeIndex, before depth: Int = .max) -> Int? {
    let names = trie[alternative].slots
    return (0..<min(depth, names.width)).first { index in
      trie.slots[names.lowerBound.advanced(by: index)].name == name && slots[index].start >= 0
    }
  }

  private func isSame(_ capture: MatchScratch.Capture, _ slot: (start: Int, end: Int)) -> Bool {
    let end = SlotEnd.read(slot.end).end
    if capture.start == slot.start && capture.end == end { return true }
    return line[capture.start..<capture.end].elementsEqual(line[slot.start..<end])
  }

  /// Whether an alternative is another rule's, or has a capture that the first reading lacks.
  private func isOther(_ alternative: MatchTrie.AlternativeIndex) -> Bool {
    let readings = remains.pointee.readings
    let (first, other) = (trie[readings.alternative], trie[alternative])
    if first.rule != other.rule { return true }
    return (0..<other.slots.width).contains { index in
      let name = trie.slots[other.slots.lowerBound.advanced(by: index)].name
      return name != MatchTrie.unnamed && slots[index].start >= 0 && !readings.captures.contains { $0.name == name }
    }
  }

  /// There are more readings than are looked at: what an alternative has behind an offset in it is doubtful.
  private mutating func doubt(_ alternative: MatchTrie.AlternativeIndex, from depth: Int) {
    for index in remains.pointee.readings.captures.indices {
      let slot = slot(named: remains.pointee.readings.captures[index].name, of: alternative)
      if slot ?? depth >= depth { remains.pointee.readings.doubt(index) }
    }
  }
}
