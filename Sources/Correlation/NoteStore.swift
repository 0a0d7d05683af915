import AuditModel

/// Something that one line said and others need.
struct Note: Sendable {
  var fields: FieldSet
  /// Entry time at which it is forgotten, microseconds.
  var expires: UInt64
  /// How long it is kept after the mention that `expires` counts from.
  var life: UInt64
  /// The note that this key means instead.
  var alias: NoteKey?
}

/// The notes: bounded by count, memory and age, all decided by the entries.
///
/// Notes lie in one array; an open hash table finds them by their keys. Those of one length of life stand in a lane in
/// the order of their last mention, which is the order in which they fall due.
///
/// A class, so that whoever looks into a note while the correlator changes something else does not copy the store.
final class NoteStore {
  struct Record {
    var key: NoteKey
    var fields: FieldSet
    var expires: UInt64
    /// The lane that it stands in; -1 for a place that is free.
    var lane: Int32
    var previous: Int32
    /// The next in the lane, or of the free places.
    var next: Int32
    var isAlias: Bool
  }

  /// Notes of one length of life, the one that falls due first at the head.
  struct Lane {
    var life: UInt64
    /// Whether its notes stood before others when there were too many: see `evictOldest`.
    var isSpared = false
    var head: Int32 = -1
    var tail: Int32 = -1
    var count = 0
  }

  private(set) var count = 0
  /// What the notes take in memory, about.
  private(set) var bytes = 0
  private(set) var evicted = 0
  /// Keys changed since the last checkpoint; kept only when somebody asks for them.
  var changed: Set<NoteKey> = []
  var tracksChanges = false
  let maximum: Int
  let maximumBytes: Int
  /// The names of fields that say who logged in.
  let proofs: Set<UInt16>

  private(set) var records: ContiguousArray<Record> = []
  private var firstFree: Int32 = -1
  /// For each place of the hash table the number of a record plus one and, above it, half of its key's low word; 0 for
  /// none. So a place is mostly decided without a look at the record.
  private var table: ContiguousArray<UInt64> = ContiguousArray(repeating: 0, count: 1024)
  private(set) var lanes: [Lane] = []
  private var aliases: [NoteKey: NoteKey] = [:]
  /// When the first note falls due, or earlier.
  private var nextDue = UInt64.max

  init(maximum: Int, maximumBytes: Int = .max, proofs: Set<UInt16> = []) {
    (self.maximum, self.maximumBytes, self.proofs) = (maximum, maximumBytes, proofs)
  }

  var isTooMuch: Bool { count > maximum || bytes > maximumBytes }

  /// A record, its places in the tables and the array of its fields.
  private static func size(_ fields: FieldSet) -> Int { 192 + fields.byteCount }

  // MARK: - Looking up

  /// The note behind a key, aliases followed.
  func resolve(_ key: NoteKey) -> NoteKey {
    if aliases.isEmpty { return key }
    var key = key
    for _ in 0..<4 {
      guard let next = aliases[key] else { break }
      key = next
    }
    return key
  }

  /// The place of a note that is not forgotten; valid until a note is made or removed.
  func place(of key: NoteKey, now: UInt64) -> Int? {
    guard let found = find(key) else { return nil }
    if records[found].isAlias {
      guard let target = find(resolve(key)), !records[target].isAlias else { return nil }
      return records[target].expires > now ? target : nil
    }
    return records[found].expires > now ? found : nil
  }

  func has(_ key: NoteKey, now: UInt64) -> Bool { place(of: key, now: now) != nil }

  /// Calls the body with the fields of the note at a place, in the layout of `FieldLayout`.
  @inline(__always)
  func withFields<Result>(at place: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    records[place].fields.withUnsafeBytes(body)
  }

  /// A note as a checkpoint has it; nil when there is none.
  func note(_ key: NoteKey) -> Note? { find(key).map { note(at: $0) } }

  private func note(at place: Int) -> Note {
    let record = records[place]
    return Note(
      fields: record.fields, expires: record.expires, life: lanes[Int(record.lane)].life,
      alias: record.isAlias ? aliases[record.key] : nil)
  }

