/// Where an element stands in one of a trie's arrays. Each array has a type of index of its own, so that none is looked
/// up in another.
struct TrieIndex<Element>: NumberedIndex, Hashable, Sendable {
  var rawValue: Int32

  /// No element.
  @inline(__always)
  static var none: Self { Self(rawValue: -1) }

  @inline(__always)
  init(rawValue: Int32) { self.rawValue = rawValue }

  @inline(__always)
  init(_ number: Int) { rawValue = Int32(number) }

  @inline(__always)
  var isNone: Bool { rawValue < 0 }

  @inline(__always)
  func distance(to other: Self) -> Int { Int(other.rawValue &- rawValue) }

  @inline(__always)
  func advanced(by distance: Int) -> Self { Self(rawValue: rawValue &+ Int32(truncatingIfNeeded: distance)) }

  @inline(__always)
  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  @inline(__always)
  static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }
}

extension MatchTrie {
  typealias NodeIndex = TrieIndex<Node>
  typealias LiteralIndex = TrieIndex<LiteralEdge>
  typealias CaptureIndex = TrieIndex<CaptureEdge>
  typealias RunIndex = TrieIndex<RunEdge>
  typealias TextIndex = TrieIndex<TextEdge>
  typealias GapIndex = TrieIndex<GapEdge>
  typealias TailIndex = TrieIndex<Tail>
  typealias PartIndex = TrieIndex<TailPart>
  typealias ListIndex = TrieIndex<List>
  typealias ItemIndex = TrieIndex<Item>
  typealias AlternativeIndex = TrieIndex<Alternative>
  typealias SlotIndex = TrieIndex<Slot>
  /// Where bytes lie in the pool.
  typealias PoolIndex = TrieIndex<UInt8>
  typealias PoolRange = Range<PoolIndex>
}

/// An index that is a number, so that the length of a range is one subtraction.
protocol NumberedIndex: Strideable where Stride == Int {
  init(rawValue: Int32)
  var rawValue: Int32 { get }
}

struct EachIndex<Index: NumberedIndex>: Sequence, IteratorProtocol {
  private var number: Int32
  private let end: Int32

  @inline(__always)
  init(next: Int32, end: Int32) { (number, self.end) = (next, end) }

  @inline(__always)
  mutating func next() -> Index? {
    guard number < end else { return nil }
    defer { number &+= 1 }
    return Index(rawValue: number)
  }
}

extension Range where Bound: NumberedIndex {
  /// No elements.
  @inline(__always)
  static var none: Self { Range(uncheckedBounds: (Bound(rawValue: 0), Bound(rawValue: 0))) }

  /// The indices one by one, without the checks of a collection.
  @inline(__always)
  var each: EachIndex<Bound> { EachIndex(next: lowerBound.rawValue, end: upperBound.rawValue) }

  /// How many; `count` is not made one subtraction everywhere.
  @inline(__always)
  var width: Int { Int(upperBound.rawValue &- lowerBound.rawValue) }
}
