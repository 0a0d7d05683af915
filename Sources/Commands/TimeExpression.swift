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
    of text: String, now: UInt64 = SystemClock.realtime(), offset: (_ seconds: Int) -> Int = SystemClock.localOffset
  ) throws(TimeExpressionError) -> UInt64 {
    var trimmed = text[...]
    while trimmed.first?.isWhitespace == true { trimmed.removeFirst() }
    while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
    guard let now = Int(exactly: now), let value = read(trimmed, now: now, offset: offset) else {
      throw TimeExpressionError(text: text)
    }
    // As systemd does: what lies before 1970 is the beginning of time.
    return UInt64(max(0, value))
  }

  private static let second = Int(TimeSpan.second)

  private static func read(_ text: Substring, now: Int, offset: (Int) -> Int) -> Int? {
    if text.first == "@" { return seconds(text.dropFirst()) }
    if text.first == "+" { return span(text.dropFirst()).flatMap { add(now, $0) } }
    if text.first == "-" { return span(text.dropFirst()).flatMap { add(now, -$0) } }
    if let span = text.withoutSuffix(" ago") { return self.span(span).flatMap { add(now, -$0) } }
    if let span = text.withoutSuffix(" left") { return self.span(span).flatMap { add(now, $0) } }
    guard let (local, zone) = splitZone(text) else { return nil }
    if let zone { return absolute(local, now: now) { _ in zone } }
    return absolute(local, now: now, offset: offset)
  }

  private static func span(_ text: Substring) -> Int? { TimeSpan.microseconds(text).flatMap { Int(exactly: $0) } }

  /// Microseconds of a number of seconds, perhaps with a fraction and no unit.
  private static func seconds(_ text: Substring) -> Int? {
    DecimalText.scaled(text, by: TimeSpan.second).flatMap { Int(exactly: $0) }
  }

  private static func add(_ left: Int, _ right: Int) -> Int? {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : sum
  }

  /// The text without its zone, and the zone's offset in seconds where one is named.
  private static func splitZone(_ text: Substring) -> (Substring, Int?)? {
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
  private static func zoneOffset(_ text: Substring) -> Int? {
    let digits = text.filter { $0 != ":" }
    let isWellFormed = text.count == digits.count || (text.count == 5 && text.dropFirst(2).first == ":")
    guard isWellFormed, [2, 4].contains(digits.count), let hours = DecimalText.number(digits.prefix(2)),
      let minutes = digits.count == 2 ? 0 : DecimalText.number(digits.dropFirst(2)), hours <= 24, minutes < 60
    else { return nil }
    return hours * 3_600 + minutes * 60
  }

  /// A day, a time of day, or both, in a zone.
  private static func absolute(_ text: Substring, now: Int, offset: (Int) -> Int) -> Int? {
    let nowSeconds = now / second
    let today = CivilTime.day(of: nowSeconds + offset(nowSeconds))
    func moment(_ wall: Int) -> Int { CivilTime.Readings(ofWall: wall, offset: offset).first * second }
    func midnight(_ day: Int) -> Int { moment(day * CivilTime.secondsPerDay) }
    switch text {
    case "now": return now
    case "today": return midnight(today)
    case "yesterday": return midnight(today - 1)
    case "tomorrow": return midnight(today + 1)
    default: break
    }
    guard let (date, time) = dateAndTime(text, today: today) else { return nil }
    return moment(date * CivilTime.secondsPerDay + time / second) + time % second
  }

  /// The number of the day and the microseconds since its midnight: a day alone is its midnight, a time alone today's.
  private static func dateAndTime(_ text: Substring, today: Int) -> (date: Int, time: Int)? {
    var words = separatingTime(text).split(separator: " ")
    let weekday = words.first.flatMap(weekdayNumber)
    if weekday != nil { words.removeFirst() }
    var date = today
    if let word = words.first, word.contains("-") {
      guard let day = dayNumber(word) else { return nil }
      date = day
      words.removeFirst()
      if words.isEmpty { words = ["00:00"] }
    }
    guard words.count == 1, let time = timeOfDay(words[0]), weekday == nil || weekday == CivilDate.weekday(ofDay: date)
    else {
      return nil
    }
    return (date, time)
  }

  /// The number of a day written `2026-11-21` or `26-11-21`; nil when there is no such day.
  private static func dayNumber(_ text: Substring) -> Int? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, [2, 4].contains(parts[0].count), (1...2).contains(parts[1].count),
      (1...2).contains(parts[2].count), var year = DecimalText.number(parts[0]),
      let month = DecimalText.number(parts[1]), let day = DecimalText.number(parts[2])
    else { return nil }
    if parts[0].count == 2 { year += year < 69 ? 2_000 : 1_900 }  // POSIX's century for %y (strptime(3))
    return CivilDate(year: year, month: month, day: day)?.number
  }

  private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

  /// 0 for Sunday; nil when the word is no day of the week, whole or by three letters.
  private static func weekdayNumber(_ word: Substring) -> Int? {
    let word = (word.last == "," ? word.dropLast() : word).lowercased()
    return weekdays.firstIndex { $0 == word || $0.prefix(3) == word }
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
  private static func timeOfDay(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hours = DecimalText.number(parts[0]), parts[0].count <= 2, hours < 24,
      let minutes = DecimalText.number(parts[1]), parts[1].count == 2, minutes < 60
    else { return nil }
    let whole = (hours * 3_600 + minutes * 60) * second
    guard parts.count == 3 else { return whole }
    let digits = parts[2].prefix { $0 != "." }
    // 60 is a leap second, which POSIX time counts as the second behind it.
    guard digits.count == 2, let seconds = seconds(parts[2]), seconds < 61 * second else { return nil }
    return whole + seconds
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

extension Substring {
  fileprivate func withoutSuffix(_ suffix: String) -> Substring? { hasSuffix(suffix) ? dropLast(suffix.count) : nil }
}
