import AuditModel

/// Where the captures of the rule at work lie in the arena, by name.
///
/// Rules look their captures up far more often than they have any, and a walk over the fields in front of the one
/// wanted costs more than everything else about it.
struct CaptureIndex {
  /// By name, the offset of the value's header, and above it the round in which it was entered.
  private var entries: ContiguousArray<UInt64>
  /// Rises with each rule at work, so that what the last one entered needs no removal.
  private var round: UInt32 = 1

  /// - Parameter upperBound: one more than the largest name.
  init(upperBound: Int) { entries = ContiguousArray(repeating: 0, count: upperBound) }

  mutating func removeAll() {
    round &+= 1
    guard round == 0 else { return }
    round = 1
    for name in entries.indices { entries[name] = 0 }
  }

  /// Enters a capture; of two under one name the first counts, as in `FieldLayout.range(of:in:)`. A name that no table
  /// has, of a damaged checkpoint, is nobody's.
  mutating func enter(_ name: UInt16, header: Int) {
    guard Int(name) < entries.count, entries[Int(name)] >> 32 != UInt64(round) else { return }
    entries[Int(name)] = UInt64(round) << 32 | UInt64(UInt32(truncatingIfNeeded: header))
  }

  /// The offset of a capture's header; nil when the rule has none of that name.
  func header(of name: UInt16) -> Int? {
    let entry = entries[Int(name)]
    return entry >> 32 == UInt64(round) ? Int(UInt32(truncatingIfNeeded: entry)) : nil
  }
}

/// The keys of contexts that the rule at work has made of its captures alone, which its next actions use again.
struct KeyCache {
  private struct Entry {
    var round: UInt64 = 0
    var key = ContextKey.none
    var isDoubtful = false
  }

  private var entries: ContiguousArray<Entry>
  private var round: UInt64 = 1

  init(count: Int) { entries = ContiguousArray(repeating: Entry(), count: count) }

  /// Another rule is at work, or this one has a value more.
  mutating func removeAll() { round &+= 1 }

  mutating func enter(_ key: ContextKey, at index: Int32, isDoubtful: Bool) {
    entries[Int(index)] = Entry(round: round, key: key, isDoubtful: isDoubtful)
  }

  func key(at index: Int32) -> (key: ContextKey, isDoubtful: Bool)? {
    let entry = entries[Int(index)]
    return entry.round == round ? (entry.key, entry.isDoubtful) : nil
  }
}
