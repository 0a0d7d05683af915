import AuditModel
import RuleTable

extension Correlator {
  /// Makes an event of what the rule says and sends it on its way: gates, bursts, counters, owner.
  func emit(_ instruction: ActionProgram.Instruction) {
    let kind = instruction.kind
    // A doubtful condition decided that this event is emitted.
    var isAmbiguous = sawDoubt || isWhollyAmbiguous
    let filing =
      isWhollyAmbiguous && !frame.isConfirmed && instruction.filing != .unnamed ? .unowned : instruction.filing
    // Whether somebody takes the notes or not: what becomes known on the way is the same in every replay.
    let isNoted = areNoted[Int(kind.rawValue)]
    let isEmitted = kind == .messageSent || levels[Int(kind.rawValue)] != nil
    guard isEmitted || isNoted else {
      // Nobody will see it: all that it leaves is the mailbox that it proves.
      if filing == .ofMailbox { learnMailbox(instruction) }
      return
    }
    var fields = EventFields(arena, keys: isEmitted ? .all : .ofLogins)
    for index in instruction.assignments {
      let assignment = program.assignments[Int(index)]
      sawDoubt = false
      if !assignment.isEmpty, fields.takes(assignment.field) {
        fields.set(assignment.field, isDoubtful: sawDoubt) { append(assignment.value) }
      }
    }
    // What the rule itself says is canonical.
    let isCanonical = fields.contains(.mailbox)
    addCaptures(&fields)
    for index in instruction.list {
      let name = Int(program.lists[Int(index)])
      guard let context = contextInUse(name) else { continue }
      contexts.withFields(at: context) { Self.addCaptures($0, isDoubtful: isDoubtful(context: name), &fields) }
    }
    // `ip=""` says that the event must not have it, whatever captures and contexts know.
    for index in instruction.assignments where program.assignments[Int(index)].isEmpty {
      fields.remove(program.assignments[Int(index)].field)
    }
    let isOwnerDoubtful = fields.isDoubtful(.mailbox)
    if fields.removeDoubtful(except: .mailbox) || isOwnerDoubtful { isAmbiguous = true }
    fields.clearDoubt(.mailbox)
    let owned = isOwnerDoubtful && !frame.isConfirmed ? .unowned : filing
    if !isCanonical { nameBecomesMailbox(&fields) }
    guard let owner = decideOwner(instruction, owned, fields) else { return }
    if isAmbiguous { fields.set(.confidence, to: "ambiguous") }
    if isNoted { note(kind, of: owner, fields) }
    guard isEmitted else { return fields.discard() }
    complete(&fields, kind)
    let event = AuditEvent(
      id: EventID(source: frame.facts.identity, detail: fields.detail(of: kind)), time: frame.facts.realtime,
      kind: kind, level: kind.defaultLevel, fields: fields.finished())
    count(event, owner)
    admit(event, owner)
  }

  /// What every event has, where neither the rule nor the line said it.
  private func complete(_ fields: inout EventFields, _ kind: EventKind) {
    if !fields.contains(.outcome) { fields.set(.outcome, to: kind.defaultOutcome) }
    if !fields.contains(.actor), let actor = kind.defaultActor { fields.set(.actor, to: actor) }
    if !policy.keepsSubjects { fields.remove(FieldKey.subject.rawValue) }
    if !frame.facts.host.isEmpty { frame.facts.host.withUnsafeBytes { fields.set(.host, to: $0) } }
    program.pool.withUnsafeBytes { pool in
      let (daemon, rule) = (program.daemons[frame.rule], program.names[frame.rule])
      if !fields.contains(.daemon) {
        fields.set(.daemon, to: .init(rebasing: pool[Int(daemon.lowerBound)..<Int(daemon.upperBound)]))
      }
      fields.set(.rule, to: .init(rebasing: pool[Int(rule.lowerBound)..<Int(rule.upperBound)]))
    }
  }

  /// Whether the line has two readings and it is not known in which captures they differ.
  private var isWhollyAmbiguous: Bool {
    guard frame.isAmbiguous else { return false }
    let captures = arena[0..<frame.capturesEnd]
    var header = 0
    while header < captures.count {
      if FieldLayout.isDoubtful(at: header, in: captures) { return false }
      header = FieldLayout.value(at: header, in: captures).upperBound
    }
    return true
  }

  private func learnMailbox(_ instruction: ActionProgram.Instruction) {
    let kind = instruction.kind
    guard kind.provesMailbox else { return }
    let start = arena.count
    defer { arena.truncate(to: start) }
    let mailbox = FieldKey.mailbox.rawValue
    if let index = instruction.assignments.first(where: { program.assignments[Int($0)].field == mailbox }) {
      guard append(program.assignments[Int(index)].value) else { return }
    } else {
      guard appendCapture(mailbox), nameBecomesMailbox(.account, from: start) else { return }
    }
    guard !sawDoubt || frame.isConfirmed else { return }
    _ = mailboxes.learn(arena[from: start], byDelivery: kind.provesMailboxByDelivery, at: frame.facts.realtime)
  }

