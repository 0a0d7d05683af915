import AuditModel

/// The identity of a note: a hash of its kind, the host, and the parts of its key with their lengths, so that no part
/// can pretend to be two.
struct NoteKey: Hashable, Sendable {
  var bytes: [UInt8]

  /// In one go: the library's own hashing of arrays takes byte for byte.
  func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// Something that one line said and others need.
struct Note: Sendable {
  var fields: FieldSet
  /// Entry time at which it is forgotten, microseconds.
  var expires: UInt64
  /// How long it is kept after each mention.
  var life: UInt64
  /// The note that this key means instead.
  var alias: NoteKey?
}

/// The notes: bounded by count and age, both decided by entry times.
struct NoteStore {
  private(set) var notes: [NoteKey: Note] = [:]
  private(set) var evicted = 0
  /// Keys changed since the last checkpoint; kept only when somebody asks for them.
  var changed: Set<NoteKey> = []
  var tracksChanges = false
  let maximum: Int
  /// For each length of life the keys in the order in which they fall due: notes of one life expire in the order of
  /// their making, unless they were mentioned again, which is seen when their turn comes.
  private var queues: [(life: UInt64, keys: Queue<(key: NoteKey, due: UInt64)>)] = []
  /// How many keys stand in the queues, those of forgotten notes too.
  private var queued = 0

  /// When the first key falls due.
  private var nextDue = UInt64.max

  init(maximum: Int) { self.maximum = maximum }

  /// The note behind a key, aliases followed.
  func resolve(_ key: NoteKey) -> NoteKey {
    var key = key
    for _ in 0..<4 {
      guard let next = notes[key]?.alias else { break }
      key = next
    }
    return key
  }

  func lookUp(_ key: NoteKey, now: UInt64) -> FieldSet? {
    guard let note = notes[key] else { return nil }
    if let alias = note.alias { return lookUp(resolve(alias), now: now) }
    return note.expires > now ? note.fields : nil
  }

  mutating func begin(_ key: NoteKey, fields: FieldSet, life: UInt64, now: UInt64) {
    insert(key, Note(fields: fields, expires: now &+ life, life: life, alias: nil))
  }

  /// Adds to a note or makes it.
  mutating func merge(_ key: NoteKey, life: UInt64, now: UInt64, _ change: (inout FieldSet) -> Void) {
    let key = resolve(key)
    if let index = notes.index(forKey: key), notes.values[index].expires > now {
      change(&notes.values[index].fields)
      notes.values[index].expires = max(notes.values[index].expires, now &+ life)
      if tracksChanges { changed.insert(key) }
      return
    }
    var fields = FieldSet(minimumCapacity: 96)
    change(&fields)
    insert(key, Note(fields: fields, expires: now &+ life, life: life, alias: nil))
  }

  mutating func alias(_ key: NoteKey, of other: NoteKey, now: UInt64) {
    let target = resolve(other)
    guard target != key, let note = notes[target] else { return }
    insert(key, Note(fields: FieldSet(), expires: note.expires, life: note.life, alias: target))
  }

  /// Forgets a note at a time; at once when it has come.
  mutating func forget(_ key: NoteKey, at time: UInt64, now: UInt64) {
    guard let index = notes.index(forKey: key) else { return }
    if tracksChanges { changed.insert(key) }
    guard time > now else {
      notes.remove(at: index)
      return
    }
    guard time < notes.values[index].expires else { return }
    notes.values[index].expires = time
    // In a queue of its own, or it would keep its place in memory until the end of its life.
    enqueue(key, life: time - now, due: time)
    dropForgotten()
  }

  /// Puts a note back as a checkpoint had it; `settleRestored` follows the last.
  mutating func restore(_ key: NoteKey, _ note: Note?) { notes[key] = note }

  /// Lines up what was restored: a checkpoint has no order, and the oldest must go first here too.
  mutating func settleRestored() {
    queues = []
    queued = 0
    nextDue = .max
    for (key, note) in notes.sorted(by: { $0.value.expires < $1.value.expires }) {
      enqueue(key, life: note.life, due: note.expires)
    }
  }

  private mutating func enqueue(_ key: NoteKey, life: UInt64, due: UInt64) {
    nextDue = min(nextDue, due)
    queued += 1
    if let index = queues.firstIndex(where: { $0.life == life }) {
      queues[index].keys.append((key, due))
    } else {
      var keys = Queue<(key: NoteKey, due: UInt64)>()
      keys.append((key, due))
      queues.append((life, keys))
    }
  }

  /// Takes keys without a note out of the queues, and all but the first mention of a key in a queue, when they are many.
  private mutating func dropForgotten() {
    guard queued > 3 * notes.count + 1024 else { return }
    for index in queues.indices {
      var seen: Set<NoteKey> = []
      queues[index].keys.removeAll { notes[$0.key] == nil || !seen.insert($0.key).inserted }
    }
    queues.removeAll { $0.keys.count == 0 }
    queued = queues.reduce(0) { $0 + $1.keys.count }
  }

  private mutating func insert(_ key: NoteKey, _ note: Note) {
    if notes.updateValue(note, forKey: key) == nil { enqueue(key, life: note.life, due: note.expires) }
    if tracksChanges { changed.insert(key) }
    if notes.count > maximum { evictOldest() }
  }

  private mutating func evictOldest() {
    guard let index = queues.indices.max(by: { queues[$0].keys.count < queues[$1].keys.count }) else { return }
    while notes.count > maximum, let oldest = queues[index].keys.popFirst() {
      queued -= 1
      guard notes.removeValue(forKey: oldest.key) != nil else { continue }
      evicted += 1
      if tracksChanges { changed.insert(oldest.key) }
    }
  }

  /// Drops what is past its time.
  mutating func expire(now: UInt64) {
    guard now >= nextDue else { return }
    defer { nextDue = queues.compactMap { $0.keys.first?.due }.min() ?? .max }
    for index in queues.indices {
      while let first = queues[index].keys.first, first.due <= now {
        _ = queues[index].keys.popFirst()
        queued -= 1
        guard let note = notes[first.key] else { continue }
        if note.expires <= now {
          notes[first.key] = nil
          if tracksChanges { changed.insert(first.key) }
        } else {
          enqueue(first.key, life: queues[index].life, due: max(note.expires, first.due &+ 1))
        }
      }
    }
  }
}

/// First in, first out, without moving what is left.
struct Queue<Element> {
  private var elements: [Element] = []
  private var head = 0

  var count: Int { elements.count - head }

  var first: Element? { head < elements.count ? elements[head] : nil }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func removeAll(where isUnwanted: (Element) -> Bool) {
    elements.removeFirst(head)
    head = 0
    elements.removeAll(where: isUnwanted)
  }

  mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    let first = elements[head]
    head += 1
    if head > 1024, head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return first
  }
}
