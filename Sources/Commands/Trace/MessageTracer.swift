import AuditFiles
import AuditModel
import AuditReading

/// Gathers the events of messages from all trails: those with the same Message-ID, and those without one that have the
/// queue id of such an event, on its host and near it in time.
package struct MessageTracer {
  private let reader: TrailReader
  private let trails: [TrailPath]
  private let unread: UnreadLines
  /// Whether there were more events, or more messages, than are held.
  package private(set) var isCut = false

  /// A stranger can use one Message-ID for any number of messages.
  package static let maximumEvents = 10_000
  package static let maximumMessages = 20
  /// Each text that is sought takes time.
  private static let maximumQueueIDs = 100

  private let eventLimit: Int

  init(_ reader: TrailReader, _ unread: UnreadLines, eventLimit: Int = Self.maximumEvents) throws {
    self.reader = reader
    self.eventLimit = eventLimit
    trails = try reader.trails()
    self.unread = unread
  }

  /// Events with this Message-ID or this queue id.
  package mutating func events(named name: String) throws -> [AuditEvent] {
    let bytes = Array(name.utf8)
    let key = MessageName.messageKey(bytes)
    let sought = [MessageName.sought(messageKey: key), SoughtText(bytes, foldsCase: false)]
    return try events(LineFilter.sought(oneOf: sought)) { event in
      (!key.isEmpty && MessageName.messageKey(of: event) == key) || MessageName.queueID(of: event)?.id == bytes
    }
  }

  /// - Parameters:
  ///   - filter: what the bytes of lines must have.
  ///   - accepts: whether an event is sought.
  mutating func events(
    _ filter: LineFilter, accepts: @escaping @Sendable (AuditEvent) -> Bool
  ) throws -> [AuditEvent] {
    var found: [AuditEvent] = []
    var isCut = false
    let limit = eventLimit
    let search = TreeSearch(reader, trails: trails, filter: filter) { event, _ in accepts(event) }
    let files = try search.forEachEvent { event in
      isCut = found.count >= limit
      if !isCut { found.append(event) }
      return !isCut
    }
    unread.add(files)
    self.isCut = self.isCut || isCut
    return found
  }

  private mutating func events(
    _ sought: LineFilter.Sought, accepts: @escaping @Sendable (AuditEvent) -> Bool
  ) throws -> [AuditEvent] {
    var filter = LineFilter()
    filter.sought = sought
    return try events(filter, accepts: accepts)
  }

  /// The messages to which some events belong, the oldest first, each with all of its events in the order of time.
  package mutating func messages(of seeds: [AuditEvent]) throws -> [[AuditEvent]] {
    var groups = MessageGroups()
    let keys = distinct(seeds.compactMap(MessageName.messageKey), limit: Self.maximumMessages)
    if !keys.isEmpty {
      let sought = LineFilter.sought(oneOf: keys.map(MessageName.sought))
      let found = try events(sought) { event in MessageName.messageKey(of: event).map(keys.contains) ?? false }
      for event in found { groups.add(event) }
    }
    let queues = distinct((groups.events + seeds).compactMap(MessageName.queueID), limit: Self.maximumQueueIDs)
    if !queues.isEmpty {
      let ids = Set(queues.map(\.id))
      let found = try events(LineFilter.sought(oneOf: ids.map { SoughtText($0, foldsCase: false) })) { event in
        MessageName.messageKey(of: event) == nil && MessageName.queueID(of: event).map(queues.contains) ?? false
      }
      for event in found { groups.add(event) }
    }
    let messages = groups.messages(with: Set(seeds.map(\.id)))
    isCut = isCut || messages.count > Self.maximumMessages
    return Array(messages.prefix(Self.maximumMessages))
  }

  /// The first of the values that differ.
  private mutating func distinct<Value: Hashable>(_ values: [Value], limit: Int) -> Set<Value> {
    var kept: Set<Value> = []
    for value in values where !kept.contains(value) {
      guard kept.count < limit else {
        isCut = true
        break
      }
      kept.insert(value)
    }
    return kept
  }
}
