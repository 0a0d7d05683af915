import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Bridge
import Configuration
import LogSources
import RuleTable
import TestSupport
import Testing

@testable import Commands

/// What Postfix and Dovecot log of one message, out of a real journal, through the tables into a tree, and traced there.
@Suite struct TraceReplayTests {
  private static let id = "<L00103@client.example>"
  private static let reply = "host mx.remote.example[192.0.2.201] said:"

  private static let journal: TestJournal = {
    var journal = TestJournal()
    let queue = "92858176002: "
    let relay = "relay=mx.remote.example[192.0.2.201]:25, delay=0.07, delays=0.06/0.01/0/0.01"
    let imap = "imap(carol@example.org)<9><S1>: "
    journal.add(
      "postfix/submission/smtpd",
      queue + "client=unknown[192.0.2.11], sasl_method=PLAIN, sasl_username=alice@example.org")
    journal.add("postfix/cleanup", queue + "message-id=\(id)")
    journal.add("postfix/qmgr", queue + "from=<alice@example.org>, size=554, nrcpt=6 (queue active)")
    for number in 1...3 {
      journal.add(
        "postfix/smtp",
        queue
          + "to=<ok\(number)@remote.example>, \(relay), dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as C0\(number))")
    }
    journal.add(
      "postfix/smtp",
      queue + "to=<nouser@remote.example>, \(relay), dsn=5.1.1, status=bounced (\(reply) 550 5.1.1 no such user)")
    journal.add(
      "postfix/smtp",
      queue + "to=<later@remote.example>, \(relay), dsn=4.2.0, status=deferred (\(reply) 450 4.2.0 try again later)")
    journal.add(
      "dovecot",
      "lmtp(carol@example.org)<8><S0>: save: box=INBOX, uid=8, msgid=\(id), size=565, from=alice@example.org, flags=()")
    journal.add("dovecot", "lmtp(carol@example.org)<8><S0>: sieve: msgid=\(id): stored mail into mailbox 'INBOX'")
    journal.add(
      "postfix/lmtp",
      queue + "to=<carol@example.org>, relay=mx[private/dovecot-lmtp], delay=0.07, delays=0.06/0/0/0.01, dsn=2.0.0, "
        + "status=sent (250 2.0.0 <carol@example.org> S0 Saved)")
    journal.add(
      "dovecot",
      "imap-login: Login: user=<carol@example.org>, method=PLAIN, rip=198.51.100.9, lip=192.0.2.1, mpid=9, session=<S1>"
    )
    journal.add("dovecot", imap + "delete: box=INBOX, uid=8, msgid=\(id), size=565", after: 60_000_000)
    journal.add("dovecot", imap + "expunge: box=INBOX, uid=8, msgid=\(id), size=565", after: 1_000_000)
    return journal
  }()

  private func text(level: Level) throws -> String {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    try JournalFile.append(Self.journal.text, to: temporary.path + "/sample.journal")
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.audit.level = level
    configuration.mailboxes.defaultDomain = "example.org"
    configuration.rules.requiresTrustedSenders = false
    let root = temporary.path + "/Audit"
    let replay = try Replay(
      configuration: configuration, table: try RuleTables.load(directory: ""), calendar: .utc)
    let tree = try AuditTree(root: root, mode: .bulk, calendar: .utc)
    try replay.run(
      SourceRequest(journal: JournalSelection(files: [temporary.path + "/sample.journal"])),
      to: .tree(tree, try LoginTable(root: root, isDurable: false)))
    var tracer = try MessageTracer(TrailReader(root: root), UnreadLines())
    let messages = try tracer.messages(of: try tracer.events(named: Self.id))
    #expect(messages.count == 1)
    return MessageLifeText(
      MessageLife(messages.first ?? []), zone: .utc, isISO: false, width: nil, doubt: "level 3 is not recorded"
    ).text
  }

  @Test func everyRecipientHasItsState() throws {
    let text = try text(level: .lowest)
    func line(_ address: String) -> String {
      text.split(separator: "\n").first { $0.hasPrefix("  \(address): ") }.map(String.init)
        ?? "no line of \(address): \(text)"
    }
    #expect(text.hasPrefix("Message-ID  \(Self.id)\nSender      alice@example.org\nSent        "))
    #expect(text.contains("by alice@example.org, submission, from address 192.0.2.11, queue id 92858176002, on mx\n"))
    for number in 1...3 {
      #expect(line("ok\(number)@remote.example").contains("handed to mx.remote.example[192.0.2.201]:25 (250 2.0.0 Ok"))
    }
    #expect(line("nouser@remote.example").hasSuffix(": \(Self.reply) 550 5.1.1 no such user"))
    #expect(line("nouser@remote.example").contains("bounced by mx.remote.example"))
    #expect(line("later@remote.example").contains("deferred by mx.remote.example"))
    let carol = line("carol@example.org")
    #expect(carol.contains("stored in INBOX · ") && !carol.contains("handed to"))
    #expect(carol.contains("marked as deleted from INBOX by the owner from address 198.51.100.9 · "))
    #expect(carol.hasSuffix("removed for good from INBOX by the owner from address 198.51.100.9"))
  }

  @Test func whatIsNotRecordedIsNotInvented() throws {
    let text = try text(level: .normal)
    #expect(!text.contains("handed to") && !text.contains("ok1@remote.example"))
    #expect(text.hasSuffix("  (others): unknown: whether there are more is not recorded; level 3 is not recorded\n"))
    #expect(text.contains("  carol@example.org: ") && text.contains("  nouser@remote.example: "))
  }
}
