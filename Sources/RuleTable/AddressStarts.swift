/// Where the addresses of a line begin that stand behind a literal, found by where they end.
///
/// Where an address ends depends on where it begins alone, so one pass over the line finds all that may be asked for.
/// A text behind an address is tried at many ends, and looking for the literal anew from each takes time with the square
/// of the line's length.
struct AddressStarts {
  /// Where the addresses of a part of a tail lie in `found`, and between which offsets they were looked for.
  private struct Part {
    var part: MatchTrie.PartIndex
    var low: Int
    /// Addresses that end behind it were left out.
    var high: Int
    var found: Range<Int>
  }

  private var parts: [Part] = []
  /// Sorted by their ends; of those with one end the last to begin is the first.
  private var found: [(start: Int, end: Int)] = []

  mutating func removeAll() {
    if !parts.isEmpty { parts.removeAll(keepingCapacity: true) }
    if !found.isEmpty { found.removeAll(keepingCapacity: true) }
  }

  /// The addresses of a part that end at an offset; nil where they were not looked for yet.
  func starts(of part: MatchTrie.PartIndex, from low: Int, endingAt end: Int) -> Range<Int>? {
    guard let known = parts.first(where: { $0.part == part && $0.low == low && $0.high >= end }) else { return nil }
    let first = partition(known.found) { $0 >= end }
    return first..<partition(first..<known.found.upperBound) { $0 > end }
  }

  subscript(index: Int) -> Int { found[index].start }

  /// The first in a range whose end is such.
  private func partition(_ range: Range<Int>, where isBehind: (Int) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isBehind(found[middle].end) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  mutating func enter(
    _ addresses: [(start: Int, end: Int)], of part: MatchTrie.PartIndex, from low: Int, upTo high: Int
  ) {
    let first = found.count
    found += addresses.sorted { ($0.end, $1.start) < ($1.end, $0.start) }
    parts.append(Part(part: part, low: low, high: high, found: first..<found.count))
  }
}
