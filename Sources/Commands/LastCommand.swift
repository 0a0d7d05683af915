import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Bridge
import Configuration

/// `mailtrail last`: the last login of each mailbox, and the last that failed, as lastlog(8) has them for accounts.
struct LastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "last", abstract: "List the last successful and the last failed login of each mailbox.",
    discussion: """
      Successful logins are of level 1: they are only recorded with audit.level 1, or with audit.kinds "login.succeeded": 5.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case short, json
  }

  @OptionGroup var options: ConfigurationOptions

  @Option(name: [.short, .long], help: "short or json.")
  var output = Format.short

  @Flag(name: [.short, .long], help: "Suppress headings and hints.")
  var quiet = false

  @Argument(help: "Show these mailboxes only; a bare name gets mailboxes.default-domain.")
  var mailboxes: [String] = []

  func run() throws {
    let configuration = try options.load()
    let reader = try TrailReader(root: configuration.audit.directory)
    let unread = UnreadLines()
    var found =
      mailboxes.isEmpty ? try all(reader, unread) : try named(reader, MailboxLookup(configuration, reader), unread)
    try LastLogins.readUnknown(reader, into: &found, unread)
    for line in lines(found) { print(line) }
    try unread.report()
    guard !quiet else { return }
    if found.isEmpty { StandardError.write("-- No mailboxes --") }
    let level = configuration.audit.level(of: .loginSucceeded)
    if level.map({ $0 >= configuration.audit.level }) == true || found.contains(where: { $0.success != nil }) { return }
    StandardError.write(
      "mailtrail: successful logins are not recorded here; audit.kinds \"login.succeeded\": "
        + "\(configuration.audit.level.rawValue) in mailtrail.yaml does")
  }

  private func all(_ reader: TrailReader, _ unread: UnreadLines) throws -> [LastLogins] {
    var found: [LastLogins] = []
    for trail in try reader.trails() {
      guard let address = try reader.mailbox(of: trail) else { continue }
      var last = LastLogins(mailbox: address)
      try last.read(trail, reader, unread)
      found.append(last)
    }
    return found
  }

  /// A name that has no trail stands there too: that it never logged in may be what was asked.
  private func named(
    _ reader: TrailReader, _ lookup: MailboxLookup, _ unread: UnreadLines
  ) throws -> [LastLogins] {
    try mailboxes.map { name in
      let address = try lookup.find(name).mailbox
      var last = LastLogins(mailbox: address)
      try last.read(TrailPath(.mailbox(address)), reader, unread)
      return last
    }
  }

  private func lines(_ found: [LastLogins]) -> [String] {
    switch output {
    case .json: return found.map(\.json)
    case .short:
      let width = max(8, found.map { TerminalText.safe($0.mailbox.bytes).count }.max() ?? 0) + 2
      let heading = quiet || found.isEmpty ? [] : [LastLogins.heading(width)]
      return heading + found.map { $0.row(width) }
    }
  }
}

/// The newest login of a mailbox, and the newest that failed or was denied.
struct LastLogins {
  let mailbox: MailboxAddress
  private(set) var success: AuditEvent?
  private(set) var failure: AuditEvent?

  init(mailbox: MailboxAddress) { self.mailbox = mailbox }

  /// Takes an event of any kind up.
  mutating func take(_ event: AuditEvent) {
    switch event.kind {
    case .loginSucceeded: if event.time >= success?.time ?? 0 { success = event }
    case .loginFailed, .loginDenied, .loginDeniedRegion: if event.time >= failure?.time ?? 0 { failure = event }
    default: break
    }
  }

  /// Reads a trail from its end: to the day that has both, because lines stand in the order of time only nearly.
  mutating func read(_ trail: TrailPath, _ reader: TrailReader, _ unread: UnreadLines) throws {
    var last = self
    var lastDay: Day?
    try reader.forEachLine(of: trail, order: .newestFirst) { line in
      if let lastDay, line.day < lastDay { return false }
      guard let event = unread.event(of: line, in: trail), isOfMailbox(event, in: trail) else { return true }
      last.take(event)
      if last.success != nil, last.failure != nil { lastDay = lastDay ?? line.day }
      return true
    }
    self = last
  }

  /// Two mailboxes with long names may have one trail. In every other all records are the mailbox's, also those that name
  /// another, from which they were moved.
  private func isOfMailbox(_ event: AuditEvent, in trail: TrailPath) -> Bool {
    trail.owner != nil || event.fields[.mailbox]?.elementsEqual(mailbox.bytes) == true
  }

  /// Takes up what failed before the mailbox was known here, in one pass; names that are not asked for make no entry.
  static func readUnknown(
    _ reader: TrailReader, into found: inout [LastLogins], _ unread: UnreadLines
  ) throws {
    var indices: [[UInt8]: [Int]] = [:]
    for (index, last) in found.enumerated() { indices[last.mailbox.bytes, default: []].append(index) }
    var logins = found
    let trail = TrailPath(.unknown)
    try reader.forEachLine(of: trail) { line in
      guard let event = unread.event(of: line, in: trail), let mailbox = event.fields[.mailbox] else { return true }
      for index in indices[Array(mailbox)] ?? [] { logins[index].take(event) }
      return true
    }
    found = logins
  }

  // MARK: - Printing

  static func heading(_ width: Int) -> String {
    TerminalText.padded("MAILBOX", width) + TerminalText.padded("LAST LOGIN", 21) + TerminalText.padded("FROM", 28)
      + TerminalText.padded("LAST FAILURE", 21) + "FROM"
  }

  func row(_ width: Int) -> String {
    let left = TerminalText.padded(TerminalText.safe(mailbox.bytes), width)
    let middle = TerminalText.padded(Self.time(success), 21) + TerminalText.padded(Self.origin(success), 28)
    let line = left + middle + TerminalText.padded(Self.time(failure), 21) + Self.origin(failure)
    return String(line.reversed().drop { $0 == " " }.reversed())
  }

  private static func time(_ event: AuditEvent?) -> String {
    event.map { LocalClock.date($0.time) } ?? "never"
  }

  private static func origin(_ event: AuditEvent?) -> String {
    guard let event else { return "" }
    return [FieldKey.ip, .service].map { TerminalText.safe(event.fields[$0]) }.filter { !$0.isEmpty }
      .joined(separator: " ")
  }

  /// One object: the mailbox, and the two records as they stand in the trail.
  var json: String {
    var json = JSONText()
    json.add("mailbox", bytes: Array(mailbox.bytes))
    for (name, event) in [("success", success), ("failure", failure)] {
      guard let event else { continue }
      var record: [UInt8] = []
      RecordEncoder().append(event, to: &record)
      json.add(name, json: String(decoding: record.dropLast(), as: UTF8.self))
    }
    return json.object
  }
}
