import AuditModel
import RuleTable

/// The state of correlation in a checkpoint: records of a table, a key and a value; no value means that the key is
/// gone. A whole state is such records too, so a log of changes is read like the snapshot in front of it.
extension Correlator {
  enum Table: UInt8 {
    case names = 0
    case notes = 1
    case waiting = 2
    case bursts = 3
    case sent = 4
    case mailboxes = 5
    case clock = 6
    case secret = 7
    case senders = 8
    case strangers = 9
    case vocabulary = 10
  }

  /// From now on changes are remembered for `encodeChanges`.
  public func trackChanges() {
    notes.tracksChanges = true
    mailboxes.tracksChanges = true
    tracksChanges = true
  }

  /// Everything, for a new snapshot. Forgets which changes were to be written.
  public func encodeState() -> [UInt8] {
    var writer = ByteWriter()
    writeNames(&writer)
    writeVocabulary(&writer)
    writeSecret(&writer)
    notes.visitAll { key, note in Self.write(.notes, key.bytes, encode(note), &writer) }
    for (id, item) in waiting { Self.write(.waiting, Self.bytes(of: id), encode(item), &writer) }
    for (key, burst) in bursts { Self.write(.bursts, key.bytes, encode(burst), &writer) }
    for (mailbox, _) in sent.counts { Self.write(.sent, mailbox.bytes, encode(sent, mailbox), &writer) }
    for (file, _) in strangers.counts { Self.write(.strangers, file.bytes, encode(strangers, file), &writer) }
    for (place, address) in mailboxes.addresses.enumerated() {
      Self.write(.mailboxes, address.bytes, Self.bytes(of: mailboxes.silence(at: place)), &writer)
    }
    for (key, record) in senders.records { write(record, of: key, &writer) }
    writeClock(&writer)
    forgetChanges()
    return writer.bytes
  }

  /// What changed since the last call of this or of `encodeState`.
  public func encodeChanges() -> [UInt8] {
    var writer = ByteWriter()
    for key in notes.changed { Self.write(.notes, key.bytes, notes.note(key).map(encode), &writer) }
    for id in changedWaiting { Self.write(.waiting, Self.bytes(of: id), waiting[id].map(encode), &writer) }
    for key in changedBursts { Self.write(.bursts, key.bytes, bursts[key].map(encode), &writer) }
    for mailbox in sent.changed { Self.write(.sent, mailbox.bytes, encode(sent, mailbox), &writer) }
    for file in strangers.changed { Self.write(.strangers, file.bytes, encode(strangers, file), &writer) }
    for address in mailboxes.changed {
      Self.write(.mailboxes, address, mailboxes.silence(of: address).map(Self.bytes), &writer)
    }
    for key in senders.changed { if let record = senders.records[key] { write(record, of: key, &writer) } }
    writeClock(&writer)
    forgetChanges()
    return writer.bytes
  }

  private func forgetChanges() {
    notes.changed.removeAll(keepingCapacity: true)
    changedWaiting.removeAll(keepingCapacity: true)
    changedBursts.removeAll(keepingCapacity: true)
    sent.changed.removeAll(keepingCapacity: true)
    strangers.changed.removeAll(keepingCapacity: true)
    mailboxes.changed.removeAll(keepingCapacity: true)
    senders.changed.removeAll(keepingCapacity: true)
  }

  /// The records of a part of a state; false when they are damaged, or one of them is by the body's word.
  static func forEachRecord(_ bytes: [UInt8], _ body: (Table, _ key: [UInt8], _ value: [UInt8]?) -> Bool) -> Bool {
    var reader = ByteReader(bytes)
    while !reader.isAtEnd {
      guard let table = reader.number(UInt8.self).flatMap(Table.init), let key = reader.string(),
        let isThere = reader.number(UInt8.self), let value = isThere == 1 ? reader.string() : [],
        body(table, key, isThere == 1 ? value : nil)
      else { return false }
    }
    return true
  }

  /// Takes records up; a snapshot first, then its changes in order. False when they are damaged.
  ///
  /// Call `settleRestored` behind the last.
  public func restore(_ bytes: [UInt8]) -> Bool {
    Self.forEachRecord(bytes, restore)
  }

