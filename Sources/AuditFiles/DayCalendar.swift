import Glibc
import Platform

/// Which day an event belongs to, in the configured time zone (`audit.time-zone`).
package struct DayCalendar: Sendable {
  private let rules: TimeZoneRules
  // Events come nearly in the order of time: while one lies between the bounds, its day costs two comparisons.
  private var lowerBound = 0
  private var upperBound = 0
  private var day = Day(number: 0)

  /// Days of Coordinated Universal Time.
  package static let utc = DayCalendar(rules: .utc)

  /// A calendar of `local` (`TZ`, else /etc/localtime, else UTC), `UTC`, or a zone's name such as `Europe/Berlin`.
  ///
  /// Throws a `FileError` when there is no such zone or its file is damaged.
  package init(timeZone name: String) throws(FileError) {
    switch name {
    case "UTC": self = .utc
    case "local": self = try Self.local()
    default: try self.init(zoneFileName: name)
    }
  }

  init(rules: TimeZoneRules) { self.rules = rules }

  private init(zoneFileName name: String) throws(FileError) {
    let isPlain = name.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (97...122).contains(byte | 32) || "+-_/".utf8.contains(byte)
    }
    guard isPlain, !name.isEmpty, !name.hasPrefix("/") else {
      throw FileError(.timeZone, path: name, code: EINVAL, remedy: Self.remedy)
    }
    try self.init(zoneFile: "/usr/share/zoneinfo/" + name)
  }

  init(zoneFile path: String) throws(FileError) {
    let bytes: [UInt8]
    do { bytes = try FileDescriptor.contents(of: path, limit: 1 << 20) } catch {
      throw FileError(.timeZone, path: path, code: error.code, remedy: Self.remedy)
    }
    guard let rules = TimeZoneRules(file: bytes) else {
      throw FileError(.timeZone, path: path, code: EINVAL, remedy: Self.remedy)
    }
    self.init(rules: rules)
  }

  private static let remedy =
    "set audit.time-zone to local, UTC or a name of /usr/share/zoneinfo such as Europe/Berlin (package tzdata)"

  /// As tzset(3) chooses: TZ, a leading colon is ignored; without it /etc/localtime; without that UTC.
  private static func local() throws(FileError) -> DayCalendar {
    if let value = getenv("TZ") {
      var name = String(cString: value)
      if name.hasPrefix(":") { name.removeFirst() }
      if name.isEmpty { return .utc }
      if name.hasPrefix("/") { return try DayCalendar(zoneFile: name) }
      if let rules = TimeZoneRules(posix: name) { return DayCalendar(rules: rules) }
      return name == "UTC" ? .utc : try DayCalendar(zoneFileName: name)
    }
    return access("/etc/localtime", F_OK) == 0 ? try DayCalendar(zoneFile: "/etc/localtime") : .utc
  }

  /// The day of a time, in microseconds since 1970.
  package mutating func day(of time: UInt64) -> Day {
    let second = Int(time / 1_000_000)
    if second >= lowerBound && second < upperBound { return day }
    let span = rules.span(at: second)
    let local = second + span.offset
    let number = CivilTime.day(of: local)
    day = Day(number: number)
    // The part of the day with this offset; a change of the clock at midnight can put a day's hours in two parts.
    lowerBound = max(span.start, number * CivilTime.secondsPerDay - span.offset)
    upperBound = min(span.end, (number + 1) * CivilTime.secondsPerDay - span.offset)
    return day
  }

  /// A time at which the day is over for certain, in microseconds since 1970: no event at or after it is of that day.
  package func end(of day: Day) -> UInt64 {
    let midnight = (day.number + 1) * CivilTime.secondsPerDay
    let offset = [-2, -1, 0, 1, 2].map { rules.span(at: midnight + $0 * 43_200).offset }.min() ?? 0
    let (microseconds, isTooLate) = UInt64(max(0, midnight - offset)).multipliedReportingOverflow(by: 1_000_000)
    return isTooLate ? .max : microseconds
  }

  /// The first day whose files the retention keeps; nil when it keeps all.
  ///
  /// The limit is the earlier of `now` and `newest` (the newest entry's time), less `retention`; all in microseconds.
  /// The earlier of the two, because a clock that jumps ahead must not erase evidence.
  package func firstKept(now: UInt64, newest: UInt64, retention: UInt64) -> Day? {
    let reference = min(now, newest)
    guard reference > retention else { return nil }
    // Its end lies behind the limit.
    var calendar = self
    let limit = reference - retention
    var firstKept = calendar.day(of: limit)
    while calendar.end(of: Day(number: firstKept.number - 1)) > limit { firstKept = Day(number: firstKept.number - 1) }
    return firstKept
  }
}
