import Platform

/// A length of time as `audit.retention` has it: `TimeSpan`'s grammar, or a number of minutes.
///
/// Minutes, because MailEnable's administrator sets 7200 for five days.
package struct RetentionPeriod: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Microseconds, the unit of all times here.
  package let microseconds: UInt64

  package static let fiveDays = RetentionPeriod(microseconds: 5 * TimeSpan.day)
  /// Shorter would remove today's file while it is written; longer than a century is a slip of the hand.
  static let allowed =
    RetentionPeriod(microseconds: TimeSpan.minute)...RetentionPeriod(microseconds: 36_525 * TimeSpan.day)

  package init(microseconds: UInt64) { self.microseconds = microseconds }

  /// Reads a length of time, in minutes without a unit; nil when it is none.
  package init?(_ text: String) {
    guard let microseconds = TimeSpan.microseconds(text, bareUnit: TimeSpan.minute) else { return nil }
    self.microseconds = microseconds
  }

  package static func < (left: RetentionPeriod, right: RetentionPeriod) -> Bool {
    left.microseconds < right.microseconds
  }

  package var description: String { TimeSpan.text(microseconds) }
}
