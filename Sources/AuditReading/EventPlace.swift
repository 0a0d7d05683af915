import AuditFiles

/// Where an event stands in a tree, and when it was: all that its order among others depends on.
///
/// Events of one time are in the order of their trails, then of their days and lines: two answers to one question are equal.
package struct EventPlace: Sendable, Hashable, Comparable {
  /// Microseconds since 1970.
  package let time: UInt64
  /// The number of its trail in the list that was searched.
  package let trail: Int
  package let day: Day
  /// Where its line begins in the file, in bytes.
  package let offset: Int

  package init(time: UInt64, trail: Int, day: Day, offset: Int) {
    (self.time, self.trail, self.day, self.offset) = (time, trail, day, offset)
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.time, left.trail, left.day.number, left.offset) < (right.time, right.trail, right.day.number, right.offset)
  }
}
