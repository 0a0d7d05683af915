import Glibc
import Platform
import Testing

@testable import AuditFiles

@Suite struct DayCalendarTests {
  @Test func daysHaveNames() {
    for number in [10_957, 19_782, 20_513, 36_524] {
      let day = Day(number: number)
      #expect(Day(fileName: day.fileName) == day)
    }
    #expect(Day(year: 2024, month: 2, day: 29).fileName == "AUDIT-240229.log")
    for name in ["AUDIT-250229.log", "AUDIT-251301.log", "audit-250101.log", "AUDIT-2501011log", "AUDIT-250101.log2"] {
      #expect(Day(fileName: name) == nil)
    }
  }

  /// The C library as the judge, hour by hour around every change; the only test that touches its global zone.
  @Test func agreesWithTheCLibrary() throws {
    let zones = [
      "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana",
      "Africa/Casablanca", "America/Santiago", "Europe/Dublin", "UTC",
    ]
    let before = getenv("TZ").map { String(cString: $0) }
    defer {
      if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
      tzset()
    }
    for zone in zones where access("/usr/share/zoneinfo/" + zone, R_OK) == 0 {
      var calendar = try DayCalendar(timeZone: zone)
      setenv("TZ", zone, 1)
      tzset()
      // 1990 to 2050, at steps that meet every hour of the day.
      for step in 0..<40_000 {
        var second = 631_152_000 + step * 47_333
        let day = calendar.day(of: UInt64(second) * 1_000_000)
        var local = tm()
        localtime_r(&second, &local)
        let expected = Day(year: Int(local.tm_year) + 1900, month: Int(local.tm_mon) + 1, day: Int(local.tm_mday))
        guard day == expected, calendar.end(of: day) > UInt64(second) * 1_000_000 else {
          Issue.record("\(zone) at \(second): \(day.fileName), not \(expected.fileName)")
          break
        }
      }
    }
  }

  @Test(arguments: [
    ("CET-1CEST,M3.5.0,M10.5.0/3", 1_774_746_000, 7200), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_774_745_999, 3600),
    ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", 1_774_724_400, -10_800), ("EST5EDT,J60,J300", 1_700_000_000, -18_000),
    ("XXX3", 0, -10_800),
  ])
  func posixRules(rule: String, second: Int, offset: Int) throws {
    #expect(try #require(TimeZoneRules(posix: rule)).span(at: second).offset == offset)
  }

  @Test(arguments: ["", "C1", "CET", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x"])
  func refusesBadRules(rule: String) { #expect(TimeZoneRules(posix: rule) == nil) }

  @Test func refusesDamagedZoneFiles() throws {
    let bytes = try FileDescriptor.contents(of: "/usr/share/zoneinfo/Europe/Berlin", limit: 1 << 20)
    #expect(TimeZoneRules(file: bytes) != nil)
    for length in 0..<(bytes.count - 1) { #expect(TimeZoneRules(file: Array(bytes.prefix(length))) == nil) }
  }

  @Test(arguments: ["Europe/Nowhere", "../../etc/passwd", "", "/etc/passwd", "zone.tab"])
  func refusesWhatIsNoZone(name: String) {
    let error = #expect(throws: FileError.self) { try DayCalendar(timeZone: name) }
    #expect(error?.description.contains("audit.time-zone") == true)
  }
}
