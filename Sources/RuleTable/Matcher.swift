import Glibc

/// What a match found: the rule and where its captures stand in the line.
public struct MatchScratch {
  /// A capture: its name's number and its bytes' offsets in the line.
  public struct Capture {
    public var name: UInt16
    public var start: Int
    public var end: Int
    public var encoding: CaptureEncoding
    /// Whether the line can be read a second way in which this capture is something else.
    public var isDoubtful: Bool

    public init(name: UInt16, start: Int, end: Int, encoding: CaptureEncoding, isDoubtful: Bool = false) {
      (self.name, self.start, self.end, self.encoding) = (name, start, end, encoding)
      self.isDoubtful = isDoubtful
    }
  }

  /// The captures of the last match in the order of the scan; a name stands once.
  public internal(set) var captures: [Capture] = []
  /// Whether the line can be split a second way at a text that a stranger controls.
  public internal(set) var isAmbiguous = false
  /// Which of the rule's match lines the last match was by: its place in `CompiledTable.Rule.matchPlaces`.
  public internal(set) var matchLine = 0

  var slots: [(start: Int, end: Int)] = []
  /// By text edge the earliest place from which it failed; behind these the same of nodes with all their texts.
  var failedFrom: [Int] = []
  /// By capture edge the end of the run in which it failed, and the earliest place there.
  var failedRuns: [(end: Int, from: Int)] = []
  /// What a walk fills besides: empty between two walks, with its room kept.
  var remains = WalkRemains()

  public init() {}
}

/// Walks a trie over a line. Time grows with the line's length: whether the rest of a line fits below an edge depends on
/// the place alone, so what failed at a place is remembered and not tried there again.
///
/// Sendable: the memory behind `pointers` is filled once, before the matcher is handed to anybody, and freed with it.
final class Matcher: @unchecked Sendable {
  private let maximumSlots: Int
  private let textCount: Int
  private let captureCount: Int
  private let pointers: MatchTrie.Pointers

  init(_ trie: MatchTrie) {
    maximumSlots = trie.maximumSlots
    textCount = trie.texts.count + Int(trie.textSetCount)
    captureCount = trie.captures.count
    pointers = MatchTrie.Pointers(copyOf: trie)
  }

  deinit { pointers.deallocate() }

  /// Every index below comes from the arrays of the same trie, which does not change; bounds are those of the ranges
  /// that `TrieBuilder.flatten` made.
  func match(_ line: UnsafeBufferPointer<UInt8>, _ scratch: inout MatchScratch) -> Int? {
    if scratch.slots.count < maximumSlots + 64 {
      scratch.slots = Array(repeating: (-1, -1), count: maximumSlots + 64)
    }
    if scratch.failedFrom.count < textCount {
      scratch.failedFrom = Array(repeating: Int.max, count: textCount)
    }
    if scratch.failedRuns.count < captureCount {
      scratch.failedRuns = Array(repeating: (-1, -1), count: captureCount)
    }
    scratch.isAmbiguous = false
    return scratch.slots.withUnsafeMutableBufferPointer { slots in
      scratch.failedFrom.withUnsafeMutableBufferPointer { failedFrom in
        scratch.failedRuns.withUnsafeMutableBufferPointer { failedRuns in
          let (found, isAmbiguous) = withUnsafeMutablePointer(to: &scratch.remains) { remains in
            var walk = Walk(
              line: line, trie: pointers, slots: slots, failedFrom: failedFrom, failedRuns: failedRuns,
              remains: remains)
            let found = walk.visit(0, 0, 0)
            walk.forgetFailures()
            return (found, walk.isAmbiguous)
          }
          guard let found else { return nil }
          scratch.isAmbiguous = isAmbiguous
          collect(found, line, slots, &scratch.captures)
          scratch.matchLine = Int(pointers.alternatives[found].matchLine)
          return Int(pointers.alternatives[found].rule)
        }
      }
    }
  }

