import AuditFiles
import AuditModel
import AuditOutput
import Bridge
import Configuration
import Correlation
import LogSources
import Platform
import RuleTable
import TestSupport
import Testing

@testable import Commands

/// From the id of an event back to its line, in a real journal and in a text log.
@Suite struct SourceEntriesTests {
  private static let configuration: Configuration = {
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.audit.level = .lowest
    configuration.mailboxes.defaultDomain = "example.org"
    configuration.rules.requiresTrustedSenders = false
    return configuration
  }()

  private func events(_ request: SourceRequest, _ table: CompiledTable) throws -> [AuditEvent] {
    let replay = try Replay(configuration: Self.configuration, table: table, calendar: .utc)
    var events: [AuditEvent] = []
    try replay.run(
      request,
      to: .events { owned in
        events.append(owned.event)
        return true
      })
    return events
  }

  private func entries(
    of event: AuditEvent, in request: SourceRequest, _ table: CompiledTable, texts: [String] = []
  ) throws -> SourceEntries {
    var request = request
    request.start = .since(event.time - TimeSpan.minute)
    request.until = event.time + TimeSpan.minute
    return try SourceEntries(
      of: event.id.source, in: request, rules: Self.configuration.rules, table: table,
      texts: texts.map { Array($0.utf8) }
    )
  }

  @Test func findsTheEntryInAJournal() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    var journal = TestJournal()
    let queue = "92858176002: "
    journal.add("postfix/submission/smtpd", queue + "client=unknown[192.0.2.11], sasl_method=PLAIN, sasl_username=ann")
    journal.add("postfix/cleanup", queue + "message-id=<a@client.example>", after: 3_600_000_000)
    journal.add("postfix/qmgr", queue + "from=<ann@example.org>, size=554, nrcpt=1 (queue active)")
    journal.add(
      "postfix/smtp",
      queue + "to=<eve@remote.example>, relay=mx[192.0.2.1]:25, delay=0.07, delays=0.06/0/0/0.01, dsn=5.1.1, "
        + "status=bounced (550 \u{1B}[2J no such user)")
    journal.add("cron", "92858176002: forged")
    try JournalFile.append(journal.text, to: temporary.path + "/a.journal")
    let request = SourceRequest(journal: JournalSelection(files: [temporary.path + "/a.journal"]))
    let table = try RuleTables.load(directory: "")
    let events = try events(request, table)
    let bounce = try #require(events.first { $0.kind == .sendBounced })
    let result = try entries(of: bounce, in: request, table, texts: ["92858176002"])
    #expect(result.found.count == 1)
    let entry = try #require(result.found.first)
    #expect(entry.time == bounce.time && entry.uid == 0 && entry.pid == 300)
    #expect(entry.captures.contains { $0.value == Array("eve@remote.example".utf8) })
    // Not what is an hour away, and not what another program says.
    #expect(
      result.related.map { String(decoding: $0.identifier, as: UTF8.self) } == ["postfix/cleanup", "postfix/qmgr"])
    let text = SourceText(zone: .utc, table: table).whole(entry)
    #expect(text.contains(" mx postfix/smtp[300]: 92858176002: to=<eve@remote.example>"))
    #expect(text.contains("    _UID=0\n    _SYSTEMD_UNIT=postfix@-.service\n    rule postfix."))
    #expect(!text.contains("\u{1B}"))
    for event in events { #expect(try entries(of: event, in: request, table).found.count == 1, "\(event.kind)") }
  }

  @Test func findsTheLineInATextLog() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    func line(_ time: String, _ session: String) -> String {
      "2026-11-21T\(time)+00:00 mx dovecot: imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, "
        + "mpid=9, session=<\(session)>\n"
    }
    let same = line("03:35:30", "SessionB")
    let text = line("02:35:30", "SessionA") + line("03:35:29", "SessionC") + same + same + line("05:00:00", "SessionD")
    let path = temporary.path + "/mail.log"
    try TestFiles.write(text, to: path)
    let request = SourceRequest(text: TextLogRequest(files: [path], format: nil))
    let table = try RuleTables.load(directory: "")
    let events = try events(request, table)
    #expect(events.count >= 4)
    for event in events {
      let found = try entries(of: event, in: request, table).found
      try #require(found.count == 1 && found[0].isFromTextLog)
      let session = try #require(event.fields[.session])
      #expect(String(decoding: found[0].message, as: UTF8.self).contains(String(decoding: session, as: UTF8.self)))
    }
    var event = events[0]
    event.id.source ^= 1
    let none = try entries(of: event, in: request, table)
    #expect(none.found.isEmpty && none.examined > 0)
  }
}
