import Platform
import Testing

@testable import Commands

@Suite struct TimeExpressionTests {
  /// 2026-11-21 04:34:56.5 UTC, a Saturday.
  static let now: UInt64 = 1_795_235_696_500_000

  private func seconds(_ text: String, offset: @escaping (Int) -> Int = { _ in 3_600 }) throws -> Double {
    let value = try TimeExpression.microseconds(of: text, now: Self.now, offset: offset)
    return Double(value) / 1_000_000
  }

  /// In a zone one hour ahead of UTC.
  @Test(
    arguments: [
      ("2026-11-21 02:33:00", 1_795_224_780), ("2026-11-21 02:33:00.25", 1_795_224_780.25),
      ("2026-11-21 02:33", 1_795_224_780), ("26-11-21 2:33", 1_795_224_780), ("2026-11-21", 1_795_215_600),
      ("Sat 2026-11-21 02:33:00", 1_795_224_780), ("saturday 2026-11-21", 1_795_215_600),
      ("02:33", 1_795_224_780), ("02:33:07", 1_795_224_787), ("2026-11-21 02:33:00 UTC", 1_795_228_380),
      ("2026-11-21T02:33:00Z", 1_795_228_380), ("2026-11-21t02:33:00.5z", 1_795_228_380.5),
      ("2026-11-21T02:33:00+02:00", 1_795_221_180), ("2026-11-21T02:33:00-0530", 1_795_248_180),
      ("2026-11-21 02:33:00 +02", 1_795_221_180), ("2026-11-21 UTC", 1_795_219_200), ("02:33Z", 1_795_228_380),
      ("now", 1_795_235_696.5), ("today", 1_795_215_600), ("yesterday", 1_795_129_200), ("tomorrow", 1_795_302_000),
      ("today UTC", 1_795_219_200), ("-5d", 1_794_803_696.5), ("+1h", 1_795_239_296.5),
      ("2 hours ago", 1_795_228_496.5), ("1h 30min ago", 1_795_230_296.5), ("1day left", 1_795_322_096.5),
      (" -1h30min ", 1_795_230_296.5), ("@1790000000", 1_790_000_000), ("@1790000000.25", 1_790_000_000.25),
      ("-0", 1_795_235_696.5), ("-90", 1_795_235_606.5), ("-1.5s", 1_795_235_695), ("-500ms", 1_795_235_696),
      ("-100y", 0), ("1970-01-01", 0), ("2024-02-29 UTC", 1_709_164_800), ("2000-03-01 UTC", 951_868_800),
    ])
  func accepts(text: String, expected: Double) throws { #expect(try seconds(text) == expected) }

  @Test(
    arguments: [
      "", " ", "5d", "then", "2026-13-01", "2026-02-29", "2026-11-31", "2026-11-00", "24:00", "02:60", "02:33:62",
      "2:3", "Mon 2026-11-21", "2026-11-21 02:33 CET", "2026-11-21 Europe/Berlin", "-5parsecs", "-", "+", "@", "@x",
      "-1..5s", "-99999999999999999999d", "2026-11-21T", "T02:33", "ago", " ago", "2026-11-21 02:33:00.", "d ago",
      "2026-11-21 02:33 today", "2026-11-21T02:33:00+2:00", "2026-11-21 02:33:00.x", "--5d", "-5d-", "２026-11-21",
    ])
  func refuses(text: String) {
    #expect(throws: TimeExpressionError(text: text)) { try seconds(text) }
  }

  @Test func theErrorSaysWhatIsAccepted() {
    let message = TimeExpressionError(text: "then").description
    #expect(message.hasPrefix("\"then\" is not a time; accepted are \"2026-11-21 02:33:00\""))
  }

  /// Berlin's clocks went back from 3:00 to 2:00 on 2026-10-25 at 01:00 UTC, and ahead on 2026-03-29 at 01:00 UTC.
  @Test func clocksThatChange() throws {
    func berlin(_ seconds: Int) -> Int {
      seconds >= 1_774_746_000 && seconds < 1_792_890_000 ? 7_200 : 3_600
    }
    #expect(try seconds("2026-10-25 02:30", offset: berlin) == 1_792_888_200)  // shown twice: the first
    #expect(try seconds("2026-10-25 03:00", offset: berlin) == 1_792_893_600)
    #expect(try seconds("2026-10-25", offset: berlin) == 1_792_879_200)
    #expect(try seconds("2026-03-29 02:30", offset: berlin) == 1_774_747_800)  // skipped: as much later, 03:30
    #expect(try seconds("2026-03-29 03:00", offset: berlin) == 1_774_746_000)
  }

  @Test func theMachinesZoneAgreesWithTheCLibrary() throws {
    let now = SystemClock.realtime()
    let midnight = try TimeExpression.microseconds(of: "today", now: now)
    let next = try TimeExpression.microseconds(of: "tomorrow", now: now)
    #expect(midnight <= now && now < next)
    #expect((Int(midnight / 1_000_000) + SystemClock.localOffset(at: Int(midnight / 1_000_000))) % 86_400 == 0)
  }
}