  /// Sets the timers of what was restored.
  public func settleRestored() {
    let items = waiting
    waiting.removeAll()
    waitingBytes = 0
    for (id, item) in items.sorted(by: { $0.key < $1.key }) { add(item, id: id) }
    for (key, burst) in bursts { closeWindow(key, at: burst.end) }
    notes.settleRestored()
    mailboxes.settleRestored(at: clocks.newest)
    forgetChanges()
  }

  private func restore(_ table: Table, _ key: [UInt8], _ value: [UInt8]?) -> Bool {
    switch table {
    case .names:
      storedNames =
        key.isEmpty
        ? [] : key.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    case .vocabulary: storedVocabulary = StoredVocabulary(keys: key, kinds: value ?? [])
    case .notes:
      guard let key = storedKey(key) else { return false }
      guard let value else {
        notes.restore(key, nil)
        return true
      }
      guard let note = decodeNote(value) else { return false }
      notes.restore(key, note)
    case .waiting:
      var reader = ByteReader(key)
      guard let id = reader.number(UInt64.self) else { return false }
      guard let value else {
        waiting[id] = nil
        return true
      }
      guard let item = decodeWaiting(value) else { return false }
      // A rule that is no longer there has nothing to go on with.
      if let item { waiting[id] = item } else { waiting[id] = nil }
    case .bursts:
      // Of a kind that this version does not know.
      guard let key = storedVocabulary.burstKey(key) else { return true }
      guard let value else {
        bursts[key] = nil
        return true
      }
      guard let burst = decodeBurst(value) else { return false }
      bursts[key] = burst
    case .sent: return Self.restore(&sent, key, value)
    case .strangers:
      guard let key = storedVocabulary.strangersName(key) else { return true }
      return Self.restore(&strangers, key, value)
    case .mailboxes:
      // What the configuration now makes of a name, another made of it before. Without a value nothing was said of days.
      guard let mailbox = policy.naming.mailbox(of: AccountName(key)) else { return true }
      var reader = ByteReader(value ?? [])
      mailboxes.restore(mailbox.bytes, silence: value == nil ? nil : reader.number() ?? 0)
    case .senders: return senders.restore(key, value ?? [])
    case .clock:
      var reader = ByteReader(key)
      guard let now = reader.number(UInt64.self), let next = reader.number(UInt64.self) else { return false }
      self.now = now
      clocks.newest = now
      nextWait = next
    case .secret:
      guard let stored = NoteKey(bytes: key) else { return false }
      secret = KeySecret(high: stored.high, low: stored.low)
      areStoredKeysHashes = true
    }
    return true
  }

