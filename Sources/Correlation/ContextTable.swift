import AuditModel

/// Context records in one array; an open hash table finds them by their keys.
struct ContextTable {
  struct Entry {
    var key: ContextKey
    var fields: FieldSet
    var expires: UInt64
    /// The lane that it stands in; -1 for an entry that is free.
    var lane: Int32
    var previous: Int32
    /// The next in the lane, or of the free entries.
    var next: Int32
    var isAlias: Bool
  }

  private(set) var count = 0
  var entries: ContiguousArray<Entry> = []
  private var firstFree: Int32 = -1
  /// For each slot of the hash table the index of an entry plus one and, above it, half of its key's low word; 0 for
  /// none. So a slot is mostly decided without a look at the entry.
  private var slots: ContiguousArray<UInt64> = ContiguousArray(repeating: 0, count: 1024)

  private var mask: Int { slots.count - 1 }

  private static func slot(_ index: Int, _ key: ContextKey) -> UInt64 {
    (key.low & ~0xffff_ffff) | UInt64(index + 1)
  }

  /// The entry of a key; valid until one is inserted or removed.
  func find(_ key: ContextKey) -> Int? {
    var slot = Int(truncatingIfNeeded: key.low) & mask
    while true {
      let content = slots[slot]
      if content == 0 { return nil }
      if content >> 32 == key.low >> 32 {
        let index = Int(content & 0xffff_ffff) - 1
        if entries[index].key == key { return index }
      }
      slot = (slot + 1) & mask
    }
  }

  /// Makes an empty entry for a key that has none.
  mutating func insert(_ key: ContextKey) -> Int {
    if (count + 1) * 4 > slots.count * 3 { grow() }
    let index: Int
    let entry = Entry(key: key, fields: FieldSet(), expires: 0, lane: -1, previous: -1, next: -1, isAlias: false)
    if firstFree >= 0 {
      index = Int(firstFree)
      firstFree = entries[index].next
      entries[index] = entry
    } else {
      index = entries.count
      entries.append(entry)
    }
    count += 1
    enter(index, key)
    return index
  }

  /// Frees an entry, which stands in no lane any more.
  mutating func remove(_ index: Int) {
    leave(entries[index].key)
    entries[index].fields = FieldSet()
    entries[index].lane = -1
    entries[index].next = firstFree
    firstFree = Int32(index)
    count -= 1
  }

  private mutating func enter(_ index: Int, _ key: ContextKey) {
    var slot = Int(truncatingIfNeeded: key.low) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = Self.slot(index, key)
  }

  /// Linear probing without tombstones: what stands behind the hole and may stand in it moves up.
  private mutating func leave(_ key: ContextKey) {
    var hole = Int(truncatingIfNeeded: key.low) & mask
    while entries[Int(slots[hole] & 0xffff_ffff) - 1].key != key { hole = (hole + 1) & mask }
    var slot = (hole + 1) & mask
    while slots[slot] != 0 {
      let home = Int(truncatingIfNeeded: entries[Int(slots[slot] & 0xffff_ffff) - 1].key.low) & mask
      if (slot - home) & mask >= (slot - hole) & mask {
        slots[hole] = slots[slot]
        hole = slot
      }
      slot = (slot + 1) & mask
    }
    slots[hole] = 0
  }

  private mutating func grow() {
    slots = ContiguousArray(repeating: 0, count: slots.count * 2)
    for index in entries.indices where entries[index].lane >= 0 { enter(index, entries[index].key) }
  }
}
