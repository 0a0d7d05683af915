import AuditModel

/// What failed logins have in common that are emitted as one: not the address alone, since spraying must not hide its
/// victims.
struct BurstKey: Hashable, Sendable {
  var bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }

  init(_ event: AuditEvent) {
    bytes = [event.kind.rawValue]
    for key in [FieldKey.mailbox, .ip, .service, .host] {
      let value = event.fields[key] ?? []
      bytes.append(UInt8(truncatingIfNeeded: value.count))
      bytes.append(UInt8(truncatingIfNeeded: value.count >> 8))
      bytes.append(contentsOf: value)
    }
  }
}

/// A window of failed logins: its first was emitted at once, the rest is one event with a count.
struct Burst: Sendable {
  var first: EventID
  var end: UInt64
  var owner: TrailOwner
  /// The last entry of the rest; nil while there is none.
  var last: AuditEvent?
  /// How many the rest has.
  var count: UInt64

  /// Counts an entry, which may stand for several.
  mutating func add(_ event: AuditEvent) {
    let attempts = event.fields[.count].flatMap { UInt64(String(decoding: $0, as: UTF8.self)) } ?? 1
    // The log's own number, and a daemon may write any.
    let (sum, isTooLarge) = count.addingReportingOverflow(attempts)
    count = isTooLarge ? .max : sum
  }
}

extension Correlator {
  /// How many windows are open at the most; beyond, each failure is emitted by itself.
  static let maximumBursts = 200_000

  func addToBurst(_ event: AuditEvent, _ owner: TrailOwner) {
    let key = BurstKey(event)
    if let index = bursts.index(forKey: key), bursts.values[index].end > event.time {
      bursts.values[index].last = event
      // The mailbox may have become known since the first: the summary goes where its last entry belongs.
      bursts.values[index].owner = owner
      bursts.values[index].add(event)
      if tracksChanges { changedBursts.insert(key) }
      return
    }
    closeBurst(key)
    guard isWithinAllowance(event, owner) else { return }
    emit(event, to: owner)
    guard bursts.count < Self.maximumBursts else { return }
    let end = min(event.time &+ policy.burstWindow, policy.dayEnd(event.time))
    bursts[key] = Burst(first: event.id, end: end, owner: owner, last: nil, count: 0)
    if tracksChanges { changedBursts.insert(key) }
    closeWindow(key, at: end)
  }

  /// Emits the rest of a window, if there is one, and ends it.
  func closeBurst(_ key: BurstKey) {
    guard let burst = bursts[key] else { return }
    // A timer of an earlier window with the same key.
    guard burst.end <= now || now == .max || isFinishing else { return }
    bursts[key] = nil
    if tracksChanges { changedBursts.insert(key) }
    guard var event = burst.last else { return }
    event.id = burst.first
    event.id.isBurst = true
    event.fields.set(.count, to: String(burst.count))
    emit(event, to: burst.owner)
  }
}
