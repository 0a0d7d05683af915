/// Context records of one time to live each stand in a lane in the order of their last mention, which is the order in
/// which they expire.
struct ContextLanes {
  /// Records of one time to live, the one that expires first at the head.
  struct Lane {
    var ttl: UInt64
    /// Whether its records stood before others when there were too many: see `ContextStore.evictOldest`.
    var isSpared = false
    var head: Int32 = -1
    var tail: Int32 = -1
    var count = 0
  }

  private var lanes: [Lane] = []
  /// When the first record expires, or earlier.
  var nextDue = UInt64.max

  var indices: Range<Int> { lanes.indices }

  subscript(lane: Int) -> Lane { lanes[lane] }

  /// Puts an entry at the end of the lane of a time to live.
  mutating func append(_ index: Int, ttl: UInt64, isSpared: Bool = false, in table: inout ContextTable) {
    let lane = lane(of: ttl, isSpared)
    let tail = lanes[lane].tail
    table.entries[index].lane = Int32(lane)
    table.entries[index].previous = tail
    table.entries[index].next = -1
    if tail >= 0 { table.entries[Int(tail)].next = Int32(index) } else { lanes[lane].head = Int32(index) }
    lanes[lane].tail = Int32(index)
    lanes[lane].count += 1
    nextDue = min(nextDue, table.entries[index].expires)
  }

  /// Takes an entry out of its lane.
  mutating func remove(_ index: Int, in table: inout ContextTable) {
    let (previous, next) = (table.entries[index].previous, table.entries[index].next)
    let lane = Int(table.entries[index].lane)
    if previous >= 0 { table.entries[Int(previous)].next = next } else { lanes[lane].head = next }
    if next >= 0 { table.entries[Int(next)].previous = previous } else { lanes[lane].tail = previous }
    lanes[lane].count -= 1
  }

  /// The lane of a time to live; one that is empty is used again.
  private mutating func lane(of ttl: UInt64, _ isSpared: Bool) -> Int {
    if let known = lanes.firstIndex(where: { $0.ttl == ttl && $0.isSpared == isSpared }) { return known }
    let lane = lanes.firstIndex { $0.count == 0 } ?? lanes.count
    if lane == lanes.count { lanes.append(Lane(ttl: ttl)) }
    (lanes[lane].ttl, lanes[lane].isSpared) = (ttl, isSpared)
    return lane
  }
}
