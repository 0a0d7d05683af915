/// A time as a clock on the wall shows it; its `seconds` count as if that clock showed UTC.
package struct CivilTime: Sendable, Hashable {
  package static let secondsPerDay = 86_400

  package let date: CivilDate
  package let hour: Int
  package let minute: Int
  package let second: Int

  /// - Parameter seconds: since 1970.
  package init(seconds: Int) {
    let number = Self.day(of: seconds)
    let inDay = seconds - number * Self.secondsPerDay
    date = CivilDate(number: number)
    (hour, minute, second) = (inDay / 3600, inDay / 60 % 60, inDay % 60)
  }

  /// The number of the day that a second lies in, from 1970-01-01 on.
  package static func day(of seconds: Int) -> Int {
    (seconds >= 0 ? seconds : seconds - (secondsPerDay - 1)) / secondsPerDay
  }

  /// The moments that a time on the wall can mean in a zone.
  package struct Readings: Sendable, Equatable {
    /// Seconds since 1970. The same but for a time that the clock shows twice. One that it skips means the one as much
    /// later.
    package let first: Int
    package let second: Int
    /// Whether the clock changes within a day, so that times nearby can have another offset.
    package let isNearChange: Bool

    /// - Parameter offset: seconds east of UTC at a second since 1970.
    package init(ofWall wall: Int, offset: (Int) -> Int) {
      let near = wall - offset(wall)
      // Any change that could matter lies between these two.
      let before = offset(near - secondsPerDay)
      let after = offset(near + secondsPerDay)
      isNearChange = before != after
      let fitting = isNearChange ? [wall - before, wall - after].filter { offset($0) == wall - $0 } : []
      first = fitting.min() ?? wall - before
      second = fitting.max() ?? wall - before
    }
  }
}
