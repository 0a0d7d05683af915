/// By alphabet, the run of its characters that was scanned last.
///
/// Where several captures share a run (`<a:host>.<b:host>`), or one may begin at many offsets of it, each would scan it
/// anew, which takes time with the square of its length.
struct AlphabetRuns {
  /// By alphabet, the run's first offset and the one behind its last.
  private var bounds = InlineArray<8, (start: Int, end: Int)>(repeating: (.max, .max))

  /// The end of the run that a scan from the left enters at an offset: what is known is not scanned again.
  @inline(__always)
  mutating func end(of members: UInt8, from start: Int, in line: UnsafeBufferPointer<UInt8>) -> (end: Int, steps: Int) {
    let alphabet = members.trailingZeroBitCount
    let known = bounds[alphabet]
    if start >= known.start, start < known.end { return (known.end, 1) }
    let limit = start < known.start ? min(known.start, line.count) : line.count
    var end = start
    while end < limit, CharacterClasses.table[Int(line[end])] & members != 0 { end += 1 }
    let steps = end - start
    if end == known.start { end = known.end }
    if end > start { bounds[alphabet] = (start, end) }
    return (end, steps)
  }

  mutating func forget() { bounds = InlineArray(repeating: (.max, .max)) }

  /// The start of the run that a scan from the right enters in front of an offset.
  @inline(__always)
  mutating func start(
    of members: UInt8, upTo end: Int, limit: Int, in line: UnsafeBufferPointer<UInt8>
  ) -> (start: Int, steps: Int) {
    let alphabet = members.trailingZeroBitCount
    let known = bounds[alphabet]
    if end > known.start, end <= known.end { return (known.start, 1) }
    var start = end
    while start > limit, CharacterClasses.table[Int(line[start - 1])] & members != 0 { start -= 1 }
    if start < end { bounds[alphabet] = (start, end) }
    return (start, end - start)
  }
}
