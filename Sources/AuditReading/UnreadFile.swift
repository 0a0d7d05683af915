import AuditFiles

/// The lines of one file that were to be looked at and are no records of this version.
package struct UnreadFile: Sendable {
  package let trail: TrailPath
  package let day: Day
  private var lines: [(time: UInt64?, error: RecordError)] = []
  private var more = 0

  /// A file that is no trail at all must not fill the memory.
  private static let maximumLines = 64

  init(trail: TrailPath, day: Day) { (self.trail, self.day) = (trail, day) }

  /// - Parameter time: when the event was, where the line says it.
  mutating func add(_ error: RecordError, time: UInt64?) {
    if lines.count < Self.maximumLines { lines.append((time, error)) } else { more += 1 }
  }

  /// How many lines may be of these times, and why the first one is none; nil for no line.
  ///
  /// What is outside of them is only sometimes met, as threads take turns, and never of interest.
  package func lines(in times: ClosedRange<UInt64>) -> (number: Int, first: RecordError)? {
    let ofTimes = lines.filter { line in line.time.map { times.contains($0) } ?? day.mayHold(times) }
    return ofTimes.first.map { (ofTimes.count + more, $0.error) }
  }
}
