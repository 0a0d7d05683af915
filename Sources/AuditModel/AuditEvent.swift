/// One thing that happened to one mailbox: a line of its audit file.
public struct AuditEvent: Sendable, Hashable {
  public var id: EventID
  /// Microseconds since 1970, UTC: the realtime of the journal entry that it is from.
  public var time: UInt64
  public var kind: EventKind
  public var level: Level
  /// Everything else, by `FieldKey`.
  public var fields: FieldSet
  /// What a record of a newer version says besides, as JSON: `,"key":value` for each key that is not known.
  public var unknownKeys: [UInt8] = []

  public init(id: EventID, time: UInt64, kind: EventKind, level: Level, fields: FieldSet) {
    self.id = id
    self.time = time
    self.kind = kind
    self.level = level
    self.fields = fields
  }
}

/// Whose file an event belongs in.
public enum TrailOwner: Sendable, Hashable {
  case mailbox(MailboxAddress)
  /// `_unknown`: names that are no mailbox of this server.
  case unknown
  /// `_bridge`: what the collector says of itself: gaps, starts, changed tables.
  case bridge
  /// `_panel/<account>`: a panel's operation whose mailbox the log does not name.
  case panel([UInt8])
  /// `_local/<user>`: a service of this machine that handed a message over, such as a web server's user.
  case local([UInt8])
}

/// An event and whose trail it goes to.
public struct OwnedEvent: Sendable {
  public var event: AuditEvent
  public var owner: TrailOwner

  public init(event: AuditEvent, owner: TrailOwner) {
    self.event = event
    self.owner = owner
  }
}