  func visitAll(_ body: (NoteKey, Note) -> Void) {
    for place in records.indices where records[place].lane >= 0 { body(records[place].key, note(at: place)) }
  }

  // MARK: - Changing

  func begin(_ key: NoteKey, fields: FieldSet, life: UInt64, now: UInt64) {
    put(key, Note(fields: fields, expires: now &+ life, life: life, alias: nil))
  }

  /// Whether a resolved key has a note that is not forgotten.
  func isThere(_ key: NoteKey, now: UInt64) -> Bool { find(key).map { records[$0].expires > now } ?? false }

  /// Changes the note of a resolved key that is there, which is a mention.
  func change(_ key: NoteKey, life: UInt64, now: UInt64, _ change: (inout FieldSet) -> Void) {
    guard let place = find(key) else { return }
    bytes -= Self.size(records[place].fields)
    change(&records[place].fields)
    bytes += Self.size(records[place].fields)
    let expires = now &+ life
    if expires > records[place].expires {
      records[place].expires = expires
      moveToEnd(place, ofLaneOf: life)
    }
    if tracksChanges { changed.insert(key) }
    if isTooMuch { evictOldest() }
  }

  func alias(_ key: NoteKey, of other: NoteKey, now: UInt64) {
    let target = resolve(other)
    guard target != key, let found = find(target) else { return }
    let note = note(at: found)
    put(key, Note(fields: FieldSet(), expires: note.expires, life: note.life, alias: target))
  }

  /// Forgets a note at a time; at once when it has come.
  func forget(_ key: NoteKey, at time: UInt64, now: UInt64) {
    guard let place = find(key) else { return }
    if tracksChanges { changed.insert(key) }
    guard time > now else { return remove(place) }
    guard time < records[place].expires else { return }
    records[place].expires = time
    moveToEnd(place, ofLaneOf: time - now)
  }

  private func put(_ key: NoteKey, _ note: Note) {
    let place: Int
    if let found = find(key) {
      place = found
      if records[place].isAlias { aliases[key] = nil }
      unlink(place)
      bytes -= Self.size(records[place].fields)
    } else {
      place = takePlace(for: key)
    }
    records[place].fields = note.fields
    bytes += Self.size(note.fields)
    records[place].expires = note.expires
    records[place].isAlias = note.alias != nil
    if let alias = note.alias { aliases[key] = alias }
    link(place, toLaneOf: note.life)
    if tracksChanges { changed.insert(key) }
    if isTooMuch { evictOldest() }
  }

  /// Forgets the first note of a lane before its time.
  func evictFirst(of lane: Int) {
    let place = Int(lanes[lane].head)
    if tracksChanges { changed.insert(records[place].key) }
    remove(place)
    evicted += 1
  }

  /// Lets the first note of a lane stand among those that go last.
  func spareFirst(of lane: Int) {
    let (place, life) = (Int(lanes[lane].head), lanes[lane].life)
    unlink(place)
    link(place, toLaneOf: life, isSpared: true)
  }

  /// Drops what is past its time.
  func expire(now: UInt64) {
    guard now >= nextDue else { return }
    nextDue = .max
    for lane in lanes.indices {
      while lanes[lane].head >= 0 {
        let place = Int(lanes[lane].head)
        guard records[place].expires <= now else {
          nextDue = min(nextDue, records[place].expires)
          break
        }
        if tracksChanges { changed.insert(records[place].key) }
        remove(place)
      }
    }
  }

  // MARK: - Restoring

  /// Puts a note back as a checkpoint had it; `settleRestored` follows the last.
  func restore(_ key: NoteKey, _ note: Note?) {
    if let note { return put(key, note) }
    if let place = find(key) { remove(place) }
  }

  /// Lines up what was restored: a checkpoint has no order, and the oldest must go first here too.
  func settleRestored() {
    let places = records.indices.filter { records[$0].lane >= 0 }
      .sorted { (records[$0].expires, records[$0].key.low) < (records[$1].expires, records[$1].key.low) }
    for place in places { moveToEnd(place, ofLaneOf: lanes[Int(records[place].lane)].life) }
  }

