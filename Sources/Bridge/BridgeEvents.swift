import AuditFiles
import AuditModel
import Correlation
import LogSources

/// Events about the collector itself: they go to `_bridge` and to the system journal, never to a mailbox.
enum BridgeEvents {
  /// Entries are missing or may be missing.
  ///
  /// - Parameter identity: of the entry that says it, where one does: what is known around it depends on the run.
  static func gap(_ notice: SourceNotice, at time: UInt64, identity: UInt64? = nil) -> OwnedEvent {
    let reason = notice.reason + GapBounds(from: notice.from, to: notice.to).text
    var fields = FieldSet()
    fields.set(.outcome, to: "failure")
    fields.set(.reason, to: reason)
    fields.set(.scope, to: notice.subject)
    if let count = notice.count { fields.set(.count, to: String(count)) }
    return make(.bridgeGap, fields, at: notice.to ?? time, level: .high, identity: identity)
  }

  /// journald dropped messages of a unit over its rate limit.
  ///
  /// - Parameter last: when the unit's last entry before it was written; nil when that is not known.
  static func suppressed(_ entry: JournalEntry, unit: String, since last: UInt64?) -> OwnedEvent {
    let notice = SourceNotice(
      kind: .gap, subject: unit,
      reason: "journald's rate limit dropped messages of \(unit); see RateLimitBurst= in journald.conf(5)",
      from: last, to: entry.realtime, count: entry.droppedCount == 0 ? nil : Int(clamping: entry.droppedCount))
    var identity = StableHash()
    for value in [entry.bootID.high, entry.bootID.low, entry.monotonic, entry.realtime, entry.contentHash] {
      identity.combine(value)
    }
    return gap(notice, at: entry.realtime, identity: identity.value)
  }

  static func started(_ reason: String, at time: UInt64) -> OwnedEvent { note(.bridgeStarted, reason, time) }
  static func stopped(_ reason: String, at time: UInt64) -> OwnedEvent { note(.bridgeStopped, reason, time) }
  static func tableChanged(_ reason: String, at time: UInt64) -> OwnedEvent {
    note(.bridgeTableChanged, reason, time)
  }

  /// A trail is moved into another one.
  ///
  /// - Parameters:
  ///   - identity: the same for a merge that is repeated.
  ///   - lastHash: that of the last line of the source's newest file.
  ///   - user: who did it.
  static func merged(
    _ merge: TrailMerge, identity: UInt64, lastHash: ChainHash?, user: String, at time: UInt64
  ) -> OwnedEvent {
    var fields = merge.fields
    fields.set(.outcome, to: "success")
    fields.set(.actor, to: "admin")
    fields.set(.actorName, to: user)
    let end = lastHash.map { ", whose last line has the hash \($0)" } ?? ""
    fields.set(.reason, to: "\(merge.source.directory)\(end), is moved into \(merge.target.directory)")
    return make(.bridgeTrailMerged, fields, at: time, level: .high, identity: identity)
  }

  private static func note(_ kind: EventKind, _ reason: String, _ time: UInt64) -> OwnedEvent {
    var fields = FieldSet()
    fields.set(.outcome, to: "success")
    fields.set(.reason, to: reason)
    return make(kind, fields, at: time, level: kind.defaultLevel)
  }

  private static func make(
    _ kind: EventKind, _ fields: FieldSet, at time: UInt64, level: Level, identity: UInt64? = nil
  ) -> OwnedEvent {
    var fields = fields
    fields.set(.daemon, to: "mailtrail")
    var hash = StableHash()
    hash.combine(time)
    for key in [FieldKey.reason, .scope, .count] { hash.combine(fields[key] ?? []) }
    let event = AuditEvent(
      id: EventID(source: identity ?? hash.value, detail: UInt64(kind.rawValue)), time: time, kind: kind, level: level,
      fields: fields)
    return OwnedEvent(event: event, owner: .bridge)
  }
}
