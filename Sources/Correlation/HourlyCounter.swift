import AuditModel

/// Counts by name and hour: sent messages of each mailbox, strangers' records of each file.
struct HourlyCounter: Sendable {
  /// In front of names that are only in `_unknown`.
  static let nobodys = UInt8(ascii: "?")
  /// In front of the names of services' users.
  static let locals = UInt8(ascii: "/")
  private static let limit = 100_000

  let maximum: Int
  private(set) var counts: [ByteKey: (hour: UInt64, number: Int, isReported: Bool)] = [:]
  var changed: Set<ByteKey> = []

  init(maximum: Int) { self.maximum = maximum }

  /// The number in this hour when it has just gone above the maximum; nil otherwise.
  mutating func count(_ name: [UInt8], at time: UInt64) -> Int? {
    guard maximum > 0 else { return nil }
    var entry = current(name, time)
    entry.number &+= entry.number < .max ? 1 : 0
    store(name, entry)
    return entry.number > maximum && !entry.isReported ? entry.number : nil
  }

  /// Whether one more stays within so many times the maximum.
  func hasRoom(_ name: [UInt8], at time: UInt64, times: Int = 1) -> Bool {
    current(name, time).number / times < maximum
  }

  /// Counts one more.
  mutating func add(_ name: [UInt8], at time: UInt64) {
    var entry = current(name, time)
    entry.number += 1
    store(name, entry)
  }

  /// Whether this is the first time in the hour that the rate is reported to be exceeded.
  mutating func mayReport(_ name: [UInt8], at time: UInt64) -> Bool {
    var entry = current(name, time)
    guard !entry.isReported else { return false }
    entry.isReported = true
    store(name, entry)
    return true
  }

  mutating func restore(_ name: [UInt8], hour: UInt64, number: Int, isReported: Bool) {
    counts[ByteKey(name)] = (hour, number, isReported)
  }

  private func current(_ name: [UInt8], _ time: UInt64) -> (hour: UInt64, number: Int, isReported: Bool) {
    let hour = time / 3_600_000_000
    guard let entry = counts[ByteKey(name)], entry.hour == hour else { return (hour, 0, false) }
    return entry
  }

  private mutating func store(_ name: [UInt8], _ entry: (hour: UInt64, number: Int, isReported: Bool)) {
    if counts.count >= Self.limit, counts[ByteKey(name)] == nil { makeRoom(in: entry.hour) }
    counts[ByteKey(name)] = entry
    changed.insert(ByteKey(name))
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
