import AuditModel
import Platform

/// Puts events of one message together. Those with a Message-ID are added first, then those without, in the order of
/// time.
package struct MessageGroups {
  private var groups: [[AuditEvent]] = []
  private var byMessage: [[UInt8]: Int] = [:]
  /// What a queue id stands for: groups, by their numbers.
  private var byQueue: [MessageName.QueueID: [Int: Stay]] = [:]

  /// How far an event without a Message-ID may be from the others of its queue id: beyond, it may be another message's.
  package static let nearness = TimeSpan.hour
  /// How long mail systems try again, at most: what was put off comes back under its queue id.
  package static let queueLifetime = 7 * TimeSpan.day

  package init() {}

  package var events: [AuditEvent] { groups.flatMap { $0 } }

  package mutating func add(_ event: AuditEvent) {
    let index = group(of: event) ?? groups.count
    if index == groups.count { groups.append([]) }
    groups[index].append(event)
    if let key = MessageName.messageKey(of: event) { byMessage[key] = index }
    if let queue = MessageName.queueID(of: event) {
      byQueue[queue, default: [:]][index, default: Stay(event)].add(event)
    }
  }

  /// The messages to which one of the events belongs, the oldest first, each in the order of time.
  package func messages(with ids: Set<EventID>) -> [[AuditEvent]] {
    let wanted = groups.filter { group in group.contains { ids.contains($0.id) } }
    return wanted.map(Self.sorted).sorted { ($0.first?.time ?? 0) < ($1.first?.time ?? 0) }
  }

  private func group(of event: AuditEvent) -> Int? {
    if let key = MessageName.messageKey(of: event) { return byMessage[key] }
    guard let queue = MessageName.queueID(of: event) else { return nil }
    let distances = (byQueue[queue] ?? [:]).compactMap { index, stay in
      stay.distance(of: event).map { (distance: $0, index: index) }
    }
    return distances.min { ($0.distance, $0.index) < ($1.distance, $1.index) }?.index
  }

  private static func sorted(_ events: [AuditEvent]) -> [AuditEvent] {
    events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
  }
}

/// The time of a message in a queue, under one queue id.
private struct Stay {
  private var first: UInt64
  private var last: UInt64
  /// Since when which recipients are waited for.
  private var deferred: [Wait: UInt64] = [:]

  private struct Wait: Hashable {
    var sender: [UInt8]
    var recipient: [UInt8]
  }

  init(_ event: AuditEvent) { (first, last) = (event.time, event.time) }

  mutating func add(_ event: AuditEvent) {
    first = min(first, event.time)
    last = max(last, event.time)
    guard event.kind == .sendDeferred || event.kind == .deliveryOverQuota else { return }
    for wait in Self.waits(event) { deferred[wait] = min(deferred[wait] ?? .max, event.time) }
  }

  /// How far the event is, in microseconds; nil where it is no longer the same message.
  func distance(of event: AuditEvent) -> UInt64? {
    let distance = event.time < first ? first - event.time : event.time > last ? event.time - last : 0
    if distance <= MessageGroups.nearness { return distance }
    let isRetry = Self.waits(event).contains { wait in
      deferred[wait].map { $0 <= event.time && event.time - $0 <= MessageGroups.queueLifetime } ?? false
    }
    return isRetry ? distance : nil
  }

  private static func waits(_ event: AuditEvent) -> [Wait] {
    let sender = Array(event.fields[.sender] ?? [])
    return MessageLife.recipients(of: event).map { Wait(sender: sender, recipient: $0) }
  }
}
