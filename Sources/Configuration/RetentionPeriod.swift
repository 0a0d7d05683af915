/// A length of time as `audit.retention` writes it: `5d`, `12h`, or a bare number of minutes.
///
/// Minutes, because MailEnable's administrator sets 7200 for five days.
package struct RetentionPeriod: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Microseconds, the unit of all times here.
  package let microseconds: UInt64

  package static let fiveDays = RetentionPeriod(seconds: 5 * 86_400)
  /// Shorter would remove today's file while it is written; longer than a century is a slip of the hand.
  static let allowed = RetentionPeriod(seconds: 60)...RetentionPeriod(seconds: 36_525 * 86_400)

  package init(seconds: UInt64) { microseconds = seconds * 1_000_000 }

  /// Reads a number with one of the units s, min, h, d, w, or without one for minutes; nil when it is none.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isWholeNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = UInt64(digits), let seconds = Self.unitSeconds[String(unit)] else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: seconds)
    guard !overflow, product <= UInt64.max / 1_000_000 else { return nil }
    self.init(seconds: product)
  }

  private static let unitSeconds: [String: UInt64] = [
    "": 60, "s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800,
  ]

  package static func < (left: RetentionPeriod, right: RetentionPeriod) -> Bool {
    left.microseconds < right.microseconds
  }

  /// In the largest unit that leaves no remainder: `5d`.
  package var description: String {
    let seconds = microseconds / 1_000_000
    for (unit, length) in [("w", 604_800), ("d", 86_400), ("h", 3_600), ("min", 60)] as [(String, UInt64)]
    where seconds >= length && seconds.isMultiple(of: length) { return "\(seconds / length)\(unit)" }
    return "\(seconds)s"
  }
}
