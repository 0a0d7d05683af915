import Glibc
import Platform
import Testing

@Suite struct CivilTimeTests {
  /// The C library as the judge, at steps that meet every day of four centuries and every hour.
  @Test func agreesWithTheCLibrary() {
    for second in stride(from: -6_000_000_000, to: 13_000_000_000, by: 79_999) {
      var time = time_t(second)
      var parts = tm()
      gmtime_r(&time, &parts)
      let civil = CivilTime(seconds: second)
      #expect(civil.date.year == Int(parts.tm_year) + 1900 && civil.date.month == Int(parts.tm_mon) + 1)
      #expect(civil.date.day == Int(parts.tm_mday) && civil.hour == Int(parts.tm_hour))
      #expect(civil.minute == Int(parts.tm_min) && civil.second == Int(parts.tm_sec))
      #expect(civil.date.number == CivilTime.day(of: second))
      #expect(CivilDate.weekday(ofDay: civil.date.number) == Int(parts.tm_wday))
    }
  }

  @Test(arguments: [(2024, 2, 29), (2000, 2, 29), (1970, 1, 1), (9999, 12, 31), (1, 1, 1)])
  func daysThatThereAre(year: Int, month: Int, day: Int) throws {
    let date = try #require(CivilDate(year: year, month: month, day: day))
    #expect(CivilDate(number: date.number) == date)
  }

  @Test(arguments: [(2026, 2, 29), (1900, 2, 29), (2026, 11, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0)])
  func daysThatThereAreNot(year: Int, month: Int, day: Int) {
    #expect(CivilDate(year: year, month: month, day: day) == nil)
  }

  /// Berlin's clocks went back from 3:00 to 2:00 on 2026-10-25 at 01:00 UTC, and ahead on 2026-03-29 at 01:00 UTC.
  @Test func timesThatTheClockShowsTwiceOrSkips() {
    func berlin(_ second: Int) -> Int { second >= 1_774_746_000 && second < 1_792_890_000 ? 7_200 : 3_600 }
    func readings(_ wall: Int) -> [Int] {
      let readings = CivilTime.Readings(ofWall: wall, offset: berlin)
      return [readings.first - wall, readings.second - wall, readings.isNearChange ? 1 : 0]
    }
    #expect(readings(1_792_895_400) == [-7_200, -3_600, 1])  // 2026-10-25 02:30
    #expect(readings(1_792_897_200) == [-3_600, -3_600, 1])  // 03:00
    #expect(readings(1_774_751_400) == [-3_600, -3_600, 1])  // 2026-03-29 02:30, skipped
    #expect(readings(1_780_000_000) == [-7_200, -7_200, 0])
  }
}
