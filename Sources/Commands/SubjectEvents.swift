import AuditFiles
import AuditModel
import AuditReading

/// The events of one subject: those of its trail, and those of `_unknown` that bear one of its names.
struct SubjectEvents {
  let subject: MailboxLookup.Subject
  let filter: EventFilter
  /// So many of them, the newest; nil for all.
  let limit: Int?

  /// - Returns: the events, the oldest first.
  func read(_ reader: TrailReader, _ unread: UnreadLines) throws -> [AuditEvent] {
    var found = try collect(subject.trail, reader, unread) { _ in true }
    if !subject.names.isEmpty {
      found += try collect(TrailPath(.unknown), reader, unread) { event in
        let name = event.fields[.mailbox] ?? []
        return subject.names.contains { name.elementsEqual($0.bytes) }
      }
    }
    found.sort { $0.time < $1.time }
    if let limit, found.count > limit { found.removeFirst(found.count - limit) }
    return found
  }

  /// Bounded from the newest end, so that a long trail costs nothing: by whole days, for within a day what came late, or was
  /// moved there, stands behind what is newer.
  private func collect(
    _ trail: TrailPath, _ reader: TrailReader, _ unread: UnreadLines, isOurs: (AuditEvent) -> Bool
  ) throws -> [AuditEvent] {
    var found: [AuditEvent] = []
    var lastDay: Day?
    let times = (filter.since ?? 0)..<((filter.until ?? .max - 1) + 1)
    try reader.forEachLine(of: trail, in: times, order: limit == nil ? .oldestFirst : .newestFirst) { line in
      if let lastDay, line.day < lastDay { return false }
      guard let event = unread.event(of: line, in: trail), filter.accepts(event), isOurs(event) else { return true }
      found.append(event)
      if let limit, found.count >= limit { lastDay = line.day }
      return true
    }
    return found
  }
}