  private func collect(
    _ alternative: Int, _ line: UnsafeBufferPointer<UInt8>,
    _ slots: UnsafeMutableBufferPointer<(start: Int, end: Int)>, _ captures: inout [MatchScratch.Capture]
  ) {
    captures.removeAll(keepingCapacity: true)
    let names = pointers.alternatives[alternative].names
    // Which of the first names stand there already: mostly all names are of these.
    var seen: UInt64 = 0
    for index in 0..<names.count {
      let (form, slot) = (pointers.names[Int(names.lowerBound) + index], slots[index])
      let name = form.name
      guard name != MatchTrie.unnamed, slot.start >= 0 else { continue }
      let (end, encoding) = SlotEnd.read(slot.end)
      if name < 64 {
        let bit = UInt64(1) << UInt64(name)
        if seen & bit != 0 { continue }
        seen |= bit
      } else if captures.contains(where: { $0.name == name }) {
        continue
      }
      var capture = MatchScratch.Capture(name: name, start: slot.start, end: end, encoding: encoding)
      if form.mustLook { look(at: &capture, form, in: line) }
      captures.append(capture)
    }
  }

  /// What the bytes are is said by how the daemon writes them: those of a JSON string or a query say it themselves. Bytes
  /// that are perhaps not all of the value are doubtful.
  private func look(
    at capture: inout MatchScratch.Capture, _ form: MatchTrie.Slot, in line: UnsafeBufferPointer<UInt8>
  ) {
    let range = capture.start..<capture.end
    if capture.encoding == .plain { capture.encoding = form.coding.encoding }
    capture.isDoubtful =
      form.coding.hidesPart(of: UnsafeBufferPointer(rebasing: line[range]))
      || form.isAddress && !AddressPath(line: line).isCertain(range)
  }
}

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

/// Places that failed: mostly a handful, which is looked through quicker than it is hashed.
struct FailedPlaces {
  private var few: [Int] = []
  private var many: Set<Int> = []
  private static let fewCount = 16

  func contains(_ place: Int) -> Bool { few.contains(place) || (!many.isEmpty && many.contains(place)) }

  /// False when it is there already.
  mutating func insert(_ place: Int) -> Bool {
    if few.contains(place) { return false }
    guard few.count == Self.fewCount else {
      few.append(place)
      return true
    }
    return many.insert(place).inserted
  }

  /// Keeps a little room.
  mutating func removeAll() {
    if !few.isEmpty { few.removeAll(keepingCapacity: true) }
    if !many.isEmpty { many.removeAll(keepingCapacity: many.count < 256) }
  }
}

/// What a walk remembers of what failed. Kept from walk to walk, so that a line costs no allocation.
struct WalkRemains {
  /// The edges that have an entry in `failedFrom` and `failedRuns`.
  var touched: [Int32] = []
  var touchedRuns: [Int32] = []
  /// Ends of lists, by their edge, and places in a tail, by the element, from which nothing fits.
  var failedLists = FailedPlaces()
  var failedTails = FailedPlaces()
  /// The ends of a list's items, likewise.
  var listEnds: [Int] = []
  /// Slots while a second way is looked for.
  var keptSlots: [(start: Int, end: Int)] = []
}

