import Glibc

/// The ways in which a line can be read, and how they differ from the first.
///
/// A reading is a walk that lets a text of a stranger's end at a later place than the first that fits, or a gap at an
/// earlier one than the last. Everything else is the daemon's own, and where it ends is not in doubt. A capture is
/// certain when it has the same bytes in all readings. Readings that differ in no capture that is kept, and are of one
/// rule, are one.
struct Readings {
  /// The captures of the first reading.
  var captures = UnsafeMutableBufferPointer<MatchScratch.Capture>(start: nil, count: 0)
  var alternative = 0
  /// Whether a reading is otherwise.
  var differ = false
  var count = 0
  /// The earliest place at which readings may part.
  var parting = Int.max
  /// Texts whose ends were all tried: the edge and the place where it begins, and an alternative that fits.
  var known: [(key: Int, alternative: Int)] = []

  /// As many readings are looked at; behind the parting of a line that has more, all is doubtful.
  static let maximumCount = 256
  /// As many ends of one text or gap.
  static let maximumEnds = 16

  var isFull: Bool { count >= Self.maximumCount }

  mutating func begin(_ captures: UnsafeMutableBufferPointer<MatchScratch.Capture>, of alternative: Int) {
    self.captures = captures
    self.alternative = alternative
    (differ, count, parting) = (false, 0, .max)
    known.removeAll(keepingCapacity: true)
  }

  mutating func doubt(_ index: Int) {
    captures[index].isDoubtful = true
    differ = true
  }
}

/// Looking for a second reading, and going through all.
extension Walk {
  // MARK: - Is there a second one?

  /// Looks whether the line also fits when a text ends at one of its later places; slots are put back.
  @inline(never)
  mutating func probe(_ edge: MatchTrie.TextEdge, from place: Int, _ depth: Int, _ alternative: Int) {
    let width = trie.alternatives[alternative].names.count
    keepSlots(depth..<width)
    isProbing = true
    var next: Int? = place
    while let end = next, !isAmbiguous {
      isAmbiguous = visit(edge.target, end + edge.terminator.width, depth + 1) != nil
      next = find(edge.terminator, from: end + 1)
    }
    isProbing = false
    putBackSlots(from: depth)
  }

  /// The same for a gap that ends at an earlier place.
  @inline(never)
  mutating func probeGap(_ tail: MatchTrie.Tail, from low: Int, before end: Int, _ depth: Int) {
    guard let first = literal(before: 1, of: tail), find(first, from: low, before: end) != nil else { return }
    keepSlots(depth..<(depth + 1 + Int(tail.width)))
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

  /// Marks the captures that are otherwise in another reading; returns whether any is, or the rule is another.
  mutating func compareReadings(
    with captures: UnsafeMutableBufferPointer<MatchScratch.Capture>, of alternative: Int
  ) -> Bool {
    remains.pointee.readings.begin(captures, of: alternative)
    isComparing = true
    _ = visit(0, 0, 0)
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
  mutating func visitAllEnds(_ index: Int32, _ edge: MatchTrie.TextEdge, _ position: Int, _ depth: Int) -> Int? {
    let key = Int(index) << 32 | position
    if let known = remains.pointee.readings.known.first(where: { $0.key == key }) {
      compare(known.alternative, upTo: depth)
      return known.alternative
    }
    remains.pointee.readings.parting = min(remains.pointee.readings.parting, position)
    var found: Int?
    var count = 0
    var from = position
    while !remains.pointee.readings.isFull,
      let place = find(edge.terminator, from: from, before: failedFrom[Int(index)])
    {
      from = place + 1
      slots[depth] = (position, place)
      guard let alternative = visit(edge.target, place + edge.terminator.width, depth + 1) else { continue }
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
      noteFailure(of: index, from: position)
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
      compare(Int(gap.alternative), upTo: .max)
      count += 1
      guard count < Readings.maximumEnds else { return doubt(Int(gap.alternative), from: depth) }
      next = gapEnd(of: tail, from: low, before: end, depth)
    }
  }

  /// Compares what stands in the slots with the first reading.
  ///
  /// - Parameter depth: only slots in front of it are filled anew; those behind were compared before.
  mutating func compare(_ alternative: Int, upTo depth: Int) {
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
  private func slot(named name: UInt16, of alternative: Int, before depth: Int = .max) -> Int? {
    let names = trie.alternatives[alternative].names
    return (0..<min(depth, names.count)).first { index in
      trie.names[Int(names.lowerBound) + index].name == name && slots[index].start >= 0
    }
  }

  private func isSame(_ capture: MatchScratch.Capture, _ slot: (start: Int, end: Int)) -> Bool {
    let end = SlotEnd.read(slot.end).end
    if capture.start == slot.start && capture.end == end { return true }
    return line[capture.start..<capture.end].elementsEqual(line[slot.start..<end])
  }

  /// Whether an alternative is another rule's, or has a capture that the first reading lacks.
  private func isOther(_ alternative: Int) -> Bool {
    let readings = remains.pointee.readings
    let (first, other) = (trie.alternatives[readings.alternative], trie.alternatives[alternative])
    if first.rule != other.rule { return true }
    return (0..<other.names.count).contains { index in
      let name = trie.names[Int(other.names.lowerBound) + index].name
      return name != MatchTrie.unnamed && slots[index].start >= 0 && !readings.captures.contains { $0.name == name }
    }
  }

  /// There are more readings than are looked at: what an alternative has behind a place in it is doubtful.
  private mutating func doubt(_ alternative: Int, from depth: Int) {
    for index in remains.pointee.readings.captures.indices {
      let slot = slot(named: remains.pointee.readings.captures[index].name, of: alternative)
      if slot ?? depth >= depth { remains.pointee.readings.doubt(index) }
    }
  }
}
