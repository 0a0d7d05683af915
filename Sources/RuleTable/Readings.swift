import Glibc

/// The ways in which a line can be read, and how they differ from the first.
///
/// A reading is a walk that lets a text of a stranger's end at a later offset than the first that fits, or a gap at an
/// earlier one than the last. Everything else is the daemon's own, and where it ends is not in doubt. A capture is
/// certain when it has the same bytes in all readings. Readings that differ in no capture that is kept, and are of one
/// rule, are one.
struct Readings {
  /// The captures of the first reading.
  var captures = UnsafeMutableBufferPointer<MatchScratch.Capture>(start: nil, count: 0)
  var alternative = MatchTrie.AlternativeIndex.none
  /// Whether a reading is otherwise.
  var differ = false
  var count = 0
  /// The earliest offset at which readings may part.
  var parting = Int.max
  /// Texts whose ends were all tried: the edge and the offset where it begins, and an alternative that fits.
  var known: [(key: Int, alternative: MatchTrie.AlternativeIndex)] = []

  /// As many readings are looked at; behind the parting of a line that has more, all is doubtful.
  static let maximumCount = 256
  /// As many ends of one text or gap.
  static let maximumEnds = 16

  var isFull: Bool { count >= Self.maximumCount }

  mutating func begin(
    _ captures: UnsafeMutableBufferPointer<MatchScratch.Capture>, of alternative: MatchTrie.AlternativeIndex
  ) {
    self.captures = captures
    self.alternative = alternative
    (differ, count, parting) = (false, 0, .max)
    known.removeAll(keepingCapacity: true)
  }

  mutating func doubt(_ index: Int) {
    captures[index].isDoubtful = true
    differ = true
  }
}
