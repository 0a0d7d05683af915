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
  /// Which of the rule's match lines the last match was by: its index in `CompiledTable.Rule.matchLocations`.
  public internal(set) var matchLine = 0

  var slots: [(start: Int, end: Int)] = []
  /// By text edge the earliest offset from which it failed; behind these the same of nodes with all their texts, and of
  /// gaps.
  var failedFrom: [Int] = []
  /// By capture edge the end of the run in which it failed, and the earliest offset there.
  var failedRuns: [(end: Int, from: Int)] = []
  /// What a walk fills besides: empty between two walks, with its room kept.
  var remains = WalkRemains()

  public init() {}
}
