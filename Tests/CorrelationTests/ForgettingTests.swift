import AuditModel
import Correlation
import RuleTable
import Testing

/// What the shipped tables remember goes soon after what it was about has ended, so that memory is bounded by what goes
/// on at a time, and not by what went on in two days.
@Suite struct ForgettingTests {
  private static let table = Result { try CorrelationBench.shipped() }

  private static let login =
    "imap-login: Login: user=<ann@example.org>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.2, mpid=9, session=<S1>"
  private static let speaker = "imap(ann@example.org)<309><S1>: "
  private static let client = "4C9AA1: client=mx.example.com[198.51.100.10]"

  @Test(arguments: [
    ["dovecot", login, speaker + "Disconnected: Logged out in=9 out=9"],
    ["dovecot", login, speaker + "Connection closed (IDLE running for 0.001 + waiting 1 secs) in=9 out=9"],
    ["dovecot", login, speaker + "Server shutting down. in=9 out=9"],
    [
      "dovecot",
      "imap-login: proxy(ann): started proxying to 198.51.100.9:143: user=<ann>, method=PLAIN, rip=192.0.2.2, lip=198.51.100.5, session=<S1>",
      "imap-login: proxy(ann): disconnecting 192.0.2.2 (Disconnected by client): user=<ann>, method=PLAIN, rip=192.0.2.2, lip=198.51.100.5, session=<S1>",
    ],
    [
      "postfix/smtpd", client,
      "4C9AA1: milter-reject: END-OF-MESSAGE from mx.example.com[198.51.100.10]: 5.7.1 Spam message rejected; from=<x@example.com> to=<ann@example.org> proto=ESMTP helo=<mx.example.com>",
    ],
  ])
  func isForgottenSoonAfterItsEnd(scene: [String]) throws {
    let bench = CorrelationBench(table: try Self.table.get())
    for (second, line) in scene.dropFirst().enumerated() {
      #expect(bench.feed(Double(second), line, from: scene[0]), "no rule for: \(line)")
    }
    #expect(bench.correlator.sizes.contexts > 0)
    // Contexts of other kinds are kept an hour, one of a session or of a queue id that has not ended is kept on.
    bench.advance(to: 4_000)
    #expect(bench.correlator.sizes.contexts == 0)
  }

  @Test func aSessionThatGoesOnIsRememberedForADay() throws {
    let bench = CorrelationBench(table: try Self.table.get())
    bench.feed(0, Self.login, from: "dovecot")
    bench.feed(80_000, Self.speaker + "expunge: box=INBOX, uid=1, msgid=<a@example.com>, size=5", from: "dovecot")
    bench.correlator.finish()
    #expect(bench.emitted(.ip).last == "message.expunged ann@example.org ip=192.0.2.7")
  }

  @Test func whatComesAfterTheEndStillHasItsSession() throws {
    let bench = CorrelationBench(table: try Self.table.get())
    bench.feed(0, Self.login, from: "dovecot")
    bench.feed(5, Self.speaker + "Disconnected: Logged out in=9 out=9", from: "dovecot")
    // Autoexpunge, when the session is being put away.
    bench.feed(60, Self.speaker + "expunge: box=Trash, uid=1, msgid=<a@example.com>, size=5", from: "dovecot")
    bench.correlator.finish()
    #expect(bench.emitted(.ip).last == "message.expunged ann@example.org ip=192.0.2.7")
  }
}
