import AuditModel
import RuleTable

/// What the table of logins learns of an event, whether it is recorded or not.
extension Correlator {
  /// Notes a login that is certain: of a mailbox, by its owner where it succeeded. Who else may read a mailbox says nothing
  /// about its owner.
  func note(_ kind: EventKind, of owner: TrailOwner, _ fields: EventFields) {
    guard notesLogins, case .mailbox(let mailbox) = owner, !fields.contains(.confidence) else { return }
    if let shard = policy.shard, !shard.holds(mailbox.bytes[...]) { return }
    if kind == .loginSucceeded, let actor = fields.range(of: .actor), !arena[actor].elementsEqual("owner".utf8) {
      return
    }
    func text(_ key: FieldKey) -> UnsafeRawBufferPointer {
      fields.range(of: key).map { arena[$0] } ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }
    logins.append(
      kind, at: frame.facts.realtime, mailbox: mailbox.bytes, service: text(.service), ip: text(.ip),
      reason: text(.reason))
  }

  /// Keeps logins for `drainLogins`, from now on.
  public func noteLogins() { notesLogins = true }

  /// Hands out the logins since the caller last took them, and forgets them.
  public func drainLogins() -> LoginSightings {
    guard !logins.isEmpty else { return LoginSightings() }
    defer { logins = LoginSightings() }
    return logins
  }
}
