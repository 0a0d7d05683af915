import AuditModel

/// Takes what one thread of a `TreeScan` finds.
package protocol EventSink: Sendable {
  /// Events outside of these times, in microseconds since 1970, are of no use to it any more. It only gets narrower.
  var wantedTimes: ClosedRange<UInt64> { get }

  /// Takes an event that is sought. They come in no order.
  mutating func take(_ event: AuditEvent, at place: EventPlace)
}