  /// A delivery agent's line names an account, and with an extension nobody else can know that it is one: it is known
  /// from the line on, not only when the event is emitted, so that the transfer agent's line of the same delivery, which
  /// names an address, means the same mailbox.
  func learnDeliveredAccount() {
    let account = program.deliveredAccounts[frame.rule]
    guard account >= 0, !frame.isAmbiguous, frame.facts.sender == .proven else { return }
    let start = arena.count
    defer { arena.truncate(to: start) }
    guard append(account), policy.naming.hasExtension(arena[from: start]) else { return }
    _ = mailboxes.learn(arena[from: start], byDelivery: true, at: frame.facts.realtime)
  }

  /// Captures that are called like a record's key are the event's.
  private func addCaptures(_ fields: inout EventFields) {
    var header = 0
    while header < frame.capturesEnd {
      let captures = arena[0..<frame.capturesEnd]
      let (name, value) = (FieldLayout.key(at: header, in: captures), FieldLayout.value(at: header, in: captures))
      let isDoubtful = FieldLayout.isDoubtful(at: header, in: captures)
      header = value.upperBound
      if fields.takes(name), !value.isEmpty, !fields.contains(name) {
        fields.add(name, copyOf: value, isDoubtful: isDoubtful)
      }
    }
  }

  /// A context's fields likewise.
  private static func addCaptures(
    _ context: UnsafeRawBufferPointer, isDoubtful: Bool, _ fields: inout EventFields
  ) {
    var header = 0
    while header < context.count {
      let (name, value) = (FieldLayout.key(at: header, in: context), FieldLayout.value(at: header, in: context))
      let isDoubtful = isDoubtful || FieldLayout.isDoubtful(at: header, in: context)
      header = value.upperBound
      if fields.takes(name), !value.isEmpty, !fields.contains(name) {
        fields.add(name, UnsafeRawBufferPointer(rebasing: context[value]), isDoubtful: isDoubtful)
      }
    }
  }

  /// Puts the mailbox that a capture or a context said into its canonical form.
  private func nameBecomesMailbox(_ fields: inout EventFields) {
    guard let name = fields.range(of: .mailbox) else { return }
    let isNamed = fields.set(FieldKey.mailbox.rawValue) {
      let start = arena.count
      arena.appendCopy(of: name)
      return nameBecomesMailbox(.account, from: start)
    }
    if !isNamed { fields.remove(FieldKey.mailbox.rawValue) }
  }

  /// Whose file the event is for; nil when there is no mailbox.
  private func decideOwner(
    _ instruction: ActionProgram.Instruction, _ filing: ActionProgram.Filing, _ fields: EventFields
  ) -> TrailOwner? {
    if filing == .ofPanel || filing == .ofLocal {
      let start = arena.count
      defer { arena.truncate(to: start) }
      guard append(instruction.other), arena.count > start else { return nil }
      let name = arena.array(from: start)
      return filing == .ofPanel ? .panel(name) : .local(name)
    }
    if filing == .unnamed { return .unknown }
    guard let address = fields.range(of: .mailbox) else { return nil }
    if filing == .unowned { return .unknown }
    let (kind, time) = (instruction.kind, frame.facts.realtime)
    let known =
      kind.provesMailbox
      ? mailboxes.learn(arena[address], byDelivery: kind.provesMailboxByDelivery, at: time)
      : mailboxes.find(arena[address])
    return known.map { .mailbox($0) } ?? .unknown
  }

  /// Counts a sent message and reports when an hour has too many.
  private func count(_ event: AuditEvent, _ owner: TrailOwner) {
    guard event.kind == .messageSent, let name = counted(event, owner), let number = sent.count(name, at: event.time)
    else { return }
    var fields = EventFields(arena)
    for key in [FieldKey.mailbox, .service, .actor, .actorName, .ip, .client, .host, .daemon, .rule] {
      if let value = event.fields[key] { value.withUnsafeBytes { fields.set(key, to: $0) } }
    }
    fields.set(.outcome, to: "success")
    Array("more than \(sent.maximum) messages in an hour".utf8).withUnsafeBytes { fields.set(.reason, to: $0) }
    Array(String(number).utf8).withUnsafeBytes { fields.set(.count, to: $0) }
    let emitted = AuditEvent(
      id: EventID(source: event.id.source, detail: fields.detail(of: .sendRateExceeded)), time: event.time,
      kind: .sendRateExceeded, level: .high, fields: fields.finished())
    admit(emitted, owner)
  }

  /// The name under which sent messages count: what is nobody's counts by itself, since whoever sends may name anybody.
  /// Nil where nobody is named.
  private func counted(_ event: AuditEvent, _ owner: TrailOwner) -> [UInt8]? {
    if case .local(let user) = owner { return [HourlyCounter.locals] + user }
    guard let mailbox = event.fields[.mailbox] else { return nil }
    return owner == .unknown ? [HourlyCounter.nobodys] + mailbox : Array(mailbox)
  }

  /// Lets an event through the gates; failed logins go by way of their burst.
  private func admit(_ event: AuditEvent, _ owner: TrailOwner) {
    if event.kind == .sendRateExceeded {
      // Once a mailbox and hour, whoever says it.
      guard sent.mayReport(counted(event, owner) ?? [], at: event.time) else { return }
    }
    guard let level = levels[Int(event.kind.rawValue)] else { return }
    var event = event
    event.level = level
    switch event.kind {
    case .loginFailed, .loginDenied, .loginDeniedRegion: addToBurst(event, owner)
    default: if isWithinAllowance(event, owner) { emit(event, to: owner) }
    }
  }
}
