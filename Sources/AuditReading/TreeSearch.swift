import AuditFiles
import AuditModel
import Glibc
import Platform

/// Answers questions about all trails, or many, in the order of time, with bounded memory.
package struct TreeSearch: Sendable {
  private let root: Directory
  private let trails: [TrailPath]
  private let filter: LineFilter
  private let accepts: @Sendable (AuditEvent, TrailPath) -> Bool
  private let threads: Int
  /// How many bytes of events are held at once. Where more are found they are sought again, part by part.
  private let byteLimit: Int

  /// - Parameters:
  ///   - trails: where to search; events of one time come in their order.
  ///   - filter: what the bytes of a line must have. It lets everything pass that `accepts` takes.
  ///   - accepts: whether an event of a trail is sought.
  package init(
    _ reader: TrailReader, trails: [TrailPath], filter: LineFilter, threads: Int = Self.processors,
    byteLimit: Int = 10 << 20, accepts: @escaping @Sendable (AuditEvent, TrailPath) -> Bool
  ) {
    root = reader.root
    (self.trails, self.filter, self.accepts) = (trails, filter, accepts)
    (self.threads, self.byteLimit) = (max(1, threads), byteLimit)
  }

  /// The processors that are there, up to eight: more of them wait for the kernel.
  package static var processors: Int { max(1, min(8, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

  /// Hands out the events that are sought, the oldest first, until the body answers false.
  ///
  /// - Parameters:
  ///   - limit: only so many of the newest; nil for all.
  ///   - reverse: the newest first.
  /// - Returns: the files that had lines which are no records, and may be of the times that are answered.
  package func forEachEvent(
    newest limit: Int? = nil, reverse: Bool = false, _ body: (AuditEvent) throws -> Bool
  ) throws -> [(file: UnreadFile, number: Int, first: RecordError)] {
    var pass = try self.pass(limit == nil && !reverse ? .oldest : .newest, limit: limit ?? .max)
    let unread = pass.unread
    if limit != nil, !reverse, pass.isCut(limit) {
      // More than fit: the oldest of them is found first, then all from there on are handed out in their order.
      let first = try oldest(of: limit ?? .max, after: pass)
      pass = try self.pass(.oldest, limit: .max, behind: first)
      try handOut(pass, end: .oldest, limit: nil, reverse: false, body)
      return Self.lines(unread, first?.time ?? 0)
    }
    let isWhole = limit.map { pass.events.count >= $0 } ?? false
    let earliest = isWhole ? pass.events.first?.place.time ?? .max : 0
    try handOut(pass, end: limit == nil && !reverse ? .oldest : .newest, limit: limit, reverse: reverse, body)
    return Self.lines(unread, earliest)
  }

  /// Hands the events of sinks of another kind to the caller, in one pass.
  package func collect<Sink: EventSink>(
    _ makeSink: @Sendable () -> Sink
  ) throws(FileError) -> (sinks: [Sink], unread: [(file: UnreadFile, number: Int, first: RecordError)]) {
    let (sinks, unread) = try scan(startsWithNewest: false).run(makeSink)
    return (sinks, Self.lines(unread, 0))
  }

  private struct Pass {
    var events: [EventHeap.Element]
    /// Where it was cut; nil when there are no more events.
    var last: EventPlace?
    var unread: [UnreadFile]

    func isCut(_ limit: Int?) -> Bool { last != nil && events.count < limit ?? .max }
  }

  private func pass(
    _ end: EventHeap.End, limit: Int, behind start: EventPlace? = nil
  ) throws(FileError) -> Pass {
    let share = byteLimit / threads
    let (heaps, unread) = try scan(startsWithNewest: end == .newest).run {
      EventHeap(end, limit: limit, byteLimit: share, behind: start)
    }
    let (events, last) = EventHeap.merged(heaps, limit: limit)
    return Pass(events: events, last: last, unread: unread)
  }

  private func scan(startsWithNewest: Bool) -> TreeScan {
    TreeScan(
      root: root, trails: trails, filter: filter, accepts: accepts, startsWithNewest: startsWithNewest,
      threads: min(threads, max(1, trails.count)))
  }

  /// Hands a pass out and those behind it.
  private func handOut(
    _ first: Pass, end: EventHeap.End, limit: Int?, reverse: Bool, _ body: (AuditEvent) throws -> Bool
  ) throws {
    var pass = first
    var rest = limit ?? .max
    while true {
      for element in reverse ? pass.events.reversed() : pass.events { guard try body(element.event) else { return } }
      rest -= pass.events.count
      guard rest > 0, let last = pass.last else { return }
      pass = try self.pass(end, limit: rest, behind: last)
    }
  }

  /// Right in front of the oldest of so many newest events; nil when all are.
  private func oldest(of limit: Int, after first: Pass) throws(FileError) -> EventPlace? {
    var pass = first
    var rest = limit
    while let last = pass.last {
      rest -= pass.events.count
      guard rest > 0 else {
        return EventPlace(time: last.time, trail: last.trail, day: last.day, offset: last.offset - 1)
      }
      pass = try self.pass(.newest, limit: rest, behind: last)
    }
    return nil
  }

  private static func lines(
    _ unread: [UnreadFile], _ earliest: UInt64
  ) -> [(file: UnreadFile, number: Int, first: RecordError)] {
    unread.compactMap { file in
      file.lines(in: earliest...UInt64.max).map { (file: file, number: $0.number, first: $0.first) }
    }
  }
}
