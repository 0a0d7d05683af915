import AuditModel

/// The newest or the oldest of the events that it is given: so many of them, and so many bytes.
package struct EventHeap: EventSink {
  /// Which events are kept when there are too many.
  package enum End: Sendable {
    case newest, oldest
  }

  package struct Element: Sendable {
    package let place: EventPlace
    package let event: AuditEvent

    /// About what it takes in memory.
    fileprivate var byteCount: Int { event.fields.byteCount + event.unknownKeys.count + 192 }
  }

  private let end: End
  private let limit: Int
  private let byteLimit: Int
  /// A binary heap whose first element goes first.
  private var elements: [Element] = []
  private var byteCount = 0
  /// Of the events that were too many the one that is nearest to those that are kept; what is not on their side of it is
  /// not known here.
  package private(set) var bound: EventPlace?
  private let start: EventPlace?
  /// Whether what is beyond the bound is said to be of no use.
  private var narrows: Bool

  /// - Parameters:
  ///   - end: which events are kept.
  ///   - limit: how many of them.
  ///   - byteLimit: how many bytes they take in memory, about; one event always fits.
  ///   - start: only events behind this one, seen from the end; without it even those are looked at that the bytes leave
  ///     no room for, so that lines which are no records are counted once.
  package init(_ end: End, limit: Int, byteLimit: Int, behind start: EventPlace? = nil) {
    (self.end, self.limit, self.byteLimit, self.start) = (end, limit, byteLimit, start)
    narrows = start != nil
  }

  package var wantedTimes: ClosedRange<UInt64> {
    guard limit > 0 else { return 0...0 }
    let near = start?.time
    let bound = narrows ? bound : nil
    switch end {
    case .newest:
      let latest = near ?? .max
      return min(bound?.time ?? 0, latest)...latest
    case .oldest:
      let earliest = near ?? 0
      return earliest...max(bound?.time ?? .max, earliest)
    }
  }

  package mutating func take(_ event: AuditEvent, at place: EventPlace) {
    if let start, !isBetter(start, than: place) { return }
    if let bound, !isBetter(place, than: bound) { return }
    let element = Element(place: place, event: event)
    elements.append(element)
    byteCount += element.byteCount
    rise(from: elements.count - 1)
    if elements.count > limit { narrows = true }
    while elements.count > limit || (byteCount > byteLimit && elements.count > 1) { dropFirst() }
  }

  /// The events in the order of their times, of several heaps of the same end and limit together.
  ///
  /// - Returns: the events that are certain to be the newest or oldest; and, where not all are among them, the last of
  ///   them: what is beyond it has to be sought again.
  package static func merged(_ heaps: [EventHeap], limit: Int) -> (events: [Element], last: EventPlace?) {
    guard let end = heaps.first?.end else { return ([], nil) }
    let isBetter = { (left: EventPlace, right: EventPlace) in end == .newest ? right < left : left < right }
    let bounds = heaps.compactMap(\.bound).sorted(by: isBetter)
    var all = heaps.flatMap(\.elements).sorted { isBetter($0.place, $1.place) }
    if let bound = bounds.first { all.removeAll { !isBetter($0.place, bound) } }
    let isCut = !bounds.isEmpty || all.count > limit
    if all.count > limit { all.removeLast(all.count - limit) }
    let last = isCut ? all.last?.place : nil
    if end == .newest { all.reverse() }
    return (all, last)
  }

  private func isBetter(_ left: EventPlace, than right: EventPlace) -> Bool {
    end == .newest ? right < left : left < right
  }

  private mutating func dropFirst() {
    let dropped = elements[0]
    bound = dropped.place
    byteCount -= dropped.byteCount
    let last = elements.removeLast()
    guard !elements.isEmpty else { return }
    elements[0] = last
    sink()
  }

  /// The worst element is the first one.
  private mutating func rise(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard isBetter(elements[parent].place, than: elements[child].place) else { return }
      elements.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var worst = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < elements.count {
        if isBetter(elements[worst].place, than: elements[child].place) { worst = child }
      }
      guard worst != parent else { return }
      elements.swapAt(parent, worst)
      parent = worst
    }
  }
}
