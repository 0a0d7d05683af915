import Platform

/// A zone that follows the same rule every year: a POSIX TZ string, the last line of a zone file (tzset(3)).
struct RecurringTimeZone: Sendable, Equatable {
  /// Seconds east of UTC.
  var standardOffset: Int
  var summer: Summer?

  struct Summer: Sendable, Equatable {
    var offset: Int
    var start: Change
    var end: Change
  }

  /// When the clock changes in a year.
  struct Change: Sendable, Equatable {
    enum Date: Sendable, Equatable {
      /// `Mm.w.d`: weekday `d` (0 is Sunday) of week `w` (5 is the last) of the month.
      case weekday(month: Int, week: Int, day: Int)
      /// `Jn`: day 1 to 365, 29 February never counts.
      case dayWithoutLeap(Int)
      /// `n`: day 0 to 365, 29 February counts.
      case day(Int)
    }
    var date: Date
    /// Seconds after local midnight, perhaps negative or above a day.
    var time: Int

    /// Days and seconds, as seconds since 1970 on the local clock.
    func localSecond(year: Int) -> Int { dayNumber(year: year) * CivilTime.secondsPerDay + time }

    private func dayNumber(year: Int) -> Int {
      let newYear = CivilDate.number(year: year, month: 1, day: 1)
      switch date {
      case .day(let day): return newYear + day
      case .dayWithoutLeap(let day):
        return newYear + day - 1 + (CivilDate.isLeap(year) && day >= 60 ? 1 : 0)
      case .weekday(let month, let week, let day):
        let first = CivilDate.number(year: year, month: month, day: 1)
        var number = first + (day - CivilDate.weekday(ofDay: first) + 7) % 7 + (week - 1) * 7
        let next = first + CivilDate.length(ofMonth: month, year: year)
        while number >= next { number -= 7 }
        return number
      }
    }
  }

  /// The span around a second with one offset.
  func span(at second: Int) -> TimeZoneRules.Span {
    guard let summer else { return .init(start: .min, end: .max, offset: standardOffset) }
    let year = CivilDate(number: CivilTime.day(of: second)).year
    var changes: [(second: Int, offset: Int)] = []
    for year in (year - 1)...(year + 1) {
      changes.append((summer.start.localSecond(year: year) - standardOffset, summer.offset))
      changes.append((summer.end.localSecond(year: year) - summer.offset, standardOffset))
    }
    changes.sort { $0.second < $1.second }
    let next = changes.firstIndex { $0.second > second } ?? changes.count
    let offset = next > 0 ? changes[next - 1].offset : standardOffset
    return .init(
      start: next > 0 ? changes[next - 1].second : .min, end: next < changes.count ? changes[next].second : .max,
      offset: offset)
  }

  init?(_ text: String) {
    var scanner = Scanner(text)
    guard scanner.skipName(), let west = scanner.time() else { return nil }
    standardOffset = -west
    if scanner.isAtEnd { return }
    guard scanner.skipName() else { return nil }
    var offset = standardOffset + 3600
    if scanner.peek != UInt8(ascii: ",") {
      guard let west = scanner.time() else { return nil }
      offset = -west
    }
    guard scanner.skip(","), let start = scanner.change(), scanner.skip(","), let end = scanner.change(),
      scanner.isAtEnd
    else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  private struct Scanner {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { index == bytes.count }
    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard peek == UInt8(ascii: character) else { return false }
      index += 1
      return true
    }

    /// A name of letters, or anything between `<` and `>`.
    mutating func skipName() -> Bool {
      let start = index
      if skip("<") {
        while let byte = peek, byte != UInt8(ascii: ">") {
          _ = byte
          index += 1
        }
        return skip(">")
      }
      while let byte = peek, (byte | 32) >= 97, (byte | 32) <= 122 { index += 1 }
      return index - start >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      var value: Int?
      while let byte = peek, byte >= 48, byte <= 57, (value ?? 0) < 1000 {
        value = (value ?? 0) * 10 + Int(byte - 48)
        index += 1
      }
      return value.flatMap { range.contains($0) ? $0 : nil }
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time() -> Int? {
      let sign = skip("-") ? -1 : 1
      if sign == 1 { _ = skip("+") }
      guard let hours = number(0...167) else { return nil }
      var seconds = hours * 3600
      for unit in [60, 1] where peek == UInt8(ascii: ":") {
        _ = skip(":")
        guard let part = number(0...59) else { return nil }
        seconds += part * unit
      }
      return sign * seconds
    }

    mutating func change() -> Change? {
      guard let date = date() else { return nil }
      guard skip("/") else { return Change(date: date, time: 7200) }
      return time().map { Change(date: date, time: $0) }
    }

    private mutating func date() -> Change.Date? {
      if skip("J") { return number(1...365).map(Change.Date.dayWithoutLeap) }
      guard skip("M") else { return number(0...365).map(Change.Date.day) }
      guard let month = number(1...12), skip("."), let week = number(1...5), skip("."), let day = number(0...6)
      else { return nil }
      return .weekday(month: month, week: week, day: day)
    }
  }
}
