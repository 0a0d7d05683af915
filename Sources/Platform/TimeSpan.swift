/// Lengths of time in microseconds, and the one way of writing them: that of systemd.time(7). `5d`, `1h 30min`,
/// `2 hours`, `1.5s`.
package enum TimeSpan {
  package static let second: UInt64 = 1_000_000
  package static let minute = 60 * second
  package static let hour = 60 * minute
  package static let day = 24 * hour
  package static let week = 7 * day

  /// Reads a length of time; nil when the text is none or too long to be counted.
  ///
  /// - Parameter bareUnit: the unit of a number without one.
  package static func microseconds(_ text: some StringProtocol, bareUnit: UInt64 = second) -> UInt64? {
    var rest = Substring(text)
    var total: UInt64?
    while true {
      rest = rest.drop { $0 == " " }
      if rest.isEmpty { return total }
      let number = rest.prefix { $0.isASCII && $0.isWholeNumber || $0 == "." }
      rest = rest.dropFirst(number.count).drop { $0 == " " }
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let factor = unit.isEmpty ? bareUnit : units[unit], let value = DecimalText.scaled(number, by: factor)
      else { return nil }
      let (sum, overflow) = (total ?? 0).addingReportingOverflow(value)
      guard !overflow else { return nil }
      total = sum
    }
  }

  /// The length in the largest unit that leaves no remainder: `5d`.
  package static func text(_ microseconds: UInt64) -> String {
    let units = [("w", week), ("d", day), ("h", hour), ("min", minute), ("s", second), ("ms", 1_000)]
    for (unit, length) in units where microseconds >= length && microseconds.isMultiple(of: length) {
      return "\(microseconds / length)\(unit)"
    }
    return microseconds == 0 ? "0s" : "\(microseconds)us"
  }

  /// A month is 30.44 days and a year 365.25, as systemd has them.
  private static let units: [Substring: UInt64] = {
    let names: [(String, UInt64)] = [
      ("us usec µs μs", 1), ("ms msec", 1_000), ("s sec second seconds", second), ("m min minute minutes", minute),
      ("h hr hour hours", hour), ("d day days", day), ("w week weeks", week),
      ("M month months", 2_629_800 * second), ("y year years", 31_557_600 * second),
    ]
    var units: [Substring: UInt64] = [:]
    for (words, factor) in names { for word in words.split(separator: " ") { units[word] = factor } }
    return units
  }()
}
