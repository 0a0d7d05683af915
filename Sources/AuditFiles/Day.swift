/// A calendar day: what a day file is named after.
package struct Day: Sendable, Hashable, Comparable {
  /// Days since 1970-01-01 in the proleptic Gregorian calendar.
  package let number: Int

  package init(number: Int) { self.number = number }

  package init(year: Int, month: Int, day: Int) {
    // Howard Hinnant's days_from_civil: years begin in March, so that the leap day is the last of its year.
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Year, month (from 1) and day of the month (from 1).
  package var civil: (year: Int, month: Int, day: Int) {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

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
    func pair(_ place: Int) -> Int { Int(bytes[place] - 48) * 10 + Int(bytes[place + 1] - 48) }
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
