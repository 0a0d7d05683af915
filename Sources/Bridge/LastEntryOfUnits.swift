import LogSources

/// When each unit's last entry was written that was joined: where journald's rate limit then drops messages, the gap begins
/// behind it.
struct LastEntryOfUnits {
  private struct Unit: Hashable {
    var machine: UInt64
    var name: [UInt8]
  }

  /// Units of mail daemons are few; entries of more come from somebody who makes names up.
  private static let maximumUnits = 256

  private var times: [Unit: UInt64] = [:]
  /// Neighbouring entries mostly are of one unit: it is looked up when another one follows.
  private var current: Unit?
  private var currentTime: UInt64 = 0

  mutating func remember(_ unit: [UInt8], machine: UInt64, at time: UInt64) {
    if let current, current.machine == machine, current.name == unit {
      currentTime = max(currentTime, time)
      return
    }
    store()
    let next = Unit(machine: machine, name: unit)
    currentTime = max(times[next] ?? 0, time)
    current = next
  }

  /// Microseconds since 1970; nil when none is known.
  mutating func time(of unit: [UInt8], machine: UInt64) -> UInt64? {
    store()
    return times[Unit(machine: machine, name: unit)]
  }

  private mutating func store() {
    guard let current else { return }
    if times.count >= Self.maximumUnits, times[current] == nil { times.removeAll() }
    times[current] = currentTime
  }
}
