/// What a time zone's file says: its offsets from UTC through time (tzfile(5), RFC 8536).
///
/// localtime_r(3) would answer the same, but from one zone for the whole process; this one can be tested and has no
/// global state.
struct TimeZoneRules: Sendable, Equatable {
  /// A span of time with one offset.
  struct Span: Equatable {
    /// Seconds since 1970, the first second of the span; `Int.min` for the first one.
    var start: Int
    /// The first second behind the span; `Int.max` for the last one.
    var end: Int
    /// Seconds east of UTC.
    var offset: Int
  }

  private var transitions: [Int] = []
  /// One offset more than there are transitions: that before the first one.
  private var offsets: [Int] = [0]
  /// The rule for times behind the last transition.
  private var footer: RecurringTimeZone?

  static let utc = TimeZoneRules()

  private init() {}

  /// Reads the content of a zone file of version 2 or later, or of version 1; nil when it is damaged.
  init?(file bytes: [UInt8]) {
    guard let first = Header(bytes, at: 0) else { return nil }
    if first.version == 0 {
      guard readBlock(bytes, first, timeSize: 4) != nil else { return nil }
      return
    }
    guard let second = Header(bytes, at: first.end(timeSize: 4)),
      let end = readBlock(bytes, second, timeSize: 8), end < bytes.count, bytes[end] == 10,
      let close = bytes[(end + 1)...].firstIndex(of: 10)
    else { return nil }
    if close > end + 1 {
      guard let rule = RecurringTimeZone(String(decoding: bytes[(end + 1)..<close], as: UTF8.self)) else { return nil }
      footer = rule
    }
  }

  /// A zone of a POSIX TZ string, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
  init?(posix text: String) {
    guard let rule = RecurringTimeZone(text) else { return nil }
    offsets = [rule.standardOffset]
    footer = rule
  }

  /// The span that a second lies in.
  func span(at second: Int) -> Span {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle] <= second { low = middle + 1 } else { high = middle }
    }
    let start = low == 0 ? Int.min : transitions[low - 1]
    if low < transitions.count { return Span(start: start, end: transitions[low], offset: offsets[low]) }
    guard let footer else { return Span(start: start, end: .max, offset: offsets[low]) }
    var span = footer.span(at: second)
    span.start = max(span.start, start)
    return span
  }

  private struct Header {
    var version: UInt8
    var counts: [Int]
    var dataStart: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start >= 0, start + 44 <= bytes.count, bytes[start..<(start + 4)].elementsEqual("TZif".utf8)
      else { return nil }
      version = bytes[start + 4]
      counts = (0..<6).map { TimeZoneRules.integer(bytes, at: start + 20 + $0 * 4, size: 4) }
      dataStart = start + 44
      guard counts.allSatisfy({ $0 >= 0 && $0 <= 100_000 }), end(timeSize: 4) <= bytes.count else { return nil }
    }

    var transitionCount: Int { counts[3] }
    var typeCount: Int { counts[4] }

    func end(timeSize: Int) -> Int {
      dataStart + counts[3] * (timeSize + 1) + counts[4] * 6 + counts[5] + counts[2] * (timeSize + 4) + counts[1]
        + counts[0]
    }
  }

  private mutating func readBlock(_ bytes: [UInt8], _ header: Header, timeSize: Int) -> Int? {
    let end = header.end(timeSize: timeSize)
    guard end <= bytes.count, header.typeCount > 0 else { return nil }
    let indexStart = header.dataStart + header.transitionCount * timeSize
    let typeStart = indexStart + header.transitionCount
    let types = (0..<header.typeCount).map { Self.integer(bytes, at: typeStart + $0 * 6, size: 4) }
    offsets = [types[0]]
    for index in 0..<header.transitionCount {
      let type = Int(bytes[indexStart + index])
      let time = Self.integer(bytes, at: header.dataStart + index * timeSize, size: timeSize)
      guard type < types.count, transitions.last.map({ $0 < time }) ?? true else { return nil }
      transitions.append(time)
      offsets.append(types[type])
    }
    return end
  }

  private static func integer(_ bytes: [UInt8], at start: Int, size: Int) -> Int {
    var value: UInt64 = 0
    for index in 0..<size { value = value << 8 | UInt64(bytes[start + index]) }
    return size == 4 ? Int(Int32(truncatingIfNeeded: value)) : Int(truncatingIfNeeded: value)
  }
}
