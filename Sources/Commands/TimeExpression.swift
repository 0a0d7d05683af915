import Glibc
import Platform

/// A point in time as `--since` and `--until` take it: the syntax of systemd.time(7), as journalctl reads it.
///
/// `2026-11-21 02:33:00.5`, `2026-11-21`, `02:33`, `now`, `today`, `yesterday`, `tomorrow`, `-5d`, `+1h 30min`,
/// `2 hours ago`, `@1790000000`, RFC 3339 (`2026-11-21T02:33:00Z`), each absolute one with `UTC` or an offset behind
/// it, or a day of the week in front.
package struct TimeExpression {
  /// Microseconds since 1970, UTC, of the text.
  ///
  /// - Parameters:
  ///   - now: what relative times count from, in microseconds since 1970.
  ///   - offset: how many seconds local time is ahead of UTC at a time in seconds since 1970; a local time that
  ///     clocks skip means the one as much later, one that they show twice the first.
  /// - Throws: `TimeExpressionError`, which says what is accepted.
  package static func microseconds(
    of text: String, now: UInt64 = SystemClock.realtime(), offset: (_ seconds: Int64) -> Int64 = SystemClock.localOffset
  ) throws(TimeExpressionError) -> UInt64 {
    var trimmed = text[...]
    while trimmed.first?.isWhitespace == true { trimmed.removeFirst() }
    while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
    guard let now = Int64(exactly: now), let value = read(trimmed, now: now, offset: offset) else {
      throw TimeExpressionError(text: text)
    }
    // As systemd does: what lies before 1970 is the beginning of time.
    return UInt64(max(0, value))
  }

  private static let second: Int64 = 1_000_000

  private static func read(_ text: Substring, now: Int64, offset: (Int64) -> Int64) -> Int64? {
    if text.first == "@" { return TimeSpan.seconds(text.dropFirst()) }
    if text.first == "+" { return TimeSpan.microseconds(text.dropFirst()).flatMap { add(now, $0) } }
    if text.first == "-" { return TimeSpan.microseconds(text.dropFirst()).flatMap { add(now, -$0) } }
    if let span = text.withoutSuffix(" ago") { return TimeSpan.microseconds(span).flatMap { add(now, -$0) } }
    if let span = text.withoutSuffix(" left") { return TimeSpan.microseconds(span).flatMap { add(now, $0) } }
    guard let (local, zone) = splitZone(text) else { return nil }
    if let zone { return absolute(local, now: now) { _ in zone } }
    return absolute(local, now: now, offset: offset)
  }

  private static func add(_ left: Int64, _ right: Int64) -> Int64? {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : sum
  }

  /// The text without its zone, and the zone's offset in seconds where one is named.
  private static func splitZone(_ text: Substring) -> (Substring, Int64?)? {
    if let local = text.withoutSuffix(" UTC") { return (local, 0) }
    // `Z` and an offset end a time of day, so that a colon stands in front of them (`12:00Z`, not `2026-11-21-05`).
    guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
    if text.last == "Z" || text.last == "z" { return (text.dropLast(), 0) }
    guard let sign = text[colon...].lastIndex(where: { $0 == "+" || $0 == "-" }) else { return (text, nil) }
    guard let offset = zoneOffset(text[text.index(after: sign)...]) else { return nil }
    var local = text[..<sign]
    while local.last == " " { local.removeLast() }
    return (local, text[sign] == "-" ? -offset : offset)
  }

  /// `hh:mm`, `hhmm` or `hh`, in seconds.
  private static func zoneOffset(_ text: Substring) -> Int64? {
    let digits = text.filter { $0 != ":" }
    let isWellFormed = text.count == digits.count || (text.count == 5 && text.dropFirst(2).first == ":")
    guard isWellFormed, [2, 4].contains(digits.count), let hours = DecimalText.number(digits.prefix(2)),
      let minutes = digits.count == 2 ? 0 : DecimalText.number(digits.dropFirst(2)), hours <= 24, minutes < 60
    else { return nil }
    return hours * 3_600 + minutes * 60
  }

  /// A day, a time of day, or both, in a zone.
  private static func absolute(_ text: Substring, now: Int64, offset: (Int64) -> Int64) -> Int64? {
    let nowSeconds = floorDivide(now, second)
    let today = floorDivide(nowSeconds + offset(nowSeconds), 86_400)
    func midnight(_ day: Int64) -> Int64 { universal(day * 86_400, offset: offset) * second }
    switch text {
    case "now": return now
    case "today": return midnight(today)
    case "yesterday": return midnight(today - 1)
    case "tomorrow": return midnight(today + 1)
    default: break
    }
    guard let (date, time) = dateAndTime(text, today: today) else { return nil }
    let seconds = date * 86_400 + time / second
    return universal(seconds, offset: offset) * second + time % second
  }

  /// The number of the day and the microseconds since its midnight: a day alone is its midnight, a time alone today's.
  private static func dateAndTime(_ text: Substring, today: Int64) -> (date: Int64, time: Int64)? {
    var words = separatingTime(text).split(separator: " ")
    let weekday = words.first.flatMap(Weekday.number)
    if weekday != nil { words.removeFirst() }
    var date = today
    if let word = words.first, word.contains("-") {
      guard let day = CivilDay.number(word) else { return nil }
      date = day
      words.removeFirst()
      if words.isEmpty { words = ["00:00"] }
    }
    guard words.count == 1, let time = timeOfDay(words[0]), weekday == nil || weekday == Weekday.ofDay(date) else {
      return nil
    }
    return (date, time)
  }

  /// RFC 3339 puts a `T` between date and time; the names of days have letters beside theirs.
  private static func separatingTime(_ text: Substring) -> String {
    let characters = Array(text)
    guard let index = characters.firstIndex(where: { $0 == "T" || $0 == "t" }), index > 0,
      index + 1 < characters.count, characters[index - 1].isNumber, characters[index + 1].isNumber
    else { return String(text) }
    return String(characters[..<index]) + " " + String(characters[(index + 1)...])
  }

  /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`, in microseconds.
  private static func timeOfDay(_ text: Substring) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hours = DecimalText.number(parts[0]), parts[0].count <= 2, hours < 24,
      let minutes = DecimalText.number(parts[1]), parts[1].count == 2, minutes < 60
    else { return nil }
    let whole = (hours * 3_600 + minutes * 60) * second
    guard parts.count == 3 else { return whole }
    let digits = parts[2].prefix { $0 != "." }
    // 60 is a leap second, which POSIX time counts as the second behind it.
    guard digits.count == 2, let seconds = TimeSpan.seconds(parts[2]), seconds < 61 * second else { return nil }
    return whole + seconds
  }

  /// The UTC seconds of local ones.
  private static func universal(_ local: Int64, offset: (Int64) -> Int64) -> Int64 {
    // The offset of the day before and of the day after: any change that could matter lies between them.
    let before = offset(local - 86_400)
    let after = offset(local + 86_400)
    let fitting = [local - before, local - after].filter { offset($0) == local - $0 }
    return fitting.min() ?? local - before
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
  }
}

/// A text that is no time, with what would be one.
package struct TimeExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
  package var text: String

  package var description: String {
    "\"\(text)\" is not a time; accepted are \"2026-11-21 02:33:00\" (date or time alone too, UTC or an offset behind "
      + "it), now, today, yesterday, tomorrow, -5d, \"2 hours ago\", @1790000000 (systemd.time(7))"
  }
}

/// Lengths of time in the syntax of systemd.time(7): `5d`, `1h 30min`, `2 hours`, `1.5s`; a bare number is seconds.
package enum TimeSpan {
  /// Microseconds; nil when the text is no length of time or too long to be counted.
  package static func microseconds(_ text: Substring) -> Int64? {
    var rest = text
    var total: Int64 = 0
    var terms = 0
    while true {
      while rest.first == " " { rest.removeFirst() }
      if rest.isEmpty { return terms == 0 ? nil : total }
      let number = rest.prefix { $0.isASCII && $0.isWholeNumber || $0 == "." }
      rest = rest.dropFirst(number.count).drop { $0 == " " }
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let factor = units[unit], let value = DecimalText.scaled(number, by: factor) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(value)
      guard !overflow else { return nil }
      total = sum
      terms += 1
    }
  }

  /// Microseconds of a number of seconds, perhaps with a fraction and no unit.
  static func seconds(_ text: Substring) -> Int64? { DecimalText.scaled(text, by: 1_000_000) }

  /// A month is 30.44 days and a year 365.25, as systemd has them.
  private static let units: [Substring: Int64] = {
    let second: Int64 = 1_000_000
    let names: [(String, Int64)] = [
      ("us usec µs μs", 1), ("ms msec", 1_000), ("s sec second seconds", second),
      ("m min minute minutes", 60 * second), ("h hr hour hours", 3_600 * second), ("d day days", 86_400 * second),
      ("w week weeks", 604_800 * second), ("M month months", 2_629_800 * second),
      ("y year years", 31_557_600 * second),
    ]
    var units: [Substring: Int64] = ["": second]
    for (words, factor) in names { for word in words.split(separator: " ") { units[word] = factor } }
    return units
  }()
}

/// Numbers as digits in a text.
private enum DecimalText {
  /// A whole number of digits only.
  static func number(_ text: some StringProtocol) -> Int64? {
    text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? Int64(text) : nil
  }

  /// A number, perhaps with a fraction, times a factor; exact as far as whole microseconds go.
  static func scaled(_ text: Substring, by factor: Int64) -> Int64? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let whole = number(first) else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    guard parts.count == 2 else { return product }
    guard number(parts[1].prefix(18)) != nil, parts[1].count <= 18 else { return nil }
    var fraction: Int64 = 0
    var place = factor
    for digit in parts[1].utf8 {
      // Digits below a microsecond of the smallest unit are cut, not rounded, as systemd cuts them.
      fraction += place * Int64(digit - 48) / 10
      place /= 10
    }
    let (sum, carried) = product.addingReportingOverflow(fraction)
    return carried ? nil : sum
  }
}

/// Days counted from 1970-01-01 in the Gregorian calendar.
private enum CivilDay {
  /// The number of a day written `2026-11-21` or `26-11-21`; nil when there is no such day.
  static func number(_ text: Substring) -> Int64? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, [2, 4].contains(parts[0].count), (1...2).contains(parts[1].count),
      (1...2).contains(parts[2].count), var year = DecimalText.number(parts[0]),
      let month = DecimalText.number(parts[1]), let day = DecimalText.number(parts[2])
    else { return nil }
    if parts[0].count == 2 { year += year < 69 ? 2_000 : 1_900 }  // POSIX's century for %y (strptime(3))
    guard (1...12).contains(month), day >= 1, day <= length(of: month, year) else { return nil }
    return number(year: year, month: month, day: day)
  }

  private static func length(of month: Int64, _ year: Int64) -> Int64 {
    let isLeap = year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Counts years from March, so that the leap day is a year's last.
  private static func number(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
  }
}

private enum Weekday {
  private static let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

  /// 0 for Monday; nil when the word is no day of the week, whole or by three letters.
  static func number(_ word: Substring) -> Int? {
    let word = (word.last == "," ? word.dropLast() : word).lowercased()
    return names.firstIndex { $0 == word || $0.prefix(3) == word }
  }

  /// 1970-01-01 was a Thursday.
  static func ofDay(_ day: Int64) -> Int { Int(((day + 3) % 7 + 7) % 7) }
}

extension Substring {
  fileprivate func withoutSuffix(_ suffix: String) -> Substring? { hasSuffix(suffix) ? dropLast(suffix.count) : nil }
}
