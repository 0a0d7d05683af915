import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Platform
import TestSupport
import Testing

@testable import Commands

/// Messages out of real trees. Times are seconds behind noon of 2026-03-01.
@Suite struct MessageLifeTests {
  private static let noon: UInt64 = 1_772_366_400_000_000

  private func event(
    _ number: UInt64, _ kind: EventKind, at second: UInt64, _ values: [(FieldKey, String)]
  ) -> (AuditEvent, TrailOwner) {
    var fields = FieldSet()
    for (key, value) in [(FieldKey.host, "mx")] + values { fields.set(key, to: value) }
    let event = AuditEvent(
      id: EventID(source: number, detail: 1), time: Self.noon + second * TimeSpan.second, kind: kind, level: .normal,
      fields: fields)
    let mailbox = fields[.mailbox].flatMap { MailboxAddress(Array($0)) }
    return (event, mailbox.map { .mailbox($0) } ?? .unknown)
  }

  private func messages(
    _ name: String, in events: [(AuditEvent, TrailOwner)], limit: Int = MessageTracer.maximumEvents
  ) throws -> [[AuditEvent]] {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let root = temporary.path + "/Audit"
    let tree = try AuditTree(root: root, mode: .bulk, calendar: try DayCalendar(timeZone: "UTC"))
    for (event, owner) in events { try tree.append(event, owner: owner) }
    try tree.commit()
    var tracer = try MessageTracer(TrailReader(root: root), UnreadLines(), eventLimit: limit)
    let messages = try tracer.messages(of: try tracer.events(named: name))
    #expect(tracer.isCut == (events.count > limit))
    return messages
  }

  private func numbers(_ messages: [[AuditEvent]]) -> [[UInt64]] { messages.map { $0.map(\.id.source) } }

  private func text(_ events: [AuditEvent], width: Int? = nil, doubt: String = "") -> String {
    MessageLifeText(MessageLife(events), zone: .utc, isISO: false, width: width, doubt: doubt).text
  }

  private static let id = "<offer.1@client.example>"

  private var sent: (AuditEvent, TrailOwner) {
    event(
      1, .messageSent, at: 0,
      [
        (.mailbox, "ann@example.org"), (.service, "submission"), (.ip, "192.0.2.7"), (.messageID, Self.id),
        (.sender, "ann@example.org"), (.recipients, "bob@example.org\0eve@remote.example\0gus@remote.example"),
        (.queueID, "Q1"),
      ])
  }

