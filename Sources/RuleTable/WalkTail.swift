/// What stands behind a gap, from the right.
extension Walk {
  /// Whether a gap may begin at an offset, and what stands behind it fits.
  mutating func matchGap(_ index: MatchTrie.GapIndex, from low: Int, _ depth: Int) -> Bool {
    let failure = trie.failure(of: index)
    // From a later offset there is less room still.
    guard failedFrom[failure] > low else { return false }
    let gap = trie.gaps[index]
    let tail = trie.tails[gap.tail]
    guard let end = gapEnd(of: tail, from: low, before: .max, depth) else {
      rememberFailure(of: failure, from: low)
      return false
    }
    if isComparing {
      compareGapEnds(gap, tail, from: low, last: end, depth)
    } else if !isProbing, !isAmbiguous {
      probeGap(tail, from: low, before: end, depth)
    }
    slots[depth] = (low, end)
    return true
  }

  /// The last offset, in front of a bound, at which a gap can end.
  mutating func gapEnd(of tail: MatchTrie.Tail, from low: Int, before bound: Int, _ depth: Int) -> Int? {
    isHopeless = false
    remains.pointee.runsFromRight.removeAll()
    gapBound = bound
    remains.pointee.failedTails.removeAll()
    return matchBackwards(tail, tail.parts.width - 1, line.count, low, depth + 1 + tail.width)
  }

  /// The end of the gap when the elements up to `index` fit in front of `end`; `next` is the slot behind theirs.
  mutating func matchBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    count()
    guard index >= 0 else { return end < gapBound ? end : nil }
    let part = part(index, of: tail)
    switch part.kind {
    case .literal:
      let start = end - part.bytes.width
      guard start >= low, has(part.bytes, at: start) else { return nil }
      return matchBackwards(tail, index - 1, start, low, next)
    case .capture where part.type == .text: return matchTextBackwards(tail, index, end, low, next)
    case .capture:
      guard let start = start(of: part, upTo: end, limit: low) else { return nil }
      slots[next - 1] = (start, end)
      if let found = matchBackwards(tail, index - 1, start, low, next - 1) { return found }
      if part.type == .address { return matchAddressBackwards(tail, index, end, low, next) }
      return shrinkBackwards(tail, index, start + 1, end, low, next)
    case .run: return matchRunBackwards(tail, index, part.list, end, low, next)
    }
  }

  /// The start of a capture that ends in front of an offset.
  @inline(__always)
  func start(of part: MatchTrie.TailPart, upTo end: Int, limit low: Int) -> Int? {
    guard part.members != 0 else {
      let start = scanner.start(of: part.type, upTo: end, limit: low)
      count(steps: end - (start ?? end))
      return start
    }
    let near = max(low, end - AlphabetRuns.shortLength)
    var start = scanner.runStart(of: part.members, upTo: end, limit: near)
    if start == near, start > low { start = longRunStart(of: part.members, upTo: end, limit: low) }
    count(steps: min(end - start, AlphabetRuns.shortLength))
    return scanner.isWhole(start..<end, part.type) ? start : nil
  }

  @inline(never)
  private func longRunStart(of members: UInt8, upTo end: Int, limit low: Int) -> Int {
    let (start, steps) = remains.pointee.runsFromRight.start(of: members, upTo: end, limit: low, in: line)
    count(steps: steps)
    return start
  }

  func part(_ index: Int, of tail: MatchTrie.Tail) -> MatchTrie.TailPart {
    trie.tailParts[tail.parts.lowerBound.advanced(by: index)]
  }

  /// The literal in front of a part; nil when something else stands there.
  func literal(before index: Int, of tail: MatchTrie.Tail) -> MatchTrie.PoolRange? {
    guard index > 0, index <= tail.parts.count else { return nil }
    let part = part(index - 1, of: tail)
    return part.kind == .literal ? part.bytes : nil
  }

  /// An address that holds a `<` itself begins where what stands in front of it says.
  mutating func matchAddressBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    guard let before = literal(before: index, of: tail) else { return nil }
    for address in addressStarts(of: tail.parts.lowerBound.advanced(by: index), behind: before, low, endingAt: end) {
      let start = remains.pointee.addressStarts[address]
      slots[next - 1] = (start, end)
      if let found = matchBackwards(tail, index - 1, start, low, next - 1) { return found }
    }
    return nil
  }

  private func addressStarts(
    of part: MatchTrie.PartIndex, behind literal: MatchTrie.PoolRange, _ low: Int, endingAt end: Int
  ) -> Range<Int> {
    if let known = remains.pointee.addressStarts.starts(of: part, from: low, endingAt: end) { return known }
    var addresses: [(start: Int, end: Int)] = []
    var ends = AddressPathEnds(line: line, upTo: end)
    var bound = end
    while let offset = last(literal, from: low, upTo: bound) {
      let start = offset + literal.width
      bound = start - 1
      if let found = ends.end(from: start), found <= end { addresses.append((start, found)) }
    }
    count(steps: ends.steps)
    remains.pointee.addressStarts.enter(addresses, of: part, from: low, upTo: end)
    return remains.pointee.addressStarts.starts(of: part, from: low, endingAt: end) ?? 0..<0
  }

  /// A closed capture whose alphabet holds the end of the literal in front of it: look for that literal inside.
  mutating func shrinkBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ from: Int, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    guard let before = literal(before: index, of: tail) else { return nil }
    guard let offset = last(before, from: max(low, from - before.width), upTo: end - 1) else { return nil }
    let start = offset + before.width
    slots[next - 1] = (start, end)
    return matchBackwards(tail, index - 1, start, low, next - 1)
  }

  mutating func matchTextBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    guard let before = literal(before: index, of: tail) else { return nil }
    var bound = end
    while let offset = last(before, from: low, upTo: bound) {
      let start = offset + before.width
      slots[next - 1] = (start, end)
      if let found = matchBackwards(tail, index - 1, start, low, next - 1) { return found }
      // A text further left found no offset although its own end was fixed as far right as can be: an earlier end
      // gives it less room still.
      if isHopeless { return nil }
      bound = start - 1
    }
    isHopeless = true
    return nil
  }

  mutating func matchRunBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ listIndex: MatchTrie.ListIndex, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    let list = trie.lists[listIndex]
    let base = next - list.slotCount
    for slot in base..<next { slots[slot] = (-1, -1) }
    var end = end
    while true {
      // In front of an end that failed stand the ends that failed with it.
      guard remains.pointee.failedTails.insert(index << 32 | end) else { return nil }
      if let found = matchBackwards(tail, index - 1, end, low, base) { return found }
      guard let start = last(list.separator, from: low, upTo: end),
        matchItem(list, start + list.separator.width, end, base)
      else { return nil }
      end = start
    }
  }

  /// Whether one whole item stands between two offsets; its captures are filled.
  func matchItem(_ list: MatchTrie.List, _ start: Int, _ end: Int, _ base: Int) -> Bool {
    for index in items(of: list, at: start).each where has(trie.items[index].prefix, at: start) {
      let item = trie.items[index]
      let from = start + item.prefix.width
      guard let type = item.type else {
        if from == end { return true }
        continue
      }
      let to = end - item.suffix.width
      guard to >= from, has(item.suffix, at: to) else { continue }
      // What closes it belongs to what follows.
      let limit = type.endsAtItsCloser ? line.count : to
      if type != .text { guard scanner.end(of: type, from: from, limit: limit) == to else { continue } }
      if slots[base + item.slot].start < 0 { slots[base + item.slot] = (from, to) }
      return true
    }
    return list.allowsOthers && end > start && otherEnd(from: start, list) == end
  }
}
