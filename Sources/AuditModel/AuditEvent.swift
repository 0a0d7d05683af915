/// One thing that happened to one mailbox: a line of its audit file.
package struct AuditEvent: Sendable, Hashable {
  package var id: EventID
  /// Microseconds since 1970, UTC: the realtime of the journal entry that told it.
  package var time: UInt64
  package var kind: EventKind
  package var level: Level
  /// Everything else, by `FieldKey`.
  package var fields: FieldSet
  /// What a record of a newer version says besides, as JSON: `,"key":value` for each key that is not known.
  package var unknownKeys: [UInt8] = []

  package init(id: EventID, time: UInt64, kind: EventKind, level: Level, fields: FieldSet) {
    self.id = id
    self.time = time
    self.kind = kind
    self.level = level
    self.fields = fields
  }
}

/// Whose file an event belongs in.
package enum TrailOwner: Sendable, Hashable {
  case mailbox(MailboxAddress)
  /// `_unknown`: names that are no mailbox of this server.
  case unknown
  /// `_bridge`: what the collector says of itself: gaps, starts, changed tables.
  case bridge
  /// `_panel/<account>`: a panel's operation whose mailbox the log does not name.
  case panel([UInt8])
}

/// An event and whose trail it goes to.
package struct OwnedEvent: Sendable {
  package var event: AuditEvent
  package var owner: TrailOwner

  package init(event: AuditEvent, owner: TrailOwner) {
    self.event = event
    self.owner = owner
  }
}