  // MARK: - Writing

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(number)
    return writer.bytes
  }

  private static func write(_ table: Table, _ key: [UInt8], _ value: [UInt8]?, _ writer: inout ByteWriter) {
    writer.write(table.rawValue)
    writer.write(key)
    writer.write(UInt8(value == nil ? 0 : 1))
    if let value { writer.write(value) }
  }

  private func write(_ record: SenderLedger.Record, of key: SenderLedger.Key, _ writer: inout ByteWriter) {
    Self.write(.senders, SenderLedger.bytes(of: key), SenderLedger.bytes(of: record), &writer)
  }

  private func writeNames(_ writer: inout ByteWriter) {
    Self.write(.names, Array(table.names.own.joined(separator: "\0").utf8), nil, &writer)
  }

  private func writeVocabulary(_ writer: inout ByteWriter) {
    Self.write(.vocabulary, StoredVocabulary.current.keyBytes, StoredVocabulary.current.kindBytes, &writer)
  }

  private func writeSecret(_ writer: inout ByteWriter) {
    Self.write(.secret, NoteKey(high: secret.high, low: secret.low).bytes, nil, &writer)
  }

  private func writeClock(_ writer: inout ByteWriter) {
    var clock = ByteWriter()
    clock.write(clocks.newest)
    clock.write(nextWait)
    Self.write(.clock, clock.bytes, nil, &writer)
  }

  private func encode(_ note: Note) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(note.expires)
    writer.write(note.life)
    writer.write(note.fields.bytes)
    writer.write(note.alias?.bytes ?? [])
    return writer.bytes
  }

  private func encode(_ counter: HourlyCounter, _ name: ByteKey) -> [UInt8] {
    var writer = ByteWriter()
    let entry = counter.counts[name] ?? (0, 0, false)
    writer.write(entry.hour)
    writer.write(UInt64(entry.number))
    writer.write(UInt8(entry.isReported ? 1 : 0))
    return writer.bytes
  }

  private func encode(_ burst: Burst) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(burst.first.source)
    writer.write(burst.first.detail)
    writer.write(burst.end)
    writer.write(burst.count)
    switch burst.owner {
    case .mailbox(let address):
      writer.write(UInt8(1))
      writer.write(address.bytes)
    case .unknown, .bridge:
      writer.write(UInt8(0))
      writer.write([] as [UInt8])
    case .panel(let account):
      writer.write(UInt8(2))
      writer.write(account)
    }
    guard let last = burst.last else { return writer.bytes }
    writer.write(last.time)
    writer.write(last.id.source)
    writer.write(last.id.detail)
    writer.write(Array(last.kind.name.description.utf8))
    writer.write(last.level.rawValue)
    writer.write(last.fields.bytes)
    return writer.bytes
  }

  // MARK: - Reading

  /// A note's key as this correlator has it. Checkpoints up to version 3 had no secret, and the bytes that are hashed
  /// now were the keys themselves.
  func storedKey(_ bytes: [UInt8]) -> NoteKey? {
    areStoredKeysHashes ? NoteKey(bytes: bytes) : bytes.withUnsafeBytes { secret.key(of: $0) }
  }

  /// Fields with the numbers that this table gives their names; names that it does not have are left out.
  func renumbered(_ bytes: [UInt8]) -> FieldSet? {
    guard let fields = FieldSet(bytes: bytes) else { return nil }
    guard storedNames != table.names.own || storedVocabulary != .current else { return fields }
    var result = FieldSet()
    fields.forEachField { number, value in
      let doubt = fields.isDoubtful(number) ? FieldLayout.doubt : 0
      guard number >= NameTable.firstOwn else {
        if let key = storedVocabulary.key(number) { result.append(key.rawValue | doubt, value) }
        return
      }
      let place = Int(number - NameTable.firstOwn)
      if storedNames.indices.contains(place), let number = table.names.lookUp(storedNames[place]) {
        result.append(number | doubt, value)
      }
    }
    return result
  }

  private func decodeNote(_ bytes: [UInt8]) -> Note? {
    var reader = ByteReader(bytes)
    guard let expires = reader.number(UInt64.self), let life = reader.number(UInt64.self),
      let fields = reader.string().flatMap(renumbered), let alias = reader.string()
    else { return nil }
    return Note(fields: fields, expires: expires, life: life, alias: alias.isEmpty ? nil : storedKey(alias))
  }

  private static func restore(_ counter: inout HourlyCounter, _ name: [UInt8], _ value: [UInt8]?) -> Bool {
    guard let value else { return true }
    var reader = ByteReader(value)
    guard let hour = reader.number(UInt64.self), let number = reader.number(UInt64.self).flatMap({ Int(exactly: $0) }),
      let isReported = reader.number(UInt8.self)
    else { return false }
    counter.restore(name, hour: hour, number: number, isReported: isReported == 1)
    return true
  }

  private func decodeBurst(_ bytes: [UInt8]) -> Burst? {
    var reader = ByteReader(bytes)
    guard let source = reader.number(UInt64.self), let detail = reader.number(UInt64.self),
      let end = reader.number(UInt64.self), let count = reader.number(UInt64.self),
      let ownerKind = reader.number(UInt8.self), let ownerBytes = reader.string()
    else { return nil }
    let owner: TrailOwner
    switch ownerKind {
    case 1:
      guard let address = MailboxAddress(ownerBytes) else { return nil }
      owner = .mailbox(address)
    case 2: owner = .panel(ownerBytes)
    default: owner = .unknown
    }
    var burst = Burst(first: EventID(source: source, detail: detail), end: end, owner: owner, last: nil, count: count)
    if reader.isAtEnd { return burst }
    guard let time = reader.number(UInt64.self), let lastSource = reader.number(UInt64.self),
      let lastDetail = reader.number(UInt64.self), let name = reader.string(),
      let kind = EventKind(name: String(decoding: name, as: UTF8.self)),
      let level = reader.number(UInt8.self).flatMap(Level.init), let fields = reader.string().flatMap(renumbered)
    else { return nil }
    burst.last = AuditEvent(
      id: EventID(source: lastSource, detail: lastDetail), time: time, kind: kind, level: level, fields: fields)
    return burst
  }
}