/// One walk over one line.
private struct Walk {
  let line: UnsafeBufferPointer<UInt8>
  let trie: MatchTrie.Pointers
  let slots: UnsafeMutableBufferPointer<(start: Int, end: Int)>
  let failedFrom: UnsafeMutableBufferPointer<Int>
  let failedRuns: UnsafeMutableBufferPointer<(end: Int, from: Int)>
  /// The scratch's own: a walk is made of plain values, so that making one counts no references.
  private let remains: UnsafeMutablePointer<WalkRemains>
  private let scanner: CaptureScanner
  var isAmbiguous = false
  private var isProbing = false
  /// Set when the scan from the right can not succeed whatever is tried.
  private var isHopeless = false

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
      return Int(node.pointee.end)
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
      return Int(node.pointee.rest)
    }
    return nil
  }

  private mutating func visitGaps(_ edges: Range<Int32>, _ position: Int, _ depth: Int) -> Int? {
    for edge in edges {
      let gap = trie.gaps[Int(edge)]
      if matchTail(Int(gap.tail), from: position, depth) { return Int(gap.alternative) }
    }
    return nil
  }

  /// Of edges or items those that begin with a byte; all where there is no table of theirs.
  @inline(__always)
  private func group(_ table: Int32, of all: Range<Int32>, at byte: UInt8) -> Range<Int32> {
    if table < 0 { return all }
    let place = trie.pool + Int(table) + Int(byte)
    return Range(uncheckedBounds: (all.lowerBound &+ Int32(place[0]), all.lowerBound &+ Int32(place[256])))
  }

  private func items(of list: MatchTrie.List, at position: Int) -> Range<Int32> {
    position < line.count ? group(list.itemGroups, of: list.items, at: line[position]) : 0..<0
  }

  private func stands(_ literal: Range<Int32>, at position: Int) -> Bool {
    let count = literal.width
    guard position + count <= line.count else { return false }
    return memcmp(line.baseAddress! + position, trie.pool + Int(literal.lowerBound), count) == 0
  }

  private mutating func visitCapture(_ index: Int32, _ position: Int, _ depth: Int) -> Int? {
    let edge = trie.captures[Int(index)]
    guard let whole = scanner.end(of: edge.type, from: position, limit: line.count) else { return nil }
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
  private mutating func visitFirstBracket(
    _ edge: MatchTrie.CaptureEdge, _ position: Int, _ whole: Int, _ depth: Int
  ) -> Int? {
    guard let end = AddressPath(line: line).firstClosing(from: position, limit: whole) else { return nil }
    slots[depth] = (position, end)
    return visit(edge.target, end, depth + 1)
  }

  /// What fits when a capture ends within its run: only a literal that stands there can follow.
  private mutating func visitShrunk(_ edge: MatchTrie.CaptureEdge, _ position: Int, _ end: Int, _ depth: Int) -> Int? {
    guard end > position, end < line.count else { return nil }
    for literal in trie.nodes[Int(edge.target)].literals where trie.literals[Int(literal)].first == line[end] {
      guard stands(trie.literals[Int(literal)].bytes, at: end) else { continue }
      slots[depth] = (position, end)
      if let found = visit(edge.target, end, depth + 1) { return found }
    }
    return nil
  }

  // MARK: - Text from the left

  /// Goes through the line once, and tries each text where its terminator stands first: the earliest end first, the text
  /// that takes least for itself.
  private mutating func visitTexts(_ node: UnsafePointer<MatchTrie.Node>, _ position: Int, _ depth: Int) -> Int? {
    let node = node.pointee
    if node.texts.count == 1 { return visitText(node.texts.lowerBound, position, depth, first: nil) }
    // Behind the place from which all of them failed there is nothing to find.
    let set = trie.textCount + node.textSet
    let end = min(line.count, failedFrom[Int(set)])
    var place = position
    while let next = nextTerminator(node, from: place, upTo: end) {
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
  private func nextTerminator(_ node: MatchTrie.Node, from start: Int, upTo end: Int) -> Int? {
    guard start < end, let base = line.baseAddress else { return nil }
    if node.textFirst >= 0 {
      let found = memchr(base + start, Int32(node.textFirst), end - start)
      return found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
    }
    guard node.textGroups >= 0 else { return start }
    let ends = trie.pool + Int(node.textGroups) + 256
    var place = start
    while place < end, ends[Int(base[place])] == 0 { place += 1 }
    return place < end ? place : nil
  }

  private mutating func visitText(_ index: Int32, _ position: Int, _ depth: Int, first: Int?) -> Int? {
    // What failed from an earlier place tried every later end too.
    let failed = failedFrom[Int(index)]
    guard failed > position else { return nil }
    let edge = trie.texts[Int(index)]
    var from = position
    var known = first
    while let place = known ?? find(edge.terminator, from: from, before: failed), place < failed {
      known = nil
      slots[depth] = (position, place)
      if let found = visit(edge.target, place + edge.terminator.width, depth + 1) {
        if edge.isUntrusted, !isAmbiguous, !isProbing {
          probe(index, edge, position, after: place, depth)
        }
        return found
      }
      from = place + 1
    }
    noteFailure(of: index, from: position)
    return nil
  }

  /// - Parameter index: a text edge, or a node with all its texts.
  private func noteFailure(of index: Int32, from position: Int) {
    let known = failedFrom[Int(index)]
    if known == Int.max { remains.pointee.touched.append(index) }
    failedFrom[Int(index)] = min(known, position)
  }

  /// Looks whether the line also fits when the text ends at a later place; slots are put back.
  private mutating func probe(
    _ index: Int32, _ edge: MatchTrie.TextEdge, _ position: Int, after place: Int, _ depth: Int
  ) {
    var from = place + 1
    var tries = 0
    isProbing = true
    defer { isProbing = false }
    while let next = find(edge.terminator, from: from) {
      // So many places are no accident.
      guard tries < 8 else {
        isAmbiguous = true
        return
      }
      remains.pointee.keptSlots.removeAll(keepingCapacity: true)
      remains.pointee.keptSlots.append(contentsOf: slots)
      let fits = visit(edge.target, next + edge.terminator.width, depth + 1) != nil
      for slot in slots.indices { slots[slot] = remains.pointee.keptSlots[slot] }
      if fits {
        isAmbiguous = true
        return
      }
      from = next + 1
      tries += 1
    }
  }

  /// - Parameter bound: the literal must begin in front of this place.
  private func find(_ literal: Range<Int32>, from start: Int, before bound: Int = .max) -> Int? {
    let end = bound < line.count ? min(line.count, bound + literal.width - 1) : line.count
    guard start < end else { return nil }
    return search(
      UnsafeBufferPointer(start: trie.pool + Int(literal.lowerBound), count: literal.width), in: start..<end)
  }

  /// The first place of a literal in a part of the line: memchr for its first byte, memcmp for the rest.
  private func search(_ literal: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int? {
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

  // MARK: - Runs from the left

  private mutating func visitRun(_ index: Int32, _ position: Int, _ depth: Int) -> Int? {
    let edge = trie.runs[Int(index)]
    let list = trie.lists[Int(edge.list)]
    for slot in 0..<list.slotCount { slots[depth + slot] = (-1, -1) }
    switch list.form {
    case .list: break
    case .json:
      guard let end = readJSON(list, position, depth) else { return nil }
      return visit(edge.target, end, depth + list.slotCount)
    case .query: return visit(edge.target, readQuery(list, position, depth), depth + list.slotCount)
    }
    let mark = Int(index) << 32
    guard !remains.pointee.failedLists.contains(mark | position) else { return nil }
    let first = remains.pointee.listEnds.count
    defer { remains.pointee.listEnds.removeSubrange(first...) }
    var last = position
    remains.pointee.listEnds.append(last)
    // Behind an end that failed come the ends that failed with it.
    while let end = item(of: list, from: last, depth), !remains.pointee.failedLists.contains(mark | end) {
      remains.pointee.listEnds.append(end)
      last = end
    }
    for index in (first..<remains.pointee.listEnds.count).reversed() {
      let end = remains.pointee.listEnds[index]
      if let found = visit(edge.target, end, depth + list.slotCount) { return found }
      _ = remains.pointee.failedLists.insert(mark | end)
    }
    return nil
  }

  /// The end of the separator and item at a place.
  private func item(of list: MatchTrie.List, from position: Int, _ depth: Int) -> Int? {
    guard has(list.separator, at: position) else { return nil }
    let start = position + list.separator.width
    for index in items(of: list, at: start) where has(trie.items[Int(index)].prefix, at: start) {
      let item = trie.items[Int(index)]
      var end = start + item.prefix.width
      if let type = item.type {
        let from = end
        if type == .text {
          end = textEnd(from: from, list: list, suffix: item.suffix)
        } else {
          guard let closed = scanner.end(of: type, from: from, limit: line.count) else { continue }
          end = closed
        }
        guard has(item.suffix, at: end), isBoundary(end + item.suffix.width, list) else { continue }
        if slots[depth + item.slot].start < 0 { slots[depth + item.slot] = (from, end) }
        return end + item.suffix.width
      }
      if isBoundary(end, list) { return end }
    }
    guard list.allowsOthers else { return nil }
    let end = otherEnd(from: start, list)
    return end > start ? end : nil
  }

  /// Whether bytes of the pool, perhaps none, stand at a place.
  @inline(__always)
  private func has(_ bytes: Range<Int32>, at position: Int) -> Bool {
    let count = bytes.width
    guard position + count <= line.count else { return false }
    let (here, wanted) = (line.baseAddress, trie.pool + Int(bytes.lowerBound))
    guard count > 0, let here else { return true }
    var offset = 0
    while offset < count, here[position + offset] == wanted[offset] { offset += 1 }
    return offset == count
  }

  private func bytes(_ range: Range<Int32>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: trie.pool + Int(range.lowerBound), count: range.width)
  }

  private func isBoundary(_ position: Int, _ list: MatchTrie.List) -> Bool {
    position == line.count || has(list.separator, at: position) || list.isSeparatedBySpace
      || !isWordByte(line[position])
  }

  private func isWordByte(_ byte: UInt8) -> Bool { CharacterClasses.table[Int(byte)] & CharacterClasses.wordBit != 0 }

  private func textEnd(from start: Int, list: MatchTrie.List, suffix: Range<Int32>) -> Int {
    var position = start
    let stop = suffix.isEmpty ? list.separator : suffix
    while position < line.count, !has(stop, at: position) { position += 1 }
    return position
  }

  /// An item that the list does not know: a word, `key=value` or `key=<value>` without brackets inside.
  private func otherEnd(from start: Int, _ list: MatchTrie.List) -> Int {
    var position = start
    while position < line.count, !has(list.separator, at: position) {
      let byte = line[position]
      if byte == UInt8(ascii: "<") {
        guard position > start, line[position - 1] == UInt8(ascii: "=") else { return start }
        position += 1
        while position < line.count, line[position] != UInt8(ascii: ">"), line[position] != UInt8(ascii: "<") {
          position += 1
        }
        guard position < line.count, line[position] == UInt8(ascii: ">") else { return start }
      } else if byte == UInt8(ascii: ">") || byte < 32 {
        return start
      }
      position += 1
    }
    return position
  }

  // MARK: - The tail, from the right

  private mutating func matchTail(_ tailIndex: Int, from low: Int, _ depth: Int) -> Bool {
    let tail = trie.tails[tailIndex]
    let width = Int(tail.width)
    isHopeless = false
    remains.pointee.failedTails.removeAll()
    let last = tail.parts.count - 1
    guard let gapEnd = matchBackwards(tail, last, line.count, low, depth + 1 + width) else { return false }
    slots[depth] = (low, gapEnd)
    if !isProbing, let first = literal(before: 1, of: tail), contains(first, in: low..<gapEnd) {
      isAmbiguous = true
    }
    return true
  }

  private func contains(_ bytes: Range<Int32>, in range: Range<Int>) -> Bool {
    guard range.count >= bytes.count, !bytes.isEmpty else { return false }
    return search(self.bytes(bytes), in: range) != nil
  }

  /// The end of the gap when the elements up to `index` fit in front of `end`; `next` is the slot behind theirs.
  private mutating func matchBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    guard index >= 0 else { return end }
    let part = part(index, of: tail)
    switch part.kind {
    case .literal:
      let start = end - part.bytes.width
      guard start >= low, has(part.bytes, at: start) else { return nil }
      return matchBackwards(tail, index - 1, start, low, next)
    case .capture where part.type == .text: return matchTextBackwards(tail, index, end, low, next)
    case .capture:
      guard let start = scanner.start(of: part.type, upTo: end, limit: low) else { return nil }
      slots[next - 1] = (start, end)
      if let found = matchBackwards(tail, index - 1, start, low, next - 1) { return found }
      if part.type == .address { return matchAddressBackwards(tail, index, end, low, next) }
      return shrinkBackwards(tail, index, start + 1, end, low, next)
    case .run: return matchRunBackwards(tail, index, Int(part.list), end, low, next)
    }
  }

  /// The last place of a literal that lies wholly between two places.
  private func last(_ literal: Range<Int32>, from low: Int, upTo end: Int) -> Int? {
    guard let first = bytes(literal).first, let base = line.baseAddress else { return end >= low ? end : nil }
    var place = end &- literal.width
    while place >= low {
      if base[place] == first, has(literal, at: place) { return place }
      place &-= 1
    }
    return nil
  }

  private func part(_ index: Int, of tail: MatchTrie.Tail) -> MatchTrie.TailPart {
    trie.tailParts[Int(tail.parts.lowerBound) + index]
  }

  /// The literal in front of a part; nil when something else stands there.
  private func literal(before index: Int, of tail: MatchTrie.Tail) -> Range<Int32>? {
    guard index > 0, index <= tail.parts.count else { return nil }
    let part = part(index - 1, of: tail)
    return part.kind == .literal ? part.bytes : nil
  }

  /// An address that holds a `<` itself begins where what stands in front of it says.
  private mutating func matchAddressBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    guard let before = literal(before: index, of: tail) else { return nil }
    var bound = end
    while let place = last(before, from: low, upTo: bound) {
      let start = place + before.width
      bound = start - 1
      guard AddressPath(line: line).end(from: start, limit: line.count) == end else { continue }
      slots[next - 1] = (start, end)
      if let found = matchBackwards(tail, index - 1, start, low, next - 1) { return found }
    }
    return nil
  }

  /// A closed capture whose alphabet holds the end of the literal in front of it: look for that literal inside.
  private mutating func shrinkBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ from: Int, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    guard let before = literal(before: index, of: tail) else { return nil }
    guard let place = last(before, from: max(low, from - before.width), upTo: end - 1) else { return nil }
    let start = place + before.width
    slots[next - 1] = (start, end)
    return matchBackwards(tail, index - 1, start, low, next - 1)
  }

  private mutating func matchTextBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ end: Int, _ low: Int, _ next: Int
  ) -> Int? {
    guard let before = literal(before: index, of: tail) else { return nil }
    var bound = end
    while let place = last(before, from: low, upTo: bound) {
      let start = place + before.width
      slots[next - 1] = (start, end)
      if let found = matchBackwards(tail, index - 1, start, low, next - 1) { return found }
      // A text further left found no place although its own end was fixed as far right as can be: an earlier end
      // gives it less room still.
      if isHopeless { return nil }
      bound = start - 1
    }
    isHopeless = true
    return nil
  }

  private mutating func matchRunBackwards(
    _ tail: MatchTrie.Tail, _ index: Int, _ listIndex: Int, _ end: Int, _ low: Int, _ next: Int
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
        takeItem(list, start + list.separator.width, end, base)
      else { return nil }
      end = start
    }
  }

  /// Takes one whole item that stands between two places.
  private func takeItem(_ list: MatchTrie.List, _ start: Int, _ end: Int, _ base: Int) -> Bool {
    for index in items(of: list, at: start) where has(trie.items[Int(index)].prefix, at: start) {
      let item = trie.items[Int(index)]
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

  // MARK: - JSON

  /// Reads a JSON object, keeping the string and number values of the wanted keys, at any depth; the first of a key
  /// counts. Returns the place behind the object.
  private func readJSON(_ list: MatchTrie.List, _ start: Int, _ depth: Int) -> Int? {
    guard start < line.count, line[start] == UInt8(ascii: "{") else { return nil }
    var position = start
    var level = 0
    var key: Range<Int>?
    while position < line.count {
      switch line[position] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        level += 1
        key = nil
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        level -= 1
        position += 1
        if level == 0 { return position }
      case UInt8(ascii: "\""):
        guard let end = jsonStringEnd(position) else { return nil }
        let inside = (position + 1)..<(end - 1)
        if let known = key {
          keep(list, known, inside.lowerBound, SlotEnd.write(inside.upperBound, isQuery: false), depth)
          key = nil
        } else if end < line.count, line[end] == UInt8(ascii: ":") {
          key = inside
          position = end + 1
          continue
        }
        position = end
      case UInt8(ascii: ","), UInt8(ascii: " "): position += 1
      default:
        let from = position
        while position < line.count, !",}] ".utf8.contains(line[position]) { position += 1 }
        if let known = key { keep(list, known, from, position, depth) }
        key = nil
      }
    }
    return nil
  }

  private func jsonStringEnd(_ start: Int) -> Int? {
    var position = start + 1
    while position < line.count {
      if line[position] == UInt8(ascii: "\\") {
        position += 1
      } else if line[position] == UInt8(ascii: "\"") {
        return position + 1
      }
      position += 1
    }
    return nil
  }

  private func keep(_ list: MatchTrie.List, _ key: Range<Int>, _ start: Int, _ end: Int, _ depth: Int) {
    for index in list.items {
      let item = trie.items[Int(index)]
      guard item.prefix.width == key.count, has(item.prefix, at: key.lowerBound) else { continue }
      if slots[depth + item.slot].start < 0 { slots[depth + item.slot] = (start, end) }
    }
  }

  // MARK: - Queries

  /// Reads a URL's query, keeping the values of the wanted keys; returns the place behind it. A key that comes twice
  /// with two values is not kept: which of them the server took the line does not say.
  private func readQuery(_ list: MatchTrie.List, _ start: Int, _ depth: Int) -> Int {
    var position = start
    while position < line.count, !isQueryEnd(line[position]) {
      let first = position
      var equals: Int?
      while position < line.count, !isQueryEnd(line[position]), line[position] != UInt8(ascii: "&") {
        if equals == nil, line[position] == UInt8(ascii: "=") { equals = position }
        position += 1
      }
      if let equals { keepArgument(list, key: first..<equals, value: (equals + 1)..<position, depth) }
      if position < line.count, line[position] == UInt8(ascii: "&") { position += 1 }
    }
    return position
  }

  private func isQueryEnd(_ byte: UInt8) -> Bool {
    byte <= 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#")
  }

  /// Keys are hardly ever encoded, and what is not costs no memory.
  private func isKey(_ key: Range<Int>, _ name: Range<Int32>) -> Bool {
    let isEncoded = line[key].contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
    if isEncoded { return bytes(name).elementsEqual(CaptureEncoding.query.decode(line[key])) }
    return key.count == name.width && has(name, at: key.lowerBound)
  }

  private func keepArgument(_ list: MatchTrie.List, key: Range<Int>, value: Range<Int>, _ depth: Int) {
    for index in list.items {
      let item = trie.items[Int(index)]
      guard isKey(key, item.prefix) else { continue }
      let slot = slots[depth + item.slot]
      if slot.start == -1 {
        slots[depth + item.slot] = (value.lowerBound, SlotEnd.write(value.upperBound, isQuery: true))
      } else if slot.start < 0 || !line[slot.start..<SlotEnd.read(slot.end).end].elementsEqual(line[value]) {
        slots[depth + item.slot] = (-2, -2)
      }
    }
  }
}

extension Range<Int32> {
  /// The number of bytes; `count` is not made one subtraction everywhere.
  @inline(__always)
  fileprivate var width: Int { Int(upperBound &- lowerBound) }
}

/// The end of a slot with the encoding of what is in it: plain ends are places in the line, the others are negative.
private enum SlotEnd {
  private static let queryMark = 1 << 40

  static func write(_ end: Int, isQuery: Bool) -> Int { isQuery ? -end - 1 - queryMark : -end - 1 }

  static func read(_ slot: Int) -> (end: Int, encoding: CaptureEncoding) {
    if slot >= 0 { return (slot, .plain) }
    return slot <= -queryMark ? (-slot - 1 - queryMark, .query) : (-slot - 1, .json)
  }
}
