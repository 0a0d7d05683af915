import Platform

/// A record's time as text: RFC 3339, UTC, microseconds, `Z`.
package enum RecordTime {
  package static let length = 27
  /// The last microsecond of the year 9999: four digits end there.
  package static let latest: UInt64 = 253_402_300_799_999_999

  package static func append(_ time: UInt64, to output: inout [UInt8]) {
    let time = min(time, latest)
    let civil = CivilTime(seconds: Int(time / 1_000_000))
    let start = output.count
    output.append(contentsOf: template)
    write(civil.date.year, digits: 4, at: start, in: &output)
    write(civil.date.month, digits: 2, at: start + 5, in: &output)
    write(civil.date.day, digits: 2, at: start + 8, in: &output)
    write(civil.hour, digits: 2, at: start + 11, in: &output)
    write(civil.minute, digits: 2, at: start + 14, in: &output)
    write(civil.second, digits: 2, at: start + 17, in: &output)
    write(Int(time % 1_000_000), digits: 6, at: start + 20, in: &output)
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

  private static let template = Array("0000-00-00T00:00:00.000000Z".utf8)

  /// The record grows once, not by each digit: every record has a time.
  private static func write(_ value: Int, digits: Int, at offset: Int, in output: inout [UInt8]) {
    var rest = UInt32(value)
    for index in stride(from: offset + digits - 1, through: offset, by: -1) {
      output[index] = 48 + UInt8(rest % 10)
      rest /= 10
    }
  }
}
