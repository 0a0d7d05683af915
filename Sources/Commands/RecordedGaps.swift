import AuditFiles
import AuditModel
import AuditReading

/// Gaps of the collector: what is missing in that time may be missing from any trail.
enum RecordedGaps {
  /// The records of gaps that touch a time, the oldest first.
  static func touching(
    _ times: ClosedRange<UInt64>, _ reader: TrailReader, _ unread: UnreadLines
  ) throws -> [AuditEvent] {
    var gaps: [AuditEvent] = []
    let trail = TrailPath(.bridge)
    // A gap's record is never older than its end.
    try reader.forEachLine(of: trail, in: times.lowerBound..<UInt64.max) { line in
      guard let event = unread.event(of: line, in: trail), event.kind == .bridgeGap else { return true }
      if bounds(of: event).touches(times, recordedAt: event.time) { gaps.append(event) }
      return true
    }
    return gaps.sorted { $0.time < $1.time }
  }

  static func bounds(of gap: AuditEvent) -> GapBounds {
    GapBounds(reason: gap.fields[.reason].map(Array.init) ?? [])
  }
}