  @Test func joinsTrailsAndDaemons() throws {
    let events = [
      sent,
      event(2, .deliveryStored, at: 1, [(.mailbox, "bob@example.org"), (.folder, "INBOX"), (.messageID, Self.id)]),
      event(
        3, .sendDelivered, at: 1, [(.mailbox, "ann@example.org"), (.recipient, "bob@example.org"), (.queueID, "Q1")]),
      event(
        4, .sendDeferred, at: 2,
        [(.mailbox, "ann@example.org"), (.recipient, "Eve@remote.example"), (.queueID, "Q1"), (.reason, "450 later")]),
      event(
        5, .sendBounced, at: 90_000,
        [
          (.mailbox, "ann@example.org"), (.recipients, "eve@remote.example"), (.queueID, "Q1"),
          (.reason, "expired in the queue"),
        ]),
      event(
        6, .messageDeleted, at: 60,
        [
          (.mailbox, "bob@example.org"), (.actor, "owner"), (.ip, "198.51.100.9"), (.folder, "INBOX"),
          (.toFolder, "Trash"), (.messageID, Self.id),
        ]),
      event(7, .purgeDeletedItems, at: 70, [(.mailbox, "bob@example.org"), (.folder, "Trash"), (.messageID, Self.id)]),
      event(8, .messageDeleted, at: 60, [(.mailbox, "bob@example.org"), (.messageID, "<offer.2@client.example>")]),
    ]
    for name in [Self.id, "offer.1@client.example", "Q1"] {
      let found = try messages(name, in: events)
      #expect(numbers(found) == [[1, 2, 3, 4, 6, 7, 5]], "\(name)")
    }
    let life = try #require(try messages(Self.id, in: events).first)
    #expect(
      text(life, doubt: "there is a gap") == """
        Message-ID  <offer.1@client.example>
        Sender      ann@example.org
        Sent        Mar 01 12:00:00 by ann@example.org, submission, from address 192.0.2.7, queue id Q1, on mx
          bob@example.org: Mar 01 12:00:01 stored in INBOX · Mar 01 12:01:00 deleted from INBOX to Trash by the owner from \
        address 198.51.100.9 · Mar 01 12:01:10 purged by retention from Trash
          eve@remote.example: Mar 01 12:00:02 deferred: 450 later · Mar 02 13:00:00 bounced: expired in the queue
          gus@remote.example: unknown: what became of it is not recorded; there is a gap

        """)
    #expect(try messages("<offer.1@client>", in: events).isEmpty)
  }

  @Test("a queue id is used again: another hour, another host, another message")
  func takesOnlyWhatIsNear() throws {
    let mailbox = (FieldKey.mailbox, "ann@example.org")
    let queue = (FieldKey.queueID, "Q1")
    let events = [
      sent,
      event(2, .sendDelivered, at: 3_600, [mailbox, queue, (.recipient, "eve@remote.example")]),
      event(3, .sendDelivered, at: 90_000, [mailbox, queue, (.recipient, "eve@remote.example")]),
      event(4, .sendDelivered, at: 5, [mailbox, queue, (.recipient, "eve@remote.example"), (.host, "mx2")]),
      event(
        5, .sendDelivered, at: 80_000, [mailbox, queue, (.recipient, "x@remote.example"), (.messageID, "<other@a>")]),
      event(6, .loginSucceeded, at: 1, [mailbox, (.queueID, "NOQUEUE")]),
    ]
    #expect(numbers(try messages(Self.id, in: events)) == [[1, 2]])
    #expect(numbers(try messages("Q1", in: events)) == [[1, 2], [4], [5], [3]])
    #expect(try messages("NOQUEUE", in: events).isEmpty)
  }

  @Test("without Message-IDs a queue id is followed until the mail system gives up")
  func followsWhatWasDeferred() throws {
    let values = [(FieldKey.mailbox, "ann@example.org"), (.queueID, "3e8f8d8f"), (.sender, "ann@example.org")]
    let eve = (FieldKey.recipient, "eve@remote.example")
    let events = [
      event(1, .messageSent, at: 0, values), event(2, .sendDeferred, at: 3, values + [eve]),
      event(3, .sendBounced, at: 4 * 86_400, values + [eve]),
      event(4, .sendBounced, at: 9 * 86_400, values + [eve]),
      event(5, .sendBounced, at: 86_400, values + [(.recipient, "gus@remote.example")]),
    ]
    #expect(numbers(try messages("3e8f8d8f", in: events)) == [[1, 2, 3], [5], [4]])
  }

  @Test func findsWhatADaemonCutOrWroteOtherwise() throws {
    let long = String(repeating: "a", count: 90) + "@client.example"
    let events = [
      event(1, .messageSent, at: 0, [(.mailbox, "ann@example.org"), (.messageID, "<\(long)>")]),
      event(2, .messageExpunged, at: 1, [(.mailbox, "bob@example.org"), (.messageID, "<" + long.prefix(76) + "...")]),
      event(3, .messageExpunged, at: 1, [(.mailbox, "bob@example.org"), (.messageID, "<ä\u{1B}b@client.example>")]),
      event(4, .messageExpunged, at: 2, [(.mailbox, "bob@example.org"), (.messageID, "<?b@client.example>")]),
    ]
    #expect(numbers(try messages(long, in: events)) == [[1, 2]])
    #expect(numbers(try messages("<" + long.prefix(76) + "...", in: events)) == [[1, 2]])
    #expect(numbers(try messages("?b@client.example", in: events)) == [[3, 4]])
    #expect(text(try messages(long, in: events)[0]).contains("Message-ID  <\(long)>\n"))
  }

  @Test("strangers' values neither steer the terminal nor look like another step or line")
  func hostileValues() throws {
    let reason = "x · Mar 01 12:00:09 stored in INBOX\n  bob@example.org: \u{1B}[2J"
    let events = [
      event(
        1, .sendBounced, at: 0,
        [
          (.mailbox, "ann@example.org"), (.messageID, Self.id), (.recipient, "e\u{1B}]0;x@remote.example"),
          (.reason, reason), (.sender, ""),
        ])
    ]
    let shown = text(try messages(Self.id, in: events)[0])
    #expect(shown.split(separator: "\n").count == 4)
    #expect(shown.contains("Sender      <>\n"))
    #expect(!shown.contains("\u{1B}") && !shown.contains("·"))
    #expect(shown.contains("x \\u{b7} Mar 01"))
  }

  @Test func sendersOfOneMessageIDAreSaid() throws {
    let events = [
      sent,
      event(
        2, .deliveryStored, at: 5,
        [
          (.mailbox, "bob@example.org"), (.messageID, Self.id), (.sender, "thief@remote.example"), (.ip, "203.0.113.5"),
          (.client, "mx.remote.example"), (.queueID, "Q2"),
        ]),
    ]
    let shown = text(try messages(Self.id, in: events)[0])
    #expect(shown.contains("Sender      ann@example.org\nSender      thief@remote.example\n"))
    #expect(shown.contains("Received    Mar 01 12:00:05, from address 203.0.113.5 (mx.remote.example), queue id Q2"))
    #expect(shown.contains("of 2 senders, these may be several messages"))
  }

  @Test func fitsTheTerminal() throws {
    let long = String(repeating: "W", count: 100)
    let events = [
      sent,
      event(2, .sendBounced, at: 1, [(.recipient, "eve@remote.example"), (.queueID, "Q1"), (.reason, long + " end")]),
    ]
    let shown = text(try messages(Self.id, in: events)[0], width: 80)
    #expect(shown.split(separator: "\n").allSatisfy { TerminalText.columns(of: String($0)) <= 80 })
    #expect(shown.filter { $0 == "W" }.count == 100 && shown.contains("end\n"))
  }

  @Test("one queue id may be that of many events of one message, and of another message")
  func findsAllMessagesOfAQueueID() throws {
    let mailbox = (FieldKey.mailbox, "bob@example.org")
    let events = (0..<30).map { number in
      event(number, .deliveryStored, at: number, [mailbox, (.messageID, Self.id), (.queueID, "Q9")])
    }
    let other = event(90, .deliveryStored, at: 90, [mailbox, (.messageID, "<b@client.example>"), (.queueID, "Q9")])
    #expect(numbers(try messages("Q9", in: events + [other])) == [Array(0..<30), [90]])
  }

  @Test("one Message-ID on any number of messages takes no more than is held")
  func isBounded() throws {
    let events = (0..<25).map { number in
      event(number, .deliveryStored, at: number, [(.mailbox, "bob@example.org"), (.messageID, Self.id)])
    }
    let found = try messages(Self.id, in: events, limit: 20)
    #expect(numbers(found) == [Array(0..<20)])
    #expect(text(found[0]).contains("stored (20 times, last Mar 01 12:00:19)"))
  }
}
