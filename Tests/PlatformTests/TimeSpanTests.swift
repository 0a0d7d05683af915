import Platform
import Testing

@Suite struct TimeSpanTests {
  @Test func everySpelledUnit() {
    let units = [
      "us usec µs μs", "ms msec", "s sec second seconds", "m min minute minutes", "h hr hour hours", "d day days",
      "w week weeks", "M month months", "y year years",
    ]
    let lengths: [UInt64] = [
      1, 1_000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000, 604_800_000_000, 2_629_800_000_000,
      31_557_600_000_000,
    ]
    for (names, length) in zip(units, lengths) {
      for name in names.split(separator: " ") {
        #expect(TimeSpan.microseconds("3 \(name)") == 3 * length)
        #expect(TimeSpan.microseconds("3\(name)1us") == 3 * length + 1)
      }
    }
  }

  @Test(
    arguments: [
      ("90", 90_000_000), ("1.5s", 1_500_000), ("1h 30min", 5_400_000_000), ("0", 0), ("0.0000019s", 1),
      (" 1d 2h", 93_600_000_000),
    ] as [(String, UInt64)])
  func accepts(text: String, expected: UInt64) { #expect(TimeSpan.microseconds(text) == expected) }

  @Test(arguments: [
    "", " ", "d", "-5d", "5dd", "5x", "1..5s", "1.5.5s", "99999999999999999999d", "213503982335d", "５d",
  ])
  func refuses(text: String) { #expect(TimeSpan.microseconds(text) == nil) }

  @Test func aBareNumberHasTheUnitThatIsAskedFor() {
    #expect(TimeSpan.microseconds("7200", bareUnit: TimeSpan.minute) == 5 * TimeSpan.day)
    #expect(TimeSpan.microseconds("1h 30", bareUnit: TimeSpan.minute) == 90 * TimeSpan.minute)
  }

  @Test(
    arguments: [
      (0, "0s"), (1, "1us"), (1_000, "1ms"), (1_500_000, "1500ms"), (90_000_000, "90s"), (600_000_000, "10min"),
      (432_000_000_000, "5d"), (1_209_600_000_000, "2w"), (UInt64.max, "18446744073709551615us"),
    ] as [(UInt64, String)])
  func writesTheLargestUnit(length: UInt64, expected: String) {
    #expect(TimeSpan.text(length) == expected)
    if length < UInt64(Int.max) { #expect(TimeSpan.microseconds(expected) == length) }
  }
}
