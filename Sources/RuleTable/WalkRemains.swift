/// By what may fail, the earliest offset from which it failed.
struct FailedFrom {
  private let offsets: UnsafeMutableBufferPointer<Int>

  init(_ offsets: UnsafeMutableBufferPointer<Int>) { self.offsets = offsets }

  subscript(index: MatchTrie.FailureIndex) -> Int {
    @inline(__always)
    get { offsets[Int(index.rawValue)] }
    @inline(__always)
    nonmutating set { offsets[Int(index.rawValue)] = newValue }
  }
}

/// By capture edge, the end of the run of its alphabet in which it failed, and the earliest offset there.
struct FailedRuns {
  private let runs: UnsafeMutableBufferPointer<(end: Int, from: Int)>

  init(_ runs: UnsafeMutableBufferPointer<(end: Int, from: Int)>) { self.runs = runs }

  subscript(index: MatchTrie.CaptureIndex) -> (end: Int, from: Int) {
    @inline(__always)
    get { runs[Int(index.rawValue)] }
    @inline(__always)
    nonmutating set { runs[Int(index.rawValue)] = newValue }
  }
}

/// Offsets that failed: mostly a handful, which is looked through quicker than it is hashed.
struct FailedOffsets {
  private var few: [Int] = []
  private var many: Set<Int> = []
  private static let fewCount = 16

  @inline(__always)
  func contains(_ offset: Int) -> Bool { few.contains(offset) || (!many.isEmpty && many.contains(offset)) }

  /// False when it is there already.
  @inline(__always)
  mutating func insert(_ offset: Int) -> Bool {
    if few.contains(offset) { return false }
    guard few.count == Self.fewCount else {
      few.append(offset)
      return true
    }
    return many.insert(offset).inserted
  }

  /// Keeps a little room.
  @inline(__always)
  mutating func removeAll() {
    if !few.isEmpty { few.removeAll(keepingCapacity: true) }
    if !many.isEmpty { many.removeAll(keepingCapacity: many.count < 256) }
  }
}

/// What a walk remembers of what failed. Kept from walk to walk, so that a line costs no allocation.
struct WalkRemains {
  /// The edges that have an entry in `failedFrom` and `failedRuns`.
  var touched: [MatchTrie.FailureIndex] = []
  var touchedRuns: [MatchTrie.CaptureIndex] = []
  /// Ends of lists, by their edge, and offsets in a tail, by the element, from which nothing fits.
  var failedLists = FailedOffsets()
  var failedTails = FailedOffsets()
  /// Long runs of alphabets; from the right, as far as the gap may begin.
  var runs = AlphabetRuns()
  var runsFromRight = AlphabetRuns()
  /// Where addresses begin that a tail has tried.
  var addressStarts = AddressStarts()
  /// The ends of a list's items, likewise.
  var listEnds: [Int] = []
  /// Slots while a second way is looked for.
  var keptSlots: [(start: Int, end: Int)] = []
  /// The ways in which a line can be read that has several.
  var readings = Readings()
  #if DEBUG
    /// The bytes and elements that all walks have looked at: what the tests bound instead of the time.
    var steps = 0
  #endif
}
