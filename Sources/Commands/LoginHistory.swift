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

  var filter: EventFilter { EventFilter(since: since, until: until, kinds: ["login"], services: services) }

  func print(_ names: [String], _ configuration: Configuration, format: OutputFormat, isQuiet: Bool) throws {
    let reader = try TrailReader(root: configuration.audit.directory)
    let lookup = try MailboxLookup(configuration, reader)
    let unread = UnreadLines()
    var found: [AuditEvent] = []
    for name in names {
      found += try SubjectEvents(subject: lookup.subject(of: name), filter: filter, limit: limit).read(reader, unread)
    }
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
