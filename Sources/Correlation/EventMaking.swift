import AuditModel
import RuleTable

extension Correlator {
  /// Makes an event of what the rule says and sends it on its way: gates, bursts, counters, owner.
  func tell(
    _ kind: EventKind, fields assignments: [FieldAssignment], with: [Int], filing: Action.Filing, _ execution: Execution
  ) {
    guard kind == .messageSent || levels[Int(kind.rawValue)] != nil else {
      // Nobody will see it: all that it leaves is the mailbox that it proves.
      if filing == .ofMailbox { learnMailbox(kind, assignments, execution) }
      return
    }
    var fields = FieldSet(minimumCapacity: 384)
    for assignment in assignments {
      if let value = value(assignment.value, execution), !value.isEmpty { fields.set(assignment.field, to: value) }
    }
    addCaptures(execution.captures, to: &fields)
    for index in with {
      if let key = execution.notes[index], let note = notes.lookUp(key, now: now) { addCaptures(note, to: &fields) }
    }
    // `ip=""` says that the event must not have it, whatever captures and notes know.
    for assignment in assignments where assignment.value == .literal([]) { fields.remove(assignment.field) }
    guard let owner = settleOwner(kind, &fields, filing, execution) else { return }
    let facts = execution.facts
    let rule = table.rules[execution.rule]
    setDefault(.outcome, kind.defaultOutcome, &fields)
    if let actor = kind.defaultActor { setDefault(.actor, actor, &fields) }
    if !policy.keepsSubjects { fields.remove(.subject) }
    if !facts.host.isEmpty { fields.set(.host, to: facts.host) }
    if !fields.contains(.daemon) { fields.set(.daemon, to: rule.daemon) }
    fields.set(.rule, to: rule.id)
    if execution.isAmbiguous { fields.set(.confidence, to: "ambiguous") }
    let event = AuditEvent(
      id: EventID(source: facts.identity, detail: detail(kind, fields)), time: facts.realtime, kind: kind,
      level: kind.defaultLevel, fields: fields)
    count(event, owner)
    admit(event, owner)
  }

  private func learnMailbox(
    _ kind: EventKind, _ assignments: [FieldAssignment], _ execution: Execution
  ) {
    guard kind.provesMailbox,
      let name = assignments.first(where: { $0.field == FieldKey.mailbox.rawValue }).map({ value($0.value, execution) })
        ?? execution.captures[.mailbox].map(Array.init),
      let address = policy.naming.address(of: name)
    else { return }
    _ = mailboxes.learn(address, byDelivery: kind.provesMailboxByDelivery, at: execution.facts.realtime)
  }

  /// Captures and note fields that are called like a record's key are the event's.
  private func addCaptures(_ source: FieldSet, to fields: inout FieldSet) {
    source.forEachField { name, value in
      if name < NameTable.firstOwn, !value.isEmpty, !fields.contains(name) { fields.append(name, value) }
    }
  }

  private func setDefault(_ key: FieldKey, _ value: StaticString, _ fields: inout FieldSet) {
    if !fields.contains(key) { fields.set(key, to: value.description) }
  }

  /// Puts the mailbox into its canonical form and says whose file the event is for; nil when there is no mailbox.
  private func settleOwner(
    _ kind: EventKind, _ fields: inout FieldSet, _ filing: Action.Filing, _ execution: Execution
  ) -> TrailOwner? {
    if case .ofPanel(let account) = filing {
      return value(account, execution).flatMap { $0.isEmpty ? nil : .panel($0) }
    }
    guard let name = fields[.mailbox], let address = policy.naming.address(of: name) else { return nil }
    fields.set(.mailbox, to: address.bytes)
    if filing == .unowned { return .unknown }
    let time = execution.facts.realtime
    if kind.provesMailbox, mailboxes.learn(address, byDelivery: kind.provesMailboxByDelivery, at: time) {
      return .mailbox(address)
    }
    return mailboxes.isKnown(address) ? .mailbox(address) : .unknown
  }

  private func detail(_ kind: EventKind, _ fields: FieldSet) -> UInt64 {
    var hash = StableHash()
    kind.name.withUTF8Buffer { hash.combine($0) }
    for key in [FieldKey.mailbox, .recipient, .folder, .toFolder, .uids] { hash.combine(fields[key] ?? []) }
    return hash.value
  }

  /// Counts a sent message and tells when an hour has too many.
  private func count(_ event: AuditEvent, _ owner: TrailOwner) {
    guard event.kind == .messageSent, let mailbox = event.fields[.mailbox],
      let number = sent.count(Array(mailbox), at: event.time)
    else { return }
    var fields = FieldSet()
    for key in [FieldKey.mailbox, .service, .ip, .client, .host, .daemon, .rule] {
      if let value = event.fields[key] { fields.set(key, to: value) }
    }
    fields.set(.outcome, to: "success")
    fields.set(.actor, to: "owner")
    fields.set(.reason, to: "more than \(sent.maximum) messages in an hour")
    fields.set(.count, to: String(number))
    let told = AuditEvent(
      id: EventID(source: event.id.source, detail: detail(.sendRateExceeded, fields)), time: event.time,
      kind: .sendRateExceeded, level: .high, fields: fields)
    admit(told, owner)
  }

  /// Lets an event through the gates; failed logins go by way of their burst.
  private func admit(_ event: AuditEvent, _ owner: TrailOwner) {
    if event.kind == .sendRateExceeded {
      // Once a mailbox and hour, whoever says it.
      guard sent.mayTell(Array(event.fields[.mailbox] ?? []), at: event.time) else { return }
    }
    guard let level = levels[Int(event.kind.rawValue)] else { return }
    var event = event
    event.level = level
    switch event.kind {
    case .loginFailed, .loginDenied, .loginDeniedRegion: addToBurst(event, owner)
    default: tell(event, to: owner)
    }
  }
}
