import AuditModel
import Correlation
import Testing

@Suite struct BurstTests {
  /// `fail ann 192.0.2.1 imap` and the like, with an optional number of attempts.
  static let rules = """
    rule fail
      match fail <mailbox:word> <ip:ip> <service:word><? x<count:int>?>
      event login.failed
      example fail a 192.0.2.1 imap
        expect mailbox=a ip=192.0.2.1 service=imap
    rule ok
      match ok <mailbox:word>
      event login.succeeded
      example ok a
        expect mailbox=a

    """

  private func bench(_ change: (inout CorrelationPolicy) -> Void = { _ in }) throws -> CorrelationBench {
    try CorrelationBench(Self.rules, policy: .everything.with(change))
  }

  @Test func theFirstIsEmittedAtOnceAndTheRestIsOneEventWithACount() throws {
    let bench = try bench()
    for second in 0..<5 { bench.feed(Double(second), "fail ann 192.0.2.1 imap") }
    #expect(bench.emitted(.count) == ["login.failed ann@example.org"])
    bench.advance(to: 599.999_999)
    #expect(bench.emitted() == [])
    bench.advance(to: 600)
    let rest = bench.correlator.drainEvents()
    #expect(
      rest.map { CorrelationBench.text($0, keys: [.count, .ip]) } == [
        "login.failed ann@example.org count=4 ip=192.0.2.1"
      ])
    #expect(rest.first?.event.time == CorrelationBench.time(4))
  }

  /// The first failure was nobody's; the summary's last entry came when the mailbox was known.
  @Test func theSummaryGoesWhereItsLastEntryBelongs() throws {
    let bench = try bench()
    bench.feed(0, "fail newcomer 192.0.2.1 imap")
    #expect(bench.correlator.drainEvents().map(\.owner) == [.unknown])
    bench.feed(1, "ok newcomer")
    bench.feed(2, "fail newcomer 192.0.2.1 imap")
    _ = bench.correlator.drainEvents()
    bench.correlator.finish()
    let address = try #require(MailboxAddress(Array("newcomer@example.org".utf8)))
    #expect(bench.correlator.drainEvents().map(\.owner) == [.mailbox(address)])
  }

  @Test func theSummaryHasTheIDOfTheFirst() throws {
    let bench = try bench()
    bench.feed(0, "fail ann 192.0.2.1 imap")
    bench.feed(1, "fail ann 192.0.2.1 imap")
    bench.correlator.finish()
    let emitted = bench.correlator.drainEvents().map(\.event.id)
    #expect(emitted.map(\.isBurst) == [false, true])
    #expect(emitted[0].source == emitted[1].source && emitted[0].detail == emitted[1].detail)
  }

  @Test func attemptsOfOneLineAreCounted() throws {
    let bench = try bench()
    bench.feed(0, "fail ann 192.0.2.1 imap x3")
    bench.feed(1, "fail ann 192.0.2.1 imap x2")
    bench.feed(2, "fail ann 192.0.2.1 imap")
    bench.correlator.finish()
    #expect(bench.emitted(.count) == ["login.failed ann@example.org count=3", "login.failed ann@example.org count=3"])
  }

  @Test func mailboxAddressAndServiceHaveWindowsOfTheirOwn() throws {
    let bench = try bench()
    for line in ["ann 192.0.2.1 imap", "bob 192.0.2.1 imap", "ann 192.0.2.2 imap", "ann 192.0.2.1 pop3"] {
      bench.feed(0, "fail " + line)
    }
    #expect(bench.emitted().count == 4)
    #expect(bench.correlator.sizes.bursts == 4)
    bench.correlator.finish()
    #expect(bench.emitted() == [])
    #expect(bench.correlator.sizes.bursts == 0)
  }

  @Test func theNextWindowBeginsWithItsOwnFirst() throws {
    let bench = try bench()
    for second in [0.0, 599, 600, 1_199, 1_201] { bench.feed(second, "fail ann 192.0.2.1 imap") }
    bench.correlator.finish()
    // 0 | 599 | 600 | 1199 | 1201: the second window ends at 1200.
    #expect(
      bench.emitted(.count).map { $0.split(separator: " ").dropFirst(2).joined() } == [
        "", "count=1", "", "count=1", "",
      ])
  }

  @Test func aSummaryStandsInFrontOfTheEntryPastItsEnd() throws {
    let bench = try bench()
    bench.feed(0, "fail ann 192.0.2.1 imap")
    bench.feed(1, "fail ann 192.0.2.1 imap")
    bench.feed(700, "ok ann")
    #expect(
      bench.emitted(.count)
        == ["login.failed ann@example.org", "login.failed ann@example.org count=1", "login.succeeded ann@example.org"])
  }

  @Test func windowsEndAtMidnight() throws {
    let bench = try bench()
    let midnight = 86_400.0
    bench.feed(midnight - 10, "fail ann 192.0.2.1 imap")
    bench.feed(midnight - 5, "fail ann 192.0.2.1 imap")
    bench.feed(midnight, "fail ann 192.0.2.1 imap")
    #expect(
      bench.emitted(.count) == [
        "login.failed ann@example.org", "login.failed ann@example.org count=1", "login.failed ann@example.org",
      ])
  }

  @Test func theDayIsThatOfTheAuditsTimeZone() throws {
    let hour: UInt64 = 3_600_000_000
    let bench = try bench { $0.dayEnd = { ($0 / hour + 1) * hour } }
    bench.feed(3_590, "fail ann 192.0.2.1 imap")
    bench.feed(3_595, "fail ann 192.0.2.1 imap")
    bench.advance(to: 3_600)
    #expect(bench.emitted(.count).last == "login.failed ann@example.org count=1")
  }

  @Test func aLiveInputsEndLeavesWindowsOpen() throws {
    let bench = try bench()
    bench.feed(0, "fail ann 192.0.2.1 imap")
    bench.feed(1, "fail ann 192.0.2.1 imap")
    bench.correlator.finish(closesBursts: false)
    #expect(bench.emitted().count == 1)
    bench.feed(2, "fail ann 192.0.2.1 imap")
    bench.correlator.finish()
    #expect(bench.emitted(.count) == ["login.failed ann@example.org count=2"])
  }

  /// A restart between any two entries emits the same, also where many windows end at once.
  @Test func aRestartInBetweenChangesNothing() throws {
    let midnight = 86_400.0
    let lines = (0..<24).map { number in
      (midnight - 30 + Double(number), "fail \(number % 3 == 0 ? "ann" : "bob") 192.0.2.\(number % 5) imap")
    }
    func run(restartBehind restart: Int?) throws -> [String] {
      let bench = try bench()
      for (index, line) in lines.enumerated() {
        bench.feed(line.0, line.1)
        guard index == restart else { continue }
        let next = Correlator(table: bench.table, policy: .everything)
        #expect(next.restore(bench.correlator.encodeState()))
        next.finishRestoring()
        let emitted = bench.everythingEmitted()
        bench.replace(by: next)
        for line in lines[(index + 1)...] { bench.feed(line.0, line.1) }
        bench.advance(to: midnight + 1)
        return emitted + bench.everythingEmitted()
      }
      bench.advance(to: midnight + 1)
      return bench.everythingEmitted()
    }
    let undisturbed = try run(restartBehind: nil)
    #expect(undisturbed.count(where: { $0.contains(".burst") }) == 8)
    for index in lines.indices { #expect(try run(restartBehind: index) == undisturbed) }
  }

  /// The count is the log's own number, and a daemon may write any.
  @Test func countsBeyondEveryNumberEndAtTheLargest() throws {
    let bench = try CorrelationBench(
      """
      rule t.f
        match f <user> <count:int>
        event login.failed mailbox=<user>
        example f ann 1
          expect user=ann count=1
      """, roles: "account user")
    for second in 0..<4 { #expect(bench.feed(Double(second), "f ann 18446744073709551615")) }
    bench.correlator.finish()
    #expect(bench.emitted(.count).last == "login.failed ann@example.org count=18446744073709551615")
  }

  /// A checkpoint whose numbers fit no counter is damaged, not a reason to stop.
  @Test func aCounterBeyondEveryNumberIsRefused() throws {
    let bench = try CorrelationBench(
      "rule t.f\n  match f <user>\n  event message.sent mailbox=<user>\n  example f a\n    expect user=a\n",
      roles: "account user")
    let value = Array(repeating: UInt8(0), count: 8) + Array(repeating: 255, count: 8) + [0]
    #expect(!bench.correlator.restore([4, 1, 0, 0, 0, 97, 1, 17, 0, 0, 0] + value))
  }
}
