import Platform

/// A calendar day: what a day file is named after.
package struct Day: Sendable, Hashable, Comparable {
  /// Days since 1970-01-01 in the proleptic Gregorian calendar.
  package let number: Int

  package init(number: Int) { self.number = number }

  package init(year: Int, month: Int, day: Int) {
    number = CivilDate.number(year: year, month: month, day: day)
  }

  package var civil: CivilDate { CivilDate(number: number) }

  package static func < (left: Day, right: Day) -> Bool { left.number < right.number }

  /// `YYMMDD`; years are those of the century from 2000 on.
  package var digits: String {
    let civil = civil
    func pair(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(pair(((civil.year % 100) + 100) % 100))\(pair(civil.month))\(pair(civil.day))"
  }

  /// The day of six such digits; nil for every other text, also for a day that no calendar has.
  package init?(digits: some Collection<UInt8>) {
    let bytes = Array(digits)
    guard bytes.count == 6, bytes.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    func pair(_ index: Int) -> Int { Int(bytes[index] - 48) * 10 + Int(bytes[index + 1] - 48) }
    let day = Day(year: 2000 + pair(0), month: pair(2), day: pair(4))
    guard day.digits.utf8.elementsEqual(bytes) else { return nil }
    self = day
  }

  /// `AUDIT-YYMMDD.log`.
  package var fileName: String { "AUDIT-\(digits).log" }

  /// The day of a file's name; nil for every other name.
  package init?(fileName: String) { self.init(fileName: fileName, prefix: "AUDIT-") }

  package init?(fileName: String, prefix: String) {
    let bytes = fileName.utf8
    guard fileName.hasPrefix(prefix), fileName.hasSuffix(".log"), bytes.count == prefix.utf8.count + 10
    else { return nil }
    self.init(digits: bytes.dropFirst(prefix.utf8.count).dropLast(4))
  }
}
