import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Bridge
import Configuration

/// `mailtrail last --history`: the logins that are in the trails of some mailboxes, one by one.
struct LoginHistory {
  var services: [[UInt8]] = []
  /// Microseconds since 1970.
  var since: UInt64?
  var until: UInt64?
  /// So many of them, the newest.
  var limit: Int?

  func print(_ names: [String], _ configuration: Configuration, format: OutputFormat, isQuiet: Bool) throws {
    let reader = try TrailReader(root: configuration.audit.directory)
    let lookup = try MailboxLookup(configuration, reader)
    let unread = UnreadLines()
    var found: [AuditEvent] = []
    for name in names { found += try logins(of: try lookup.subject(of: name), reader, unread) }
    found.sort { $0.time < $1.time }
    if let limit { found = found.suffix(limit) }
    let presentation = Presentation(
      usesColor: Terminal.standardOutput.usesColor, showsMailbox: names.count > 1,
      width: Terminal.standardOutput.lineWidth)
    let output = EventOutput(format: format.format(presentation), isPagerDisabled: true, jumpsToEnd: false)
    for event in found { guard try output.print(event) else { break } }
    try output.finish()
    if !isQuiet { for hint in hints(configuration, isEmpty: found.isEmpty) { StandardError.write(hint) } }
    try unread.report()
  }

  /// Those of the mailbox, and what failed before it was known here.
  func logins(
    of subject: MailboxLookup.Subject, _ reader: TrailReader, _ unread: UnreadLines
  ) throws -> [AuditEvent] {
    let filter = EventFilter(since: since, until: until, kinds: ["login"], services: services)
    let times = (since ?? 0)..<((until ?? .max - 1) + 1)
    var found: [AuditEvent] = []
    try reader.forEachLine(of: subject.trail, in: times) { line in
      if let event = unread.event(of: line, in: subject.trail), filter.accepts(event) { found.append(event) }
      return true
    }
    guard !subject.names.isEmpty else { return found }
    let unknown = TrailPath(.unknown)
    try reader.forEachLine(of: unknown, in: times) { line in
      guard let event = unread.event(of: line, in: unknown), filter.accepts(event), let name = event.fields[.mailbox],
        subject.names.contains(where: { name.elementsEqual($0.bytes) })
      else { return true }
      found.append(event)
      return true
    }
    return found
  }

  private func hints(_ configuration: Configuration, isEmpty: Bool) -> [String] {
    let level = configuration.audit.level(of: .loginSucceeded)
    let isRecorded = level.map { $0 >= configuration.audit.level } ?? false
    return (isEmpty ? ["-- No logins --"] : [])
      + (isRecorded
        ? []
        : [
          "mailtrail: the trails have no successful logins: audit.kinds \"login.succeeded\": "
            + "\(configuration.audit.level.rawValue) in mailtrail.yaml records them; without --history the last one is shown"
        ])
  }
}
