import Platform

/// Finds the moment that a line's written time means: the year and the zone that it leaves out.
///
/// Lines of one log come nearly in order, so the line before decides. A time that lies more than 31 days before it is of
/// the next year, one more than 334 days behind it of the year before (a late line at New Year); nothing is put past
/// the limit, which is when the file was last written to. In the hour that the clock repeats in autumn the earlier
/// reading holds until times go back.
public struct LineClock: Sendable {
  private let zone: LocalZone
  /// The last time found, as if its written form were UTC's; nil before the first line.
  private var lastWall: Int?
  /// The last time found, seconds since 1970.
  private var last = 0
  private var year = 0
  /// The quarter of an hour that was looked up last, and its offset: zones change at such only.
  private var knownQuarter = Int.min
  private var knownOffset = 0

  /// How far a line may lie before the one written ahead of it without being of another year, in seconds.
  private static let yearSlack = 31 * CivilTime.secondsPerDay
  /// The same for the repeated hour.
  private static let foldSlack = 300
  /// How far a written time may lie past the limit: zones and clocks differ.
  static let futureSlack = CivilTime.secondsPerDay

  /// - Parameter last: the time of the last line that was read before, microseconds since 1970; nil at the start.
  public init(zone: LocalZone = .system, last: UInt64? = nil) {
    self.zone = zone
    guard let last else { return }
    self.last = Int(last / 1_000_000)
    let wall = self.last + zone.offset(self.last)
    lastWall = wall
    year = Self.year(ofWall: wall)
  }

  /// Whether a line was seen, so that years are known.
  var isSet: Bool { lastWall != nil }

  /// Sets the year of the first line, where the whole file says it.
  mutating func begin(inYear year: Int) {
    self.year = year
    lastWall = nil
    knownQuarter = .min
  }

  /// The moment, microseconds since 1970, UTC.
  ///
  /// - Parameter limit: seconds since 1970 that no line can be past: when the file was last written to, or now.
  public mutating func resolve(_ time: LineTime, limit: Int) -> UInt64 {
    let latest = limit + Self.futureSlack
    let written = time.year == 0 ? yearOf(time, latest: latest) : time.year
    let wall = time.wallSeconds(inYear: written)
    let second = time.offset.map { wall - $0 } ?? self.second(ofWall: wall, latest: latest)
    (last, lastWall, year) = (second, wall, written)
    return UInt64(max(0, second)) * 1_000_000 + UInt64(time.microsecond)
  }

  private func yearOf(_ time: LineTime, latest: Int) -> Int {
    guard let lastWall else {
      return year == 0 ? Self.latestYear(of: time, latest: latest) : year
    }
    let wall = time.wallSeconds(inYear: year)
    if wall < lastWall - Self.yearSlack, time.wallSeconds(inYear: year + 1) <= latest { return fitting(time, year + 1) }
    if wall > lastWall + 365 * CivilTime.secondsPerDay - Self.yearSlack || wall > latest {
      return fitting(time, year - 1)
    }
    return fitting(time, year)
  }

  /// The 29th of February is of a leap year: the one at hand, or the last one.
  private func fitting(_ time: LineTime, _ year: Int) -> Int {
    guard time.month == 2, time.day == 29 else { return year }
    return year - (year % 4 + 4) % 4
  }

  /// The latest year in which the time does not lie past the limit.
  static func latestYear(of time: LineTime, latest: Int) -> Int {
    var year = Self.year(ofWall: latest)
    let isLeapDay = time.month == 2 && time.day == 29
    while year > 1970, time.wallSeconds(inYear: year) > latest || (isLeapDay && !CivilDate.isLeap(year)) { year -= 1 }
    return year
  }

  // MARK: Zone

  private mutating func second(ofWall wall: Int, latest: Int) -> Int {
    let quarter = wall / 900
    if quarter == knownQuarter { return wall - knownOffset }
    let readings = CivilTime.Readings(ofWall: wall, offset: zone.offset)
    guard readings.isNearChange else {
      (knownQuarter, knownOffset) = (quarter, wall - readings.first)
      return readings.first
    }
    // Near a change of the clock each line is looked at by itself.
    let isSecond = readings.first < last - Self.foldSlack && lastWall != nil && readings.second <= latest
    return isSecond ? readings.second : readings.first
  }

  private static func year(ofWall seconds: Int) -> Int { CivilDate(number: CivilTime.day(of: seconds)).year }
}

/// Counts the New Years in a log whose lines have no year, so that the last line's year gives the first one's.
struct YearCount {
  /// The year of the line at hand, counted from the first line's.
  private var current = 0
  private var lastWall: Int?
  private var lastTime: LineTime?
  /// Where the 29th of February stands, if it does.
  private var leapYear: Int?

  /// A leap year, so that every day exists; only differences count.
  private static let base = 2000

  mutating func take(_ time: LineTime) {
    let slack = 31 * CivilTime.secondsPerDay
    var wall = time.wallSeconds(inYear: Self.base)
    if let last = lastWall {
      if wall < last - slack { current += 1 }
      if wall > last + 365 * CivilTime.secondsPerDay - slack { current -= 1 }
    }
    wall = time.wallSeconds(inYear: Self.base)
    lastWall = wall
    lastTime = time
    if time.month == 2, time.day == 29 { leapYear = current }
  }

  /// The first line's year; nil without lines.
  ///
  /// - Parameter limit: when the log was last written to, seconds since 1970.
  func firstYear(limit: Int) -> Int? {
    guard let lastTime else { return nil }
    var first = LineClock.latestYear(of: lastTime, latest: limit + LineClock.futureSlack) - current
    while let leapYear, !CivilDate.isLeap(first + leapYear) { first -= 1 }
    return first
  }
}
