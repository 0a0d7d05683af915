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

/// Gaps among events that come one by one, in the order of time or in the reverse one.
struct GapWeave {
  private var gaps: ArraySlice<AuditEvent>
  private let isReversed: Bool
  /// Whether the time that was asked for begins before the first event.
  private let hasBeginning: Bool
  private var isFirst = true

  /// - Parameters:
  ///   - gaps: the oldest first.
  ///   - since: from when events were asked for; nil to begin, in the order of time, with the first event.
  init(_ gaps: [AuditEvent], since: UInt64?, isReversed: Bool) {
    self.gaps = (isReversed ? gaps.reversed() : gaps)[...]
    self.isReversed = isReversed
    hasBeginning = since != nil
  }

  /// What stands in front of an event.
  mutating func before(_ event: AuditEvent) -> [AuditEvent] {
    let end = gaps.firstIndex { isReversed ? $0.time <= event.time : $0.time >= event.time } ?? gaps.endIndex
    let passed = gaps[..<end]
    gaps = gaps[end...]
    defer { isFirst = false }
    return isFirst && !isReversed && !hasBeginning ? [] : Array(passed)
  }

  /// What stands behind the last event; where there was none and all was asked for, a remark says it better.
  mutating func rest() -> [AuditEvent] {
    defer { gaps = [] }
    if isReversed { return hasBeginning ? Array(gaps) : [] }
    return isFirst && !hasBeginning ? [] : Array(gaps)
  }
}

/// Gaps that are recorded from now on.
struct GapFollower {
  private let reader: TrailReader
  private var position: TrailPosition?

  init(_ reader: TrailReader) throws {
    self.reader = reader
    position = try reader.end(of: TrailPath(.bridge))
  }

  mutating func newGaps(_ unread: UnreadLines) throws -> [AuditEvent] {
    var gaps: [AuditEvent] = []
    let trail = TrailPath(.bridge)
    position = try reader.forEachLine(of: trail, after: position) { line in
      if let event = unread.event(of: line, in: trail), event.kind == .bridgeGap { gaps.append(event) }
    }
    return gaps
  }
}