  // MARK: - Lanes

  private func moveToEnd(_ place: Int, ofLaneOf life: UInt64) {
    unlink(place)
    link(place, toLaneOf: life)
  }

  private func link(_ place: Int, toLaneOf life: UInt64, isSpared: Bool = false) {
    let lane: Int
    if let known = lanes.firstIndex(where: { $0.life == life && $0.isSpared == isSpared }) {
      lane = known
    } else {
      lane = lanes.firstIndex { $0.count == 0 } ?? lanes.count
      if lane == lanes.count { lanes.append(Lane(life: life)) }
      (lanes[lane].life, lanes[lane].isSpared) = (life, isSpared)
    }
    let tail = lanes[lane].tail
    records[place].lane = Int32(lane)
    records[place].previous = tail
    records[place].next = -1
    if tail >= 0 { records[Int(tail)].next = Int32(place) } else { lanes[lane].head = Int32(place) }
    lanes[lane].tail = Int32(place)
    lanes[lane].count += 1
    nextDue = min(nextDue, records[place].expires)
  }

  private func unlink(_ place: Int) {
    let (lane, previous, next) = (Int(records[place].lane), records[place].previous, records[place].next)
    if previous >= 0 { records[Int(previous)].next = next } else { lanes[lane].head = next }
    if next >= 0 { records[Int(next)].previous = previous } else { lanes[lane].tail = previous }
    lanes[lane].count -= 1
  }

  // MARK: - Places

  private func takePlace(for key: NoteKey) -> Int {
    if (count + 1) * 4 > table.count * 3 { growTable() }
    let place: Int
    let record = Record(
      key: key, fields: FieldSet(), expires: 0, lane: -1, previous: -1, next: -1, isAlias: false)
    if firstFree >= 0 {
      place = Int(firstFree)
      firstFree = records[place].next
      records[place] = record
    } else {
      place = records.count
      records.append(record)
    }
    count += 1
    enter(place, key)
    return place
  }

  private func remove(_ place: Int) {
    unlink(place)
    leave(records[place].key)
    if records[place].isAlias { aliases[records[place].key] = nil }
    bytes -= Self.size(records[place].fields)
    records[place].fields = FieldSet()
    records[place].lane = -1
    records[place].next = firstFree
    firstFree = Int32(place)
    count -= 1
  }

  // MARK: - Hash table

  private var mask: Int { table.count - 1 }

  private static func slot(_ place: Int, _ key: NoteKey) -> UInt64 { (key.low & ~0xffff_ffff) | UInt64(place + 1) }

  private func find(_ key: NoteKey) -> Int? {
    var index = Int(truncatingIfNeeded: key.low) & mask
    while true {
      let slot = table[index]
      if slot == 0 { return nil }
      if slot >> 32 == key.low >> 32 {
        let place = Int(slot & 0xffff_ffff) - 1
        if records[place].key == key { return place }
      }
      index = (index + 1) & mask
    }
  }

  private func enter(_ place: Int, _ key: NoteKey) {
    var index = Int(truncatingIfNeeded: key.low) & mask
    while table[index] != 0 { index = (index + 1) & mask }
    table[index] = Self.slot(place, key)
  }

  /// Linear probing without tombstones: what stands behind the hole and may stand in it moves up.
  private func leave(_ key: NoteKey) {
    var hole = Int(truncatingIfNeeded: key.low) & mask
    while records[Int(table[hole] & 0xffff_ffff) - 1].key != key { hole = (hole + 1) & mask }
    var index = (hole + 1) & mask
    while table[index] != 0 {
      let home = Int(truncatingIfNeeded: records[Int(table[index] & 0xffff_ffff) - 1].key.low) & mask
      if (index - home) & mask >= (index - hole) & mask {
        table[hole] = table[index]
        hole = index
      }
      index = (index + 1) & mask
    }
    table[hole] = 0
  }

  private func growTable() {
    table = ContiguousArray(repeating: 0, count: table.count * 2)
    for place in records.indices where records[place].lane >= 0 { enter(place, records[place].key) }
  }
}
