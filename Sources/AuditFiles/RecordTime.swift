import Platform

/// A record's time as text: RFC 3339, UTC, microseconds, `Z`.
package enum RecordTime {
  package static let length = 27
  /// The last microsecond of the year 9999: four digits end there.
  package static let latest: UInt64 = 253_402_300_799_999_999

  package static func append(_ time: UInt64, to output: inout [UInt8]) {
    let time = min(time, latest)
    let civil = CivilTime(seconds: Int(time / 1_000_000))
    append(civil.date.year, digits: 4, to: &output)
    output.append(UInt8(ascii: "-"))
    append(civil.date.month, digits: 2, to: &output)
    output.append(UInt8(ascii: "-"))
    append(civil.date.day, digits: 2, to: &output)
    output.append(UInt8(ascii: "T"))
    append(civil.hour, digits: 2, to: &output)
    output.append(UInt8(ascii: ":"))
    append(civil.minute, digits: 2, to: &output)
    output.append(UInt8(ascii: ":"))
    append(civil.second, digits: 2, to: &output)
    output.append(UInt8(ascii: "."))
    append(Int(time % 1_000_000), digits: 6, to: &output)
    output.append(UInt8(ascii: "Z"))
  }

  /// Microseconds since 1970 of a text in exactly that form; nil for every other text.
  package static func read(_ text: some Collection<UInt8>) -> UInt64? {
    guard text.count == length else { return nil }
    let bytes = Array(text)
    func number(_ start: Int, _ digits: Int) -> Int? {
      var value = 0
      for byte in bytes[start..<(start + digits)] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int(byte - 48)
      }
      return value
    }
    let separators: [(Int, Unicode.Scalar)] = [
      (4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (26, "Z"),
    ]
    guard separators.allSatisfy({ bytes[$0.0] == UInt8(ascii: $0.1) }), let year = number(0, 4),
      let month = number(5, 2),
      let day = number(8, 2), let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
      let micro = number(20, 6), let date = CivilDate(year: year, month: month, day: day), date.year >= 1970,
      hour < 24, minute < 60, second < 60
    else { return nil }
    return UInt64(((date.number * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + UInt64(micro)
  }

  private static func append(_ value: Int, digits: Int, to output: inout [UInt8]) {
    var divisor = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      output.append(UInt8(48 + value / divisor % 10))
      divisor /= 10
    }
  }
}
