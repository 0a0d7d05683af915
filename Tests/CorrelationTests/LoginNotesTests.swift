import AuditModel
import Correlation
import Testing

/// What the table of logins learns of lines.
@Suite struct LoginNotesTests {
  private static let rules = """
    rule login
      match login <mailbox:word> <service:word> from <ip:ip>
      event login.succeeded
      example login a imap from 192.0.2.7
        expect mailbox=a service=imap ip=192.0.2.7
    rule master
      match master <actor_name:word> as <mailbox:word>
      event login.succeeded actor=admin
      example master m as a
        expect actor_name=m mailbox=a
    rule doubt
      match doubt <mailbox:word>
      event login.succeeded confidence=ambiguous
      example doubt a
        expect mailbox=a
    rule unowned
      match unowned <mailbox:word>
      event login.succeeded unowned
      example unowned a
        expect mailbox=a
    rule failed
      match failed <mailbox:word> from <ip:ip>: <reason>
      event login.failed
      example failed a from 192.0.2.7: no
        expect mailbox=a ip=192.0.2.7 reason=no
    rule deleted
      match deleted <mailbox:word>
      event account.deleted
      example deleted a
        expect mailbox=a
    rule other
      match other <mailbox:word>
      event logout
      example other a
        expect mailbox=a

    """

  private static let lines = [
    "login ann imap from 192.0.2.7", "login eve pop3 from 192.0.2.8", "master root as ann", "doubt ann", "unowned ann",
    "failed ann from 203.0.113.9: no", "failed ann from 203.0.113.9: no", "failed nobody from 203.0.113.9: no",
    "other bob",
    "deleted bob",
  ]

  private func noted(_ change: (inout CorrelationPolicy) -> Void = { _ in }) throws -> (logins: [String], events: Int) {
    let bench = try CorrelationBench(Self.rules, policy: .everything.with(change))
    bench.correlator.noteLogins()
    for (index, line) in Self.lines.enumerated() { #expect(bench.feed(Double(index), line)) }
    var noted: [String] = []
    bench.correlator.drainLogins().forEachSighting { sighting in
      let texts = [sighting.mailbox, sighting.service, sighting.ip, sighting.reason].map {
        String(decoding: $0, as: UTF8.self)
      }
      let seconds = (sighting.time - CorrelationBench.epoch) / 1_000_000
      noted.append(([sighting.kind.name.description, "\(seconds)"] + texts).joined(separator: " "))
    }
    #expect(bench.correlator.drainLogins().isEmpty)
    return (noted, bench.correlator.drainEvents().count)
  }

  private static let expected = [
    "login.succeeded 0 ann@example.org imap 192.0.2.7 ", "login.succeeded 1 eve@example.org pop3 192.0.2.8 ",
    "login.failed 5 ann@example.org  203.0.113.9 no", "login.failed 6 ann@example.org  203.0.113.9 no",
    "account.deleted 9 bob@example.org   ",
  ]

  @Test("logins that are certain, of mailboxes, by their owners; those within a burst one by one") func whatIsCertain()
    throws
  {
    #expect(try noted().logins == Self.expected)
  }

  @Test("whatever the level, and nothing more is recorded for it") func whateverTheLevel() throws {
    let high = try noted { $0.threshold = .high }
    #expect(high.logins == Self.expected && high.events == 0)
    // The level decides nothing about which mailboxes are known.
    #expect(try noted { $0.threshold = .normal }.logins == Self.expected)
  }

  @Test("what is switched off is not noted") func switches() throws {
    let off = try noted { $0.kindsOff = [.loginSucceeded] }
    #expect(off.logins == Array(Self.expected[2...]))
    #expect(
      try noted { $0.isAbuseDetectionOn = false }.logins == Self.expected.filter { !$0.hasPrefix("login.failed") })
    #expect(try noted { $0.areMailboxChangesOn = false }.logins == Array(Self.expected.dropLast()))
    #expect(try noted { $0.isAuditOn = false }.logins.isEmpty)
  }

  @Test("a share has its own mailboxes only") func shares() throws {
    let shares = try (1...2).map { number in try noted { $0.shard = Shard(number: number, of: 2) }.logins }
    #expect((shares[0] + shares[1]).sorted() == Self.expected.sorted())
  }

  @Test("without a table nothing is kept") func nobodyAsks() throws {
    let bench = try CorrelationBench(Self.rules)
    for line in Self.lines { bench.feed(0, line) }
    #expect(bench.correlator.logins.isEmpty)
  }
}
