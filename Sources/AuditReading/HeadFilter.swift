import AuditFiles
import AuditModel
import Glibc
import Platform

/// The part of a `LineFilter` that what stands in front of a record decides. Of one thread.
struct HeadFilter {
  private let filter: LineFilter
  private var times: ClosedRange<UInt64>
  /// The ends of `times` as records have them.
  private var earliest: [UInt8]
  private var latest: [UInt8]

  init(_ filter: LineFilter) {
    self.filter = filter
    times = filter.times
    earliest = Self.text(times.lowerBound)
    latest = Self.text(times.upperBound)
  }

  /// Narrows the times down to those that are still of interest; `times` are those of the filter and within these.
  mutating func narrow(to wanted: ClosedRange<UInt64>) {
    guard wanted.overlaps(filter.times) else { return }
    let narrowed = wanted.clamped(to: filter.times)
    if narrowed.lowerBound != times.lowerBound { earliest = Self.text(narrowed.lowerBound) }
    if narrowed.upperBound != times.upperBound { latest = Self.text(narrowed.upperBound) }
    times = narrowed
  }

  /// Whether the record may be wanted; a head that is none may be.
  func accepts(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let head = RecordHead(line) else { return true }
    if let level = filter.level, head.level < level.rawValue { return false }
    if Self.order(head.time, earliest) < 0 || Self.order(head.time, latest) > 0 { return false }
    return filter.wantsKind.map { $0(head.kind) } ?? true
  }

  /// Whether the file of a day may have records of the times.
  func mayHold(_ day: Day) -> Bool { day.mayHold(times) }

  private static func text(_ time: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    RecordTime.append(time, to: &bytes)
    return bytes
  }

  /// Negative, zero or positive, as memcmp(3) has it; both have the length of a time.
  private static func order(_ time: UnsafeRawBufferPointer, _ other: [UInt8]) -> Int32 {
    other.withUnsafeBytes { other in
      guard let left = time.baseAddress, let right = other.baseAddress else { return 0 }
      return memcmp(left, right, min(time.count, other.count))
    }
  }
}

extension Day {
  /// Whether the file of this day, of whatever time zone, may have records of the times, in microseconds since 1970: zones
  /// are at most 14 hours from UTC, a day is allowed for.
  func mayHold(_ times: ClosedRange<UInt64>) -> Bool {
    let length = Int(TimeSpan.day)
    return Int(clamping: times.lowerBound) < (number + 2) * length
      && Int(clamping: times.upperBound) >= (number - 1) * length
  }
}
