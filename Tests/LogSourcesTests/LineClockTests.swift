import Testing

@testable import LogSources

@Suite("The year and the zone that lines leave out")
struct LineClockTests {
  private func time(_ text: String) throws -> LineTime {
    try withLine(text) { bytes in
      var cursor = LineCursor(bytes)
      return try #require(cursor.byte < 58 ? LineTime.iso(&cursor) : LineTime.syslog(&cursor))
    }
  }

  /// Seconds since 1970 of a UTC time.
  private func seconds(_ text: String) throws -> Int {
    var clock = LineClock(zone: LocalZone { _ in 0 })
    return Int(try clock.resolve(time(text), limit: Int(Int32.max)) / 1_000_000)
  }

  /// What a log's lines mean, one after the other, when it was written to last at the limit.
  private func resolve(
    _ texts: [String], limit: String, zone: LocalZone = LocalZone { _ in 0 }, countsYears: Bool = true
  ) throws -> [Int] {
    let limit = try seconds(limit)
    var clock = LineClock(zone: zone)
    var years = YearCount()
    let times = try texts.map { try time($0) }
    for time in times { years.take(time) }
    if countsYears, let year = years.firstYear(limit: limit) { clock.begin(inYear: year) }
    return times.map { Int(clock.resolve($0, limit: limit) / 1_000_000) }
  }

  @Test("a log over New Year", arguments: [true, false])
  func newYear(countsYears: Bool) throws {
    let found = try resolve(
      ["Dec 31 23:59:58", "Jan  1 00:00:01", "Dec 31 23:59:59", "Jan  1 00:00:02", "Mar  3 18:07:03"],
      limit: "2026-03-03 18:07:03", countsYears: countsYears)
    let expected = [
      "2025-12-31 23:59:58", "2026-01-01 00:00:01", "2025-12-31 23:59:59", "2026-01-01 00:00:02", "2026-03-03 18:07:03",
    ]
    #expect(found == (try expected.map(seconds)))
  }

  @Test("a log of several years counts back from its last line")
  func severalYears() throws {
    let found = try resolve(
      [
        "Nov  1 00:00:00", "Feb  1 00:00:00", "Nov  1 00:00:00", "Jan 15 00:00:00", "Sep  9 00:00:00",
        "Jan  2 00:00:00",
      ],
      limit: "2026-01-02 00:00:05")
    let expected = [
      "2023-11-01 00:00:00", "2024-02-01 00:00:00", "2024-11-01 00:00:00", "2025-01-15 00:00:00", "2025-09-09 00:00:00",
      "2026-01-02 00:00:00",
    ]
    #expect(found == (try expected.map(seconds)))
  }

  @Test("no line is put into the future")
  func future() throws {
    #expect(try resolve(["Mar  5 00:00:00"], limit: "2026-03-03 00:00:00") == [try seconds("2025-03-05 00:00:00")])
    // A clock that was set back by two days is no New Year.
    #expect(
      try resolve(["Mar  3 00:00:00", "Mar  1 00:00:00", "Mar  3 00:00:01"], limit: "2026-03-03 01:00:00")
        == [try seconds("2026-03-03 00:00:00"), try seconds("2026-03-01 00:00:00"), try seconds("2026-03-03 00:00:01")])
  }

  @Test("the leap day is of a leap year", arguments: [true, false])
  func leapDay(countsYears: Bool) throws {
    let found = try resolve(
      ["Feb 29 12:00:00", "Mar  1 00:00:00"], limit: "2026-03-03 00:00:00", countsYears: countsYears)
    #expect(found == [try seconds("2024-02-29 12:00:00"), try seconds("2024-03-01 00:00:00")])
  }

  /// Central European Time around 25 October 2026, when the clock goes back at 01:00 UTC.
  private static let autumn = LocalZone { $0 < 1_792_890_000 ? 7200 : 3600 }
  /// And around 29 March 2026, when it goes forward at 01:00 UTC.
  private static let spring = LocalZone { $0 < 1_774_746_000 ? 3600 : 7200 }

  @Test("the hour that comes twice")
  func fold() throws {
    let found = try resolve(
      [
        "Oct 25 01:59:59", "Oct 25 02:00:01", "Oct 25 02:59:59", "Oct 25 02:59:58", "Oct 25 02:00:02",
        "Oct 25 03:00:00",
      ],
      limit: "2026-10-26 00:00:00", zone: Self.autumn)
    let expected = [
      "2026-10-24 23:59:59", "2026-10-25 00:00:01", "2026-10-25 00:59:59", "2026-10-25 00:59:58", "2026-10-25 01:00:02",
      "2026-10-25 02:00:00",
    ]
    #expect(found == (try expected.map(seconds)))
  }

  @Test("the hour that does not exist")
  func gap() throws {
    let found = try resolve(
      ["Mar 29 01:59:59", "Mar 29 02:30:00", "Mar 29 03:00:00"], limit: "2026-03-30 00:00:00", zone: Self.spring)
    let expected = ["2026-03-29 00:59:59", "2026-03-29 01:30:00", "2026-03-29 01:00:00"]
    #expect(found == (try expected.map(seconds)))
  }

  @Test("a reader that goes on after a stop knows the year")
  func goesOn() throws {
    let last = UInt64(try seconds("2025-12-31 23:00:00")) * 1_000_000
    var clock = LineClock(zone: LocalZone { _ in 0 }, last: last)
    let limit = try seconds("2026-06-01 00:00:00")
    #expect(
      Int(clock.resolve(try time("Jan  1 00:10:00"), limit: limit) / 1_000_000) == (try seconds("2026-01-01 00:10:00")))
    #expect(
      Int(clock.resolve(try time("May 30 00:10:00"), limit: limit) / 1_000_000) == (try seconds("2026-05-30 00:10:00")))
  }

  @Test("written zones count")
  func zones() throws {
    let expected = try seconds("2026-03-03 18:07:03")
    for text in ["2026-03-03T19:07:03+01:00", "2026-03-03 13:07:03 -0500", "2026-03-03T18:07:03Z"] {
      #expect(try seconds(text) == expected)
    }
  }
}
