import AuditModel

/// Counts sent messages per mailbox and hour.
struct SentCounter: Sendable {
  /// In front of names that are only in `_unknown`.
  static let nobodys = UInt8(ascii: "?")
  private static let limit = 100_000

  let maximum: Int
  private(set) var counts: [ByteKey: (hour: UInt64, number: Int, isTold: Bool)] = [:]
  var changed: Set<ByteKey> = []

  init(maximum: Int) { self.maximum = maximum }

  /// The number of messages in this hour when it has just gone above the maximum; nil otherwise.
  mutating func count(_ mailbox: [UInt8], at time: UInt64) -> Int? {
    guard maximum > 0 else { return nil }
    var entry = current(mailbox, time)
    entry.number &+= entry.number < .max ? 1 : 0
    store(mailbox, entry)
    return entry.number > maximum && !entry.isTold ? entry.number : nil
  }

  /// Whether this is the first time in the hour that the rate is told to be exceeded.
  mutating func mayTell(_ mailbox: [UInt8], at time: UInt64) -> Bool {
    var entry = current(mailbox, time)
    guard !entry.isTold else { return false }
    entry.isTold = true
    store(mailbox, entry)
    return true
  }

  mutating func restore(_ mailbox: [UInt8], hour: UInt64, number: Int, isTold: Bool) {
    counts[ByteKey(mailbox)] = (hour, number, isTold)
  }

  private func current(_ mailbox: [UInt8], _ time: UInt64) -> (hour: UInt64, number: Int, isTold: Bool) {
    let hour = time / 3_600_000_000
    guard let entry = counts[ByteKey(mailbox)], entry.hour == hour else { return (hour, 0, false) }
    return entry
  }

  private mutating func store(_ mailbox: [UInt8], _ entry: (hour: UInt64, number: Int, isTold: Bool)) {
    if counts.count >= Self.limit, counts[ByteKey(mailbox)] == nil { makeRoom(in: entry.hour) }
    counts[ByteKey(mailbox)] = entry
    changed.insert(ByteKey(mailbox))
  }

  /// Forgets the hours before, and where that is not enough the names that strangers may have made up.
  private mutating func makeRoom(in hour: UInt64) {
    counts = counts.filter { $0.value.hour == hour }
    guard counts.count >= Self.limit else { return }
    let madeUp = counts.keys.filter { $0.bytes.first == Self.nobodys }
    for name in madeUp { counts[name] = nil }
    changed.formUnion(madeUp)
  }
}
