import AuditModel

/// The context records: bounded by count, memory and age, all decided by the entries.
///
/// A class, so that whoever looks into a record while the correlator changes something else does not copy the store.
final class ContextStore {
  /// What the records take in memory, about.
  private(set) var bytes = 0
  private(set) var evicted = 0
  /// Keys changed since the last checkpoint; kept only when somebody asks for them.
  var changed: Set<ContextKey> = []
  var tracksChanges = false
  let maximum: Int
  let maximumBytes: Int
  /// The names of fields that say who logged in.
  let proofs: Set<UInt16>

  private(set) var table = ContextTable()
  private(set) var lanes = ContextLanes()
  private var aliases: [ContextKey: ContextKey] = [:]

  init(maximum: Int, maximumBytes: Int = .max, proofs: Set<UInt16> = []) {
    (self.maximum, self.maximumBytes, self.proofs) = (maximum, maximumBytes, proofs)
  }

  var count: Int { table.count }

  var isTooMuch: Bool { count > maximum || bytes > maximumBytes }

  /// An entry, its slots in the tables and the array of its fields.
  private static func size(_ fields: FieldSet) -> Int { 192 + fields.byteCount }

  // MARK: - Looking up

  /// The key of the record behind a key, aliases followed.
  func resolve(_ key: ContextKey) -> ContextKey {
    if aliases.isEmpty { return key }
    var key = key
    for _ in 0..<4 {
      guard let next = aliases[key] else { break }
      key = next
    }
    return key
  }

  /// The index of a record that is not forgotten; valid until a record is made or removed.
  func index(of key: ContextKey, now: UInt64) -> Int? {
    guard let found = table.find(key) else { return nil }
    if table.entries[found].isAlias {
      guard let target = table.find(resolve(key)), !table.entries[target].isAlias else { return nil }
      return table.entries[target].expires > now ? target : nil
    }
    return table.entries[found].expires > now ? found : nil
  }

  func has(_ key: ContextKey, now: UInt64) -> Bool { index(of: key, now: now) != nil }

  /// Calls the body with the fields of the record at an index, in the layout of `FieldLayout`.
  @inline(__always)
  func withFields<Result>(at index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    table.entries[index].fields.withUnsafeBytes(body)
  }

  /// A record as a checkpoint has it; nil when there is none.
  func record(_ key: ContextKey) -> ContextRecord? { table.find(key).map { record(at: $0) } }

  private func record(at index: Int) -> ContextRecord {
    let entry = table.entries[index]
    return ContextRecord(
      fields: entry.fields, expires: entry.expires, ttl: lanes[Int(entry.lane)].ttl,
      alias: entry.isAlias ? aliases[entry.key] : nil)
  }

  func visitAll(_ body: (ContextKey, ContextRecord) -> Void) {
    for index in table.entries.indices where table.entries[index].lane >= 0 {
      body(table.entries[index].key, record(at: index))
    }
  }

  // MARK: - Changing

  func begin(_ key: ContextKey, fields: FieldSet, ttl: UInt64, now: UInt64) {
    put(key, ContextRecord(fields: fields, expires: now &+ ttl, ttl: ttl, alias: nil))
  }

  /// Whether a resolved key has a record that is not forgotten.
  func isThere(_ key: ContextKey, now: UInt64) -> Bool {
    table.find(key).map { table.entries[$0].expires > now } ?? false
  }

  /// Changes the record of a resolved key that is there, which is a mention.
  func change(_ key: ContextKey, ttl: UInt64, now: UInt64, _ change: (inout FieldSet) -> Void) {
    guard let index = table.find(key) else { return }
    bytes -= Self.size(table.entries[index].fields)
    change(&table.entries[index].fields)
    bytes += Self.size(table.entries[index].fields)
    let expires = now &+ ttl
    if expires > table.entries[index].expires {
      table.entries[index].expires = expires
      moveToEnd(index, ofLaneOf: ttl)
    }
    if tracksChanges { changed.insert(key) }
    if isTooMuch { evictOldest() }
  }

