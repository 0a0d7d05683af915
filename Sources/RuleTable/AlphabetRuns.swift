/// By alphabet, the long run of its characters that was scanned last.
///
/// Where several captures share a run (`<a:host>.<b:host>`), or one may begin at many offsets of it, each would scan it
/// anew, which takes time with the square of its length. Short runs are scanned anew: that costs less than to remember.
struct AlphabetRuns {
  /// So many bytes are scanned before a run counts as long.
  static let shortLength = 64

  /// By alphabet, the run's first offset and the one behind its last.
  private var bounds = InlineArray<8, (start: Int, end: Int)>(repeating: (.max, .max))
  private var isEmpty = true

  @inline(__always)
  mutating func removeAll() { if !isEmpty { self = AlphabetRuns() } }

  /// The end of the run that a scan from the left enters at an offset: what is known is not scanned again.
  mutating func end(
    of members: UInt8, from start: Int, in line: UnsafeBufferPointer<UInt8>
  ) -> (end: Int, steps: Int) {
    let known = bounds[members.trailingZeroBitCount]
    if start >= known.start, start < known.end { return (known.end, 1) }
    let table = CharacterClasses.table
    let limit = start < known.start ? min(known.start, line.count) : line.count
    var end = start
    while end < limit, table[Int(line[end])] & members != 0 { end += 1 }
    let steps = end - start
    if end == known.start { end = known.end }
    enter(start, end, members)
    return (end, steps)
  }

  /// The start of the run that a scan from the right enters in front of an offset.
  mutating func start(
    of members: UInt8, upTo end: Int, limit: Int, in line: UnsafeBufferPointer<UInt8>
  ) -> (start: Int, steps: Int) {
    let known = bounds[members.trailingZeroBitCount]
    if end > known.start, end <= known.end { return (known.start, 1) }
    let table = CharacterClasses.table
    var start = end
    while start > limit, table[Int(line[start - 1])] & members != 0 { start -= 1 }
    enter(start, end, members)
    return (start, end - start)
  }

  private mutating func enter(_ start: Int, _ end: Int, _ members: UInt8) {
    bounds[members.trailingZeroBitCount] = (start, end)
    isEmpty = false
  }
}
