import AuditModel

/// What strangers cause fills no disk: beyond `audit.strangers-per-hour` one record with a count stands for the rest of
/// the hour. What an owner does is never left out.
extension Correlator {
  /// All files together have as much as so many.
  private static let files = 10
  /// The name of all files together; the others end in a kind's number.
  private static let allFiles: [UInt8] = [.max]

  /// Whether the file has room for one more of the kind in this hour; if not, it is counted.
  func isWithinAllowance(_ event: AuditEvent, _ owner: TrailOwner) -> Bool {
    guard strangers.maximum > 0, event.kind.isStrangers(inUnknown: owner == .unknown) else { return true }
    let name = owner.fileName + [event.kind.rawValue]
    if strangers.hasRoom(name, at: event.time), strangers.hasRoom(Self.allFiles, at: event.time, times: Self.files) {
      strangers.add(name, at: event.time)
      strangers.add(Self.allFiles, at: event.time)
      return true
    }
    // Where too many windows are open, those that are left out are counted together.
    let isFull = bursts.count >= Self.maximumBursts && bursts[leftOutKey(event.kind, owner)] == nil
    leaveOut(event, isFull ? .unknown : owner)
    return false
  }

  /// Windows of failed logins begin with the number of a kind.
  private func leftOutKey(_ kind: EventKind, _ owner: TrailOwner) -> BurstKey {
    BurstKey(bytes: [kind.rawValue | 0x80] + owner.fileName)
  }

  private func leaveOut(_ event: AuditEvent, _ owner: TrailOwner) {
    let key = leftOutKey(event.kind, owner)
    if bursts[key].map({ $0.end <= event.time }) ?? true {
      closeBurst(key)
      let hour = event.time - event.time % 3_600_000_000 + 3_600_000_000
      let end = min(hour, policy.dayEnd(event.time))
      bursts[key] = Burst(first: event.id, end: end, owner: owner, last: nil, count: 0)
      closeWindow(key, at: end)
    }
    bursts[key]?.last = summary(of: event, owner)
    bursts[key]?.add(event)
    if tracksChanges { changedBursts.insert(key) }
  }

  /// What those that are left out have in common; in `_unknown` that is no name.
  private func summary(of event: AuditEvent, _ owner: TrailOwner) -> AuditEvent {
    var fields = EventFields(arena)
    let common = [FieldKey.outcome, .actor, .host, .daemon, .rule]
    for key in owner == .unknown ? common : [.mailbox] + common {
      if let value = event.fields[key] { value.withUnsafeBytes { fields.set(key, to: $0) } }
    }
    let reason = "not recorded one by one: more than \(strangers.maximum) in this hour (audit.strangers-per-hour)"
    Array(reason.utf8).withUnsafeBytes { fields.set(.reason, to: $0) }
    var event = event
    event.fields = fields.finished()
    return event
  }
}

extension TrailOwner {
  /// A name for counting that no other file has.
  fileprivate var fileName: [UInt8] {
    switch self {
    case .mailbox(let address): address.bytes
    case .panel(let account): [0] + account
    case .local(let user): [1] + user
    case .unknown, .bridge: []
    }
  }
}
