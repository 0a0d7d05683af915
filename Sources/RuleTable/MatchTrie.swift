/// The rules' patterns of one scope or more as a decision tree, flattened into arrays.
///
/// Rules that begin alike share their beginning, so a line is scanned once however many rules there are. Patterns are
/// cut at their gap: what stands in front of it is in the tree, what stands behind is a `Tail`, scanned from the right.
struct MatchTrie: Sendable {
  struct Node: Sendable {
    var literals: Range<LiteralIndex> = .none
    var captures: Range<CaptureIndex> = .none
    var runs: Range<RunIndex> = .none
    var texts: Range<TextIndex> = .none
    var gaps: Range<GapIndex> = .none
    /// The alternative that ends here, at the line's end.
    var end = AlternativeIndex.none
    /// The alternative whose last element is a text that goes to the line's end.
    var rest = AlternativeIndex.none
    /// The tables of the literals' and the terminators' first bytes: see `groups`.
    var literalGroups = PoolIndex.none
    var textGroups = PoolIndex.none
    /// The byte with which all terminators begin; -1 where they differ.
    var textFirst: Int16 = -1
    /// The index of this node among those that have several texts.
    var textSet = 0
    /// How many of the gaps are more literal than any text edge: they are tried in front of those.
    var leadingGaps = 0
  }

  struct LiteralEdge: Sendable {
    var first: UInt8
    var bytes: PoolRange
    var target: NodeIndex
  }

  struct CaptureEdge: Sendable {
    var type: CaptureType
    /// The type's bit in `CharacterClasses`; 0 where it has no alphabet.
    var members: UInt8
    /// Whether the literal behind may begin with a character of the type's own alphabet: then shorter ends are tried.
    var mayShrink: Bool
    var target: NodeIndex
  }

  struct RunEdge: Sendable {
    var list: ListIndex
    var target: NodeIndex
  }

  struct TextEdge: Sendable {
    /// The literal that ends the text.
    var terminator: PoolRange
    var isUntrusted: Bool
    var target: NodeIndex
  }

  struct GapEdge: Sendable {
    var tail: TailIndex
    var alternative: AlternativeIndex
  }

  /// The name of a capture, `unnamed` for one that is not kept, and how it is written.
  struct Slot: Sendable, Hashable {
    var name: UInt16
    var coding = CaptureCoding.plain
    /// Whether the scope says how it is written.
    var inheritsCodingOfScope = false
    var isAddress = false

    /// Whether the captured bytes are not simply the value.
    var mustLook: Bool { isAddress || coding != .plain }
  }

  /// One way in which a rule can match, and its captures in the order of the scan.
  struct Alternative: Sendable {
    var rule: Int32
    /// Which of the rule's match lines it is of.
    var matchLine: Int32
    var slots: [Slot]
    var literalBytes: Int

    /// The same in a scope: captures are written as it says where they do not say it themselves.
    func coded(as coding: CaptureCoding) -> Alternative {
      var result = self
      for index in slots.indices where slots[index].inheritsCodingOfScope { result.slots[index].coding = coding }
      return result
    }
  }

  enum TailElement: Sendable, Hashable {
    case literal([UInt8])
    case capture(CaptureType)
    case run(Int)
  }

  /// A `TailElement` with its bytes in the pool.
  struct TailPart: Sendable {
    enum Kind: UInt8, Sendable { case literal, capture, run }
    var kind: Kind
    var type = CaptureType.text
    var members: UInt8 = 0
    var list = ListIndex.none
    var bytes: PoolRange = .none
  }

  /// Where a tail's parts lie, and how many slots its captures take.
  struct Tail: Sendable {
    var parts: Range<PartIndex>
    var width: Int
  }

  /// A `CompiledList` with its bytes in the pool.
  struct List: Sendable {
    var form: ListForm
    var allowsOthers: Bool
    var isSeparatedBySpace: Bool
    var slotCount: Int
    var separator: PoolRange
    var items: Range<ItemIndex>
    /// The table of the prefixes' first bytes: see `groups`.
    var itemGroups: PoolIndex
  }

  struct Item: Sendable {
    var prefix: PoolRange
    var suffix: PoolRange
    var type: CaptureType?
    var slot: Int
  }

  static let unnamed = UInt16.max

  var nodes: [Node] = []
  var literals: [LiteralEdge] = []
  var captures: [CaptureEdge] = []
  var runs: [RunEdge] = []
  var texts: [TextEdge] = []
  var gaps: [GapEdge] = []
  var tails: [Tail] = []
  var tailParts: [TailPart] = []
  var alternatives: [Alternative] = []
  var lists: [List] = []
  var items: [Item] = []
  /// The bytes of all literals.
  var pool: [UInt8] = []
  /// Slots that the deepest path needs.
  var maximumSlots = 0
  /// How many nodes have several texts.
  var textSetCount = 0
}
