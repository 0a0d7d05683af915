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
  /// Whether the line can be read a second way, in which a capture, or the rule, is another.
  public internal(set) var isAmbiguous = false
  /// Which of the rule's match lines the last match was by: its place in `CompiledTable.Rule.matchPlaces`.
  public internal(set) var matchLine = 0

  var slots: [(start: Int, end: Int)] = []
  /// By text edge the earliest place from which it failed; behind these the same of nodes with all their texts, and of
  /// gaps.
  var failedFrom: [Int] = []
  /// By capture edge the end of the run in which it failed, and the earliest place there.
  var failedRuns: [(end: Int, from: Int)] = []
  /// What a walk fills besides: empty between two walks, with its room kept.
  var remains = WalkRemains()

  public init() {}
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
  @inline(__always)
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
  /// The ways in which a line can be read that has several.
  var readings = Readings()
  #if DEBUG
    /// The bytes and elements that all walks have looked at: what the tests bound instead of the time.
    var steps = 0
  #endif
}
