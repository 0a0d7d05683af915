/// Walks a trie over a line. Time grows with the line's length: whether the rest of a line fits below an edge depends on
/// the offset alone, so what failed at an offset is remembered and not tried there again.
///
/// Sendable: the memory behind `pointers` is filled once, before the matcher is handed to anybody, and freed with it.
final class Matcher: @unchecked Sendable {
  private let maximumSlots: Int
  private let captureCount: Int
  private let pointers: MatchTrie.Pointers

  init(_ trie: MatchTrie) {
    maximumSlots = trie.maximumSlots
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
    if scratch.failedFrom.count < pointers.failureCount {
      scratch.failedFrom = Array(repeating: Int.max, count: pointers.failureCount)
    }
    if scratch.failedRuns.count < captureCount {
      scratch.failedRuns = Array(repeating: (-1, -1), count: captureCount)
    }
    scratch.isAmbiguous = false
    return scratch.slots.withUnsafeMutableBufferPointer { slots in
      scratch.failedFrom.withUnsafeMutableBufferPointer { failedFrom in
        scratch.failedRuns.withUnsafeMutableBufferPointer { failedRuns in
          let found = withUnsafeMutablePointer(to: &scratch.remains) { remains in
            var walk = Walk(
              line: line, trie: pointers, slots: slots, failedFrom: FailedFrom(failedFrom),
              failedRuns: FailedRuns(failedRuns),
              remains: remains)
            defer { walk.forgetFailures() }
            guard let found = walk.visit(MatchTrie.NodeIndex(0), 0, 0) else {
              return nil as MatchTrie.AlternativeIndex?
            }
            scratch.isAmbiguous = collect(found, line, slots, &scratch.captures)
            if walk.isAmbiguous {
              let differ = scratch.captures.withUnsafeMutableBufferPointer {
                walk.compareReadings(with: $0, of: found)
              }
              if differ { scratch.isAmbiguous = true }
            }
            return found
          }
          guard let found else { return nil }
          scratch.matchLine = Int(pointers[found].matchLine)
          return Int(pointers[found].rule)
        }
      }
    }
  }

  /// Returns whether an address can be read in two ways.
  private func collect(
    _ alternative: MatchTrie.AlternativeIndex, _ line: UnsafeBufferPointer<UInt8>,
    _ slots: UnsafeMutableBufferPointer<(start: Int, end: Int)>, _ captures: inout [MatchScratch.Capture]
  ) -> Bool {
    captures.removeAll(keepingCapacity: true)
    let names = pointers[alternative].slots
    // Which of the first names stand there already: mostly all names are of these.
    var seen: UInt64 = 0
    var opened = Int.max
    for index in 0..<names.width {
      let (form, slot) = (pointers.slots[names.lowerBound.advanced(by: index)], slots[index])
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
      if form.mustLook, look(at: &capture, form, in: line) { opened = min(opened, capture.start) }
      captures.append(capture)
    }
    guard opened < .max else { return false }
    // A quote that does not close may hold all that follows.
    for index in captures.indices where captures[index].start > opened { captures[index].isDoubtful = true }
    return true
  }

  /// Returns whether the bytes are an address that can be read in two ways.
  ///
  /// What the bytes are is said by how the daemon writes them: those of a JSON string or a query say it themselves. Bytes
  /// that are perhaps not all of the value are doubtful.
  private func look(
    at capture: inout MatchScratch.Capture, _ form: MatchTrie.Slot, in line: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let range = capture.start..<capture.end
    if capture.encoding == .plain { capture.encoding = form.coding.encoding }
    let isAmbiguous = form.isAddress && !AddressPath(line: line).isCertain(range)
    capture.isDoubtful = isAmbiguous || form.coding.hidesPart(of: UnsafeBufferPointer(rebasing: line[range]))
    return isAmbiguous
  }
}
