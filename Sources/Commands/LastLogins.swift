import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Bridge
import Configuration
import Correlation
import Platform

/// What `mailtrail last` answers: rows of the table of logins, and empty ones for mailboxes that are not in it.
struct LastLogins {
  /// Which mailboxes are wanted. Times are microseconds since 1970, and those of the last successful login.
  struct Selection {
    /// None for all.
    var services: Set<String> = []
    var since: UInt64?
    var until: UInt64?
    var unusedSince: UInt64?
    var isNever = false
    /// So many of them, those with the newest logins.
    var limit: Int?

    func accepts(_ row: MailboxLogins) -> Bool {
      let last = row.all.success?.time
      if isNever, last != nil { return false }
      if let unusedSince, let last, last >= unusedSince { return false }
      if let since, last ?? 0 < since { return false }
      if let until, last ?? .max > until { return false }
      return true
    }
  }

  /// In the order of their names, or the newest login first where they are limited.
  private(set) var rows: [MailboxLogins] = []
  /// Since when logins are known, microseconds since 1970; nil when they are not.
  private(set) var known: UInt64?
  /// Lines of the table that are damaged.
  private(set) var damaged = 0
  /// What a person should know of the answer.
  private(set) var hints: [String] = []
  let unread = UnreadLines()

  private let configuration: Configuration
  private let reader: TrailReader
  private var found: [MailboxAddress: MailboxLogins] = [:]
  private var listed: Set<MailboxAddress> = []

  /// Reads what is known of the mailboxes that are named, or of all.
  ///
  /// - Throws: `FileError`, or a `ValidationError` for a name that is none.
  init(_ configuration: Configuration, names: [String], _ selection: Selection) throws {
    self.configuration = configuration
    reader = try TrailReader(root: configuration.audit.directory)
    let named = try names.isEmpty ? nil : Self.mailboxes(names, MailboxLookup(configuration, reader))
    let now = SystemClock.realtime()
    try readTable(named, now: now)
    if let named {
      for mailbox in named { found[mailbox] = found[mailbox] ?? MailboxLogins(mailbox: mailbox) }
    } else {
      try addMailboxes()
    }
    // While the table is young, a trail may know more.
    let retention = configuration.audit.retention.microseconds
    if known.map({ $0 > now - min(now, retention) }) ?? true { try readTrails() }
    rows = found.values.filter { named != nil || mayBeUsed($0) }.map { $0.of(selection.services) }
      .filter(selection.accepts).sorted { LoginTableReader.precedes($0.mailbox, $1.mailbox) }
    if let limit = selection.limit { rows = Self.newest(limit, of: rows) }
    addHints(selection)
  }

  /// Whether it is an account still, as far as is known.
  private func mayBeUsed(_ row: MailboxLogins) -> Bool {
    !row.services.isEmpty || row.deleted == nil || listed.contains(row.mailbox)
  }

  private static func mailboxes(_ names: [String], _ lookup: MailboxLookup) throws -> [MailboxAddress] {
    try names.map { try lookup.find($0).mailbox }
  }

  private static func newest(_ limit: Int, of rows: [MailboxLogins]) -> [MailboxLogins] {
    let sorted = rows.map { (row: $0, time: $0.all.success?.time ?? 0) }.sorted {
      $0.time != $1.time ? $0.time > $1.time : LoginTableReader.precedes($0.row.mailbox, $1.row.mailbox)
    }
    return sorted.prefix(limit).map(\.row)
  }

  // MARK: - Reading

  private mutating func readTable(_ named: [MailboxAddress]?, now: UInt64) throws {
    guard let table = try LoginTableReader(root: configuration.audit.directory) else { return }
    let wanted = named.map(Set.init)
    var rows: [MailboxAddress: MailboxLogins] = [:]
    damaged = try table.forEachRow { row in
      if wanted?.contains(row.mailbox) ?? true { rows[row.mailbox] = row }
    }.total
    found = rows
    // Older ones were removed.
    known = table.bounds.map { max($0.since, now - min(now, LoginTable.retention)) }
  }

  /// Mailboxes that have a trail, or are in a file: that they never logged in may be what was asked.
  private mutating func addMailboxes() throws {
    for trail in try reader.trails() {
      guard let mailbox = try reader.mailbox(of: trail) else { continue }
      if found[mailbox] == nil { found[mailbox] = MailboxLogins(mailbox: mailbox) }
    }
    do {
      for mailbox in try CorrelationPolicy.knownMailboxes(configuration.mailboxes) {
        listed.insert(mailbox)
        if found[mailbox] == nil { found[mailbox] = MailboxLogins(mailbox: mailbox) }
      }
    } catch let error as FileError {
      hints.append("mailtrail: mailboxes without a login may be missing here: \(error)")
    }
  }

  private mutating func readTrails() throws {
    for (mailbox, row) in found {
      let trail = TrailPath(.mailbox(mailbox))
      var row = row
      try reader.forEachLine(of: trail) { line in
        guard let event = unread.event(of: line, in: trail), isOf(mailbox, event, in: trail) else { return true }
        Self.take(event, into: &row)
        return true
      }
      found[mailbox] = row
    }
  }

  /// Two mailboxes with long names may have one trail. In every other all records are the mailbox's, also those that name
  /// another, from which they were moved.
  private func isOf(_ mailbox: MailboxAddress, _ event: AuditEvent, in trail: TrailPath) -> Bool {
    trail.owner != nil || event.fields[.mailbox]?.elementsEqual(mailbox.bytes) == true
  }

  /// What the table would know of a record.
  private static func take(_ event: AuditEvent, into row: inout MailboxLogins) {
    guard LoginSightings.takes(event.kind), event.fields[.confidence] == nil else { return }
    if event.kind == .accountDeleted { return row.delete(at: event.time) }
    if event.kind == .loginSucceeded, event.fields[.actor]?.elementsEqual("owner".utf8) == false { return }
    let reason = event.kind == .loginSucceeded ? [] : event.fields[.reason] ?? []
    row.take(
      .init(kind: event.kind, time: event.time, ip: Array(event.fields[.ip] ?? []), reason: Array(reason)),
      service: MailboxLogins.known(event.fields[.service] ?? []))
  }

  // MARK: - Hints

  private mutating func addHints(_ selection: Selection) {
    if rows.isEmpty { hints.insert("-- No mailboxes --", at: 0) }
    if let known {
      hints.append("Logins are known since \(LocalClock.date(known).prefix(16)).")
      if let asked = selection.unusedSince, asked < known {
        hints.append("mailtrail: of the time before, who was used then is not known")
      }
    } else {
      hints.append(
        "mailtrail: logins are not known yet: the collector makes their table when it is started (systemctl start "
          + "mailtrail); what the trails have is shown")
    }
    let audit = configuration.audit
    let isOff = audit.kinds[.loginSucceeded] == .off
    if !audit.isEnabled || isOff {
      hints.append(
        "mailtrail: successful logins are not noted: "
          + (isOff ? "audit.kinds has \"login.succeeded\": off" : "audit.enabled is false"))
    }
  }
}

extension MailboxLogins {
  /// The row with these services only; none for all.
  fileprivate func of(_ names: Set<String>) -> MailboxLogins {
    guard !names.isEmpty else { return self }
    return MailboxLogins(mailbox: mailbox, deleted: deleted, services: services.filter { names.contains($0.key) })
  }
}
