import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Configuration
import Platform
import TestSupport
import Testing

@testable import Commands

/// `mailtrail last`: from the table, from trails while it is young, and of those who never came.
@Suite struct LastLoginsTests {
  private static let minute: UInt64 = 60_000_000
  private static let day: UInt64 = 1440 * minute
  /// In whole minutes, so that what is printed can be compared.
  private static let now = SystemClock.realtime() / minute * minute
  private static func address(_ name: String) -> MailboxAddress { MailboxAddress(Array(name.utf8))! }

  private static func login(_ daysAgo: UInt64, _ ip: String = "192.0.2.7") -> MailboxLogins.Login {
    .init(kind: .loginSucceeded, time: now - daysAgo * day, ip: Array(ip.utf8))
  }

  private static func failure(_ daysAgo: UInt64, _ reason: String = "wrong password") -> MailboxLogins.Login {
    .init(kind: .loginFailed, time: now - daysAgo * day, ip: Array("203.0.113.9".utf8), reason: Array(reason.utf8))
  }

  private static func row(_ name: String, _ logins: [String: [MailboxLogins.Login]]) -> MailboxLogins {
    var row = MailboxLogins(mailbox: address(name))
    for (service, logins) in logins { for login in logins { row.take(login, service: service) } }
    return row
  }

  private static let rows = [
    row("ann@example.org", ["imap": [login(40), login(3), failure(2)], "submission": [login(10, "192.0.2.8")]]),
    row("bob@example.org", ["webmail": [login(200)], "imap": [failure(300)]]),
    row("eve@example.org", ["imap": [failure(1)]]),
  ]

  private static func event(_ number: UInt64, _ kind: EventKind, daysAgo: UInt64, mailbox: String) -> AuditEvent {
    var fields = FieldSet()
    fields.set(.mailbox, to: mailbox)
    fields.set(.service, to: "imap")
    fields.set(.ip, to: "192.0.2.66")
    return AuditEvent(
      id: EventID(source: number, detail: 1), time: now - daysAgo * day, kind: kind, level: .normal, fields: fields)
  }

  /// A tree with a table that is kept for so many days, and what is in the trails.
  private func withTree(
    since daysAgo: UInt64? = 300, _ events: [AuditEvent] = [], _ body: (Configuration) throws -> Void
  ) throws {
    let temporary = TemporaryDirectory(inMemory: true)
    defer { temporary.remove() }
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.audit.directory = temporary.path + "/Audit"
    configuration.audit.timeZone = .utc
    configuration.mailboxes.defaultDomain = "example.org"
    configuration.mailboxes.known = [temporary.path + "/known"]
    try TestFiles.write("# who there is\nzoe@example.org:x\nann@example.org\n", to: temporary.path + "/known")
    let tree = try AuditTree(
      root: configuration.audit.directory, mode: .bulk, calendar: try DayCalendar(timeZone: "UTC"))
    for event in events {
      let mailbox = Self.address(String(decoding: event.fields[.mailbox] ?? [], as: UTF8.self))
      try tree.append(event, owner: .mailbox(mailbox))
    }
    try tree.commit()
    if let daysAgo {
      let table = try LoginTable(root: configuration.audit.directory, isDurable: false)
      try table.append(Self.rows, since: Self.now - daysAgo * Self.day)
    }
    try body(configuration)
  }

  private func names(
    _ configuration: Configuration, _ change: (inout LastLogins.Selection) -> Void = { _ in }
  ) throws -> [String] {
    var selection = LastLogins.Selection()
    change(&selection)
    return try LastLogins(configuration, names: [], selection).rows.map {
      String(decoding: $0.mailbox.localPart, as: UTF8.self)
    }
  }

