import AuditModel

/// The bounds of a `bridge.gap`, at the end of its record's `reason`: `; between TIME and TIME`, or `; since TIME`, or
/// `; until TIME`.
package struct GapBounds: Sendable, Equatable {
  /// The last moment before the gap, microseconds since 1970; nil when unknown.
  package var from: UInt64?
  /// The first moment after it; nil when unknown.
  package var to: UInt64?

  package init(from: UInt64?, to: UInt64?) {
    self.from = from
    self.to = to
  }

  /// The end of the reason; empty when no bound is known.
  package var text: String {
    switch (from, to) {
    case (let from?, let to?): "; between \(Self.text(from)) and \(Self.text(to))"
    case (let from?, nil): "; since \(Self.text(from))"
    case (nil, let to?): "; until \(Self.text(to))"
    case (nil, nil): ""
    }
  }

  /// The bounds that a record's reason ends with.
  package init(reason: some Collection<UInt8>) {
    self.init(from: nil, to: nil)
    let words = String(decoding: reason, as: UTF8.self).split(separator: " ").suffix(4)
    let times = words.map { RecordTime.read($0.utf8) }
    guard words.count >= 2, let last = times.last ?? nil else { return }
    let names = words.map(String.init)
    if names.count == 4, names[0] == "between", names[2] == "and" { (from, to) = (times[1], last) }
    if names[names.count - 2] == "since" { from = last }
    if names[names.count - 2] == "until" { to = last }
  }

  /// Whether entries of this time range may be missing. A gap whose bounds are unknown touches what is around its
  /// record's own time.
  package func touches(_ times: ClosedRange<UInt64>, recordedAt time: UInt64) -> Bool {
    if from == nil, to == nil { return times.contains(time) }
    let (start, end) = (from ?? to ?? time, to ?? time)
    return min(start, end) <= times.upperBound && max(start, end) >= times.lowerBound
  }

  private static func text(_ time: UInt64) -> String {
    var bytes: [UInt8] = []
    RecordTime.append(time, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
