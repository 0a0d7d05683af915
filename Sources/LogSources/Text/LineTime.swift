import Platform

/// The time that a log line bears, as written: some lines have no year, many no zone.
public struct LineTime: Sendable, Hashable {
  /// 0 when the line does not say it.
  public var year: Int
  /// 1 to 12.
  public var month: Int
  public var day: Int
  public var hour: Int
  public var minute: Int
  /// 60 in a leap second.
  public var second: Int
  public var microsecond = 0
  /// Seconds east of UTC; nil when the line does not say it.
  public var offset: Int?

  init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    (self.year, self.month, self.day) = (year, month, day)
    (self.hour, self.minute, self.second) = (hour, minute, second)
  }

  /// Seconds since 1970 of the written time as if it were UTC's, in the year given.
  func wallSeconds(inYear year: Int) -> Int {
    CivilDate.number(year: year, month: month, day: day) * CivilTime.secondsPerDay + hour * 3600 + minute * 60 + second
  }

  /// Whether the parts can be a time at all; the 29th of February counts where the year is not known.
  private var isPossible: Bool {
    (1...12).contains(month) && day >= 1 && day <= CivilDate.length(ofMonth: month, year: year == 0 ? 2000 : year)
      && hour < 24 && minute < 60 && second <= 60
  }

  // MARK: Forms

  /// A moment in microseconds since 1970.
  init(microseconds: UInt64) {
    let civil = CivilTime(seconds: Int(microseconds / 1_000_000))
    self.init(
      year: civil.date.year, month: civil.date.month, day: civil.date.day, hour: civil.hour, minute: civil.minute,
      second: civil.second)
    microsecond = Int(microseconds % 1_000_000)
    offset = 0
  }

  /// `1772561223.123456`, as `journalctl -o short-unix` writes.
  static func unix(_ cursor: inout LineCursor) -> LineTime? {
    guard let seconds = cursor.number(limit: 11), cursor.skip("."), let fraction = cursor.digits(6) else { return nil }
    return LineTime(microseconds: UInt64(seconds) * 1_000_000 + UInt64(fraction))
  }

  /// `Mar  3 18:07:03`, also `Mar 03`, `Mar 3` and with a fraction of a second.
  static func syslog(_ cursor: inout LineCursor) -> LineTime? {
    guard let month = month(&cursor), cursor.skip(" ") else { return nil }
    _ = cursor.skip(" ")
    guard let day = cursor.number(limit: 2), cursor.skip(" "),
      var time = clock(&cursor, year: 0, month: month, day: day)
    else { return nil }
    time.readFraction(&cursor)
    return time.isPossible ? time : nil
  }

  /// `2026-03-03T18:07:03.123456+01:00`: RFC 3339, with a space for the T, a comma for the point, and the zone, if any,
  /// also behind a space and without its colon.
  static func iso(_ cursor: inout LineCursor) -> LineTime? {
    guard let year = cursor.digits(4), cursor.skip("-"), let month = cursor.digits(2), cursor.skip("-"),
      let day = cursor.digits(2), cursor.skip("T") || cursor.skip(" "),
      var time = clock(&cursor, year: year, month: month, day: day)
    else { return nil }
    time.readFraction(&cursor)
    time.readZone(&cursor)
    return time.isPossible && year >= 1970 ? time : nil
  }

  /// `03/03/2026:18:07:03 -0000` as cPanel writes it, the month first; also Apache's `03/Mar/2026:…`.
  static func slashed(_ cursor: inout LineCursor) -> LineTime? {
    guard let first = cursor.digits(2), cursor.skip("/") else { return nil }
    let named = month(&cursor)
    guard let second = named ?? cursor.digits(2), cursor.skip("/"), let year = cursor.digits(4), cursor.skip(":"),
      var time = clock(
        &cursor, year: year, month: named == nil ? first : second, day: named == nil ? second : first)
    else { return nil }
    time.readZone(&cursor)
    return time.isPossible && year >= 1970 ? time : nil
  }

  /// `02-Nov-2026 10:00:00 +0000` as PHP's date() of Roundcube's log_date_format writes it.
  static func named(_ cursor: inout LineCursor) -> LineTime? {
    guard let day = cursor.digits(2), cursor.skip("-"), let month = month(&cursor), cursor.skip("-"),
      let year = cursor.digits(4), cursor.skip(" "),
      var time = clock(&cursor, year: year, month: month, day: day)
    else { return nil }
    time.readFraction(&cursor)
    time.readZone(&cursor)
    return time.isPossible && year >= 1970 ? time : nil
  }

  /// `18:07:03`.
  private static func clock(_ cursor: inout LineCursor, year: Int, month: Int, day: Int) -> LineTime? {
    guard let hour = cursor.digits(2), cursor.skip(":"), let minute = cursor.digits(2), cursor.skip(":"),
      let second = cursor.digits(2)
    else { return nil }
    return LineTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
  }

  private mutating func readFraction(_ cursor: inout LineCursor) {
    guard cursor.byte == UInt8(ascii: ".") || cursor.byte == UInt8(ascii: ","), cursor.byte(ahead: 1) &- 48 < 10
    else { return }
    cursor.index += 1
    var scale = 100_000
    while cursor.byte &- 48 < 10 {
      microsecond += Int(cursor.byte - 48) * scale
      scale /= 10
      cursor.index += 1
    }
  }

  private mutating func readZone(_ cursor: inout LineCursor) {
    if cursor.skip("Z") {
      offset = 0
      return
    }
    var ahead = cursor
    _ = ahead.skip(" ")
    let sign = ahead.byte
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return }
    ahead.index += 1
    guard let hours = ahead.digits(2) else { return }
    _ = ahead.skip(":")
    guard let minutes = ahead.digits(2), hours < 24, minutes < 60, ahead.byte &- 48 >= 10 else { return }
    offset = (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    cursor = ahead
  }
}

extension LineTime {
  /// Reads an English month of three letters.
  private static func month(_ cursor: inout LineCursor) -> Int? {
    let letters = UInt32(cursor.byte) << 16 | UInt32(cursor.byte(ahead: 1)) << 8 | UInt32(cursor.byte(ahead: 2))
    let month: Int
    switch letters {
    case 0x4a616e: month = 1  // Jan
    case 0x466562: month = 2  // Feb
    case 0x4d6172: month = 3  // Mar
    case 0x417072: month = 4  // Apr
    case 0x4d6179: month = 5  // May
    case 0x4a756e: month = 6  // Jun
    case 0x4a756c: month = 7  // Jul
    case 0x417567: month = 8  // Aug
    case 0x536570: month = 9  // Sep
    case 0x4f6374: month = 10  // Oct
    case 0x4e6f76: month = 11  // Nov
    case 0x446563: month = 12  // Dec
    default: return nil
    }
    cursor.index += 3
    return month
  }
}