  @Test("everybody is listed: of the table, of the trails, of mailboxes.known") func everybody() throws {
    try withTree([Self.event(1, .messageMoved, daysAgo: 0, mailbox: "carol@example.org")]) { configuration in
      let found = try LastLogins(configuration, names: [], .init())
      #expect(
        found.rows.map(\.mailbox) == ["ann", "bob", "carol", "eve", "zoe"].map { Self.address($0 + "@example.org") })
      #expect(found.rows[0] == Self.rows[0] && found.known == Self.now - 300 * Self.day && found.damaged == 0)
      #expect(found.hints == ["Logins are known since \(LocalClock.date(Self.now - 300 * Self.day).prefix(16))."])
    }
  }

  @Test func whoIsAskedFor() throws {
    try withTree { configuration in
      #expect(try names(configuration) { $0.isNever = true } == ["eve", "zoe"])
      #expect(try names(configuration) { $0.unusedSince = Self.now - 100 * Self.day } == ["bob", "eve", "zoe"])
      #expect(try names(configuration) { $0.since = Self.now - 100 * Self.day } == ["ann"])
      #expect(try names(configuration) { $0.until = Self.now - 100 * Self.day } == ["bob"])
      #expect(try names(configuration) { $0.limit = 1 } == ["ann"])
      #expect(try names(configuration) { ($0.limit, $0.services) = (1, ["webmail"]) } == ["bob"])
      #expect(
        try names(configuration) { ($0.isNever, $0.services) = (true, ["submission"]) } == ["bob", "eve", "zoe"])
      #expect(
        try names(configuration) { ($0.services, $0.unusedSince) = (["submission"], Self.now - 5 * Self.day) }
          == ["ann", "bob", "eve", "zoe"])
      let found = try LastLogins(configuration, names: ["nobody", "BOB@example.org"], .init())
      #expect(found.rows.map(\.mailbox) == ["bob@example.org", "nobody@example.org"].map(Self.address))
      let asked = try LastLogins(configuration, names: [], .init(unusedSince: Self.now - 350 * Self.day))
      #expect(asked.hints.last == "mailtrail: of the time before, who was used then is not known")
    }
  }

  @Test("while the table is young, or is not there, the trails say what they have") func youngTable() throws {
    let events = [
      Self.event(1, .loginSucceeded, daysAgo: 2, mailbox: "ann@example.org"),
      Self.event(2, .loginFailed, daysAgo: 3, mailbox: "ann@example.org"),
      Self.event(3, .loginSucceeded, daysAgo: 4, mailbox: "carol@example.org"),
    ]
    for age in [1, 300, nil] as [UInt64?] {
      try withTree(since: age, events) { configuration in
        let found = try LastLogins(configuration, names: [], .init())
        let last = found.rows.first { $0.mailbox == Self.address("ann@example.org") }?.all.success?.time
        #expect(last == Self.now - (age == 300 ? 3 : 2) * Self.day)
        #expect(found.rows.contains { $0.mailbox == Self.address("carol@example.org") && !$0.isEmpty } == (age != 300))
        #expect((found.known == nil) == (age == nil))
        #expect(found.hints.contains { $0.contains("systemctl start mailtrail") } == (age == nil))
      }
    }
  }

  @Test("an account that was deleted is nobody any more, unless it is named") func deleted() throws {
    try withTree { configuration in
      var row = Self.rows[1]
      row.delete(at: Self.now)
      try LoginTable(root: configuration.audit.directory, isDurable: false).append([row], since: 1)
      #expect(try names(configuration) == ["ann", "eve", "zoe"])
      let found = try LastLogins(configuration, names: ["bob"], .init())
      let lines = LastLoginsFormat(isDetailed: true, hasHeading: false, width: 80).lines(found.rows, as: .short)
      #expect(lines == ["bob@example.org  never", "  deleted        " + Self.time(0)])
    }
  }

  // MARK: - Formats

  private static func time(_ daysAgo: UInt64) -> String { String(LocalClock.date(now - daysAgo * day).prefix(16)) }

  private func lines(
    _ rows: [MailboxLogins], _ format: LastCommand.Format = .short, isDetailed: Bool = false, width: Int = 80
  ) -> [String] {
    LastLoginsFormat(known: Self.now, isDetailed: isDetailed, hasHeading: true, width: width).lines(rows, as: format)
  }

  @Test("a line a mailbox, and one for a failure that came after the last login") func briefly() {
    #expect(
      lines(Self.rows + [MailboxLogins(mailbox: Self.address("zoe@example.org"))]) == [
        "MAILBOX          LAST LOGIN        SERVICE  FROM",
        "ann@example.org  \(Self.time(3))  imap     192.0.2.7",
        "  failed         \(Self.time(2))  imap     203.0.113.9",
        "bob@example.org  \(Self.time(200))  webmail  192.0.2.7",
        "eve@example.org  never",
        "  failed         \(Self.time(1))  imap     203.0.113.9",
        "zoe@example.org  never",
      ])
  }

  @Test func inDetail() {
    #expect(
      lines([Self.rows[0]], isDetailed: true) == [
        "MAILBOX          LAST LOGIN        SERVICE     FROM",
        "ann@example.org  \(Self.time(3))  imap        192.0.2.7",
        "                 \(Self.time(10))  submission  192.0.2.8",
        "  failed         \(Self.time(2))  imap        203.0.113.9",
        "    wrong password",
        "  first seen     \(Self.time(40))",
      ])
  }

  @Test("within the terminal's columns, and nothing is cut") func width() {
    let address = "2001:db8:1234:5678:9abc:def0:1234:5678"
    let name = "a.rather.long.name@department.example.org"
    let rows = [Self.row(name, ["managesieve": [Self.login(1, address), Self.failure(0)]]), Self.rows[0]]
    for isDetailed in [false, true] {
      let lines = lines(rows, isDetailed: isDetailed)
      #expect(lines.allSatisfy { $0.count <= 80 } && lines.contains(name))
      #expect(lines.contains { $0.hasSuffix("managesieve  " + address) })
    }
    #expect(lines(rows, width: 200).contains { $0.hasPrefix(name + "  " + Self.time(1)) })
  }

  @Test func forPrograms() {
    func utc(_ daysAgo: UInt64) -> String { LocalClock.utc(Self.now - daysAgo * Self.day) }
    #expect(
      lines([Self.rows[1]], .json) == [
        #"{"mailbox":"bob@example.org","known_since":"\#(utc(0))","first_seen":"\#(utc(200))","#
          + #""success":{"time":"\#(utc(200))","kind":"login.succeeded","service":"webmail","ip":"192.0.2.7"},"#
          + #""failure":{"time":"\#(utc(300))","kind":"login.failed","service":"imap","ip":"203.0.113.9","reason":"wrong password"},"#
          + #""services":[{"service":"imap","failure":{"time":"\#(utc(300))","kind":"login.failed","ip":"203.0.113.9","reason":"wrong password"}},"#
          + #"{"service":"webmail","first_seen":"\#(utc(200))","success":{"time":"\#(utc(200))","kind":"login.succeeded","ip":"192.0.2.7"}}]}"#
      ])
    let csv = lines([Self.rows[1], MailboxLogins(mailbox: Self.address("zoe@example.org"))], .csv)
    #expect(csv.count == 4 && csv.allSatisfy { $0.hasSuffix("\r") })
    #expect(csv[1] == "bob@example.org,imap,,,,\(utc(300)),login.failed,203.0.113.9,wrong password\r")
    #expect(csv[2] == "bob@example.org,webmail,\(utc(200)),\(utc(200)),192.0.2.7,,,,\r")
    #expect(csv[3] == "zoe@example.org,,,,,,,,\r")
  }

  @Test("names and reasons drive no terminal and no spreadsheet") func hostileTexts() {
    let row = Self.row("=a\u{1B}[2J,\"\n@example.org", ["imap": [Self.failure(1, "\u{1B}]0;x\u{07}\r\n=cmd()")]])
    for format in LastCommand.Format.allCases {
      for line in lines([row], format, isDetailed: true) {
        #expect(!line.utf8.dropLast().contains { $0 < 32 } && !line.utf8.contains(0x1B))
      }
    }
    #expect(lines([row], .csv)[1].hasPrefix("\"'=a"))
  }

  @Test("the history has the logins of the trail, and failures of before the mailbox was known") func history() throws {
    let events = [
      Self.event(1, .loginSucceeded, daysAgo: 4, mailbox: "ann@example.org"),
      Self.event(2, .messageMoved, daysAgo: 2, mailbox: "ann@example.org"),
      Self.event(3, .loginDenied, daysAgo: 1, mailbox: "ann@example.org"),
    ]
    try withTree(events) { configuration in
      let tree = try AuditTree(
        root: configuration.audit.directory, mode: .bulk, calendar: try DayCalendar(timeZone: "UTC"))
      for name in ["ann@example.org", "bob@example.org"] {
        try tree.append(Self.event(4, .loginFailed, daysAgo: 3, mailbox: name), owner: .unknown)
      }
      try tree.commit()
      let reader = try TrailReader(root: configuration.audit.directory)
      let subject = try MailboxLookup(configuration, reader).subject(of: "ann")
      func sources(_ history: LoginHistory) throws -> [UInt64] {
        try SubjectEvents(subject: subject, filter: history.filter, limit: history.limit).read(reader, UnreadLines())
          .map(\.id.source).sorted()
      }
      #expect(try sources(LoginHistory()) == [1, 3, 4])
      #expect(try sources(LoginHistory(since: Self.now - 3 * Self.day)) == [3, 4])
      #expect(try sources(LoginHistory(services: [Array("pop3".utf8)])).isEmpty)
    }
  }
}