  func alias(_ key: ContextKey, of other: ContextKey, now: UInt64) {
    let target = resolve(other)
    guard target != key, let found = table.find(target) else { return }
    let record = record(at: found)
    put(key, ContextRecord(fields: FieldSet(), expires: record.expires, ttl: record.ttl, alias: target))
  }

  /// Forgets a record at a time; at once when it has come.
  func forget(_ key: ContextKey, at time: UInt64, now: UInt64) {
    guard let index = table.find(key) else { return }
    if tracksChanges { changed.insert(key) }
    guard time > now else { return remove(index) }
    guard time < table.entries[index].expires else { return }
    table.entries[index].expires = time
    moveToEnd(index, ofLaneOf: time - now)
  }

  private func put(_ key: ContextKey, _ record: ContextRecord) {
    let index: Int
    if let found = table.find(key) {
      index = found
      if table.entries[index].isAlias { aliases[key] = nil }
      lanes.remove(index, in: &table)
      bytes -= Self.size(table.entries[index].fields)
    } else {
      index = table.insert(key)
    }
    table.entries[index].fields = record.fields
    bytes += Self.size(record.fields)
    table.entries[index].expires = record.expires
    table.entries[index].isAlias = record.alias != nil
    if let alias = record.alias { aliases[key] = alias }
    lanes.append(index, ttl: record.ttl, in: &table)
    if tracksChanges { changed.insert(key) }
    if isTooMuch { evictOldest() }
  }

  private func remove(_ index: Int) {
    lanes.remove(index, in: &table)
    if table.entries[index].isAlias { aliases[table.entries[index].key] = nil }
    bytes -= Self.size(table.entries[index].fields)
    table.remove(index)
  }

  private func moveToEnd(_ index: Int, ofLaneOf ttl: UInt64) {
    lanes.remove(index, in: &table)
    lanes.append(index, ttl: ttl, in: &table)
  }

  // MARK: - Forgetting

  /// Forgets the first record of a lane before its time.
  func evictFirst(of lane: Int) {
    let index = Int(lanes[lane].head)
    if tracksChanges { changed.insert(table.entries[index].key) }
    remove(index)
    evicted += 1
  }

  /// Lets the first record of a lane stand among those that go last.
  func spareFirst(of lane: Int) {
    let (index, ttl) = (Int(lanes[lane].head), lanes[lane].ttl)
    lanes.remove(index, in: &table)
    lanes.append(index, ttl: ttl, isSpared: true, in: &table)
  }

  /// Drops what is past its time.
  func expire(now: UInt64) {
    guard now >= lanes.nextDue else { return }
    lanes.nextDue = .max
    for lane in lanes.indices {
      while lanes[lane].head >= 0 {
        let index = Int(lanes[lane].head)
        guard table.entries[index].expires <= now else {
          lanes.nextDue = min(lanes.nextDue, table.entries[index].expires)
          break
        }
        if tracksChanges { changed.insert(table.entries[index].key) }
        remove(index)
      }
    }
  }

  // MARK: - Restoring

  /// Puts a record back as a checkpoint had it; `finishRestoring` follows the last.
  func restore(_ key: ContextKey, _ record: ContextRecord?) {
    if let record { return put(key, record) }
    if let index = table.find(key) { remove(index) }
  }

  /// Lines up what was restored: a checkpoint has no order, and the oldest must go first here too.
  func finishRestoring() {
    let indices = table.entries.indices.filter { table.entries[$0].lane >= 0 }
      .sorted {
        (table.entries[$0].expires, table.entries[$0].key.low) < (table.entries[$1].expires, table.entries[$1].key.low)
      }
    for index in indices { moveToEnd(index, ofLaneOf: lanes[Int(table.entries[index].lane)].ttl) }
  }
}
