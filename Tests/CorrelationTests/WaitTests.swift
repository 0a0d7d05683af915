import AuditModel
import Correlation
import Testing

@Suite struct WaitTests {
  private static let rules = """
    keep q 1h
    rule set
      match set <k:word> <v:word>
      note q <k>: client=<v>
      example set k v
        expect k=k v=v
    rule one
      match one <k:word>
      wait q <k> as note within 2s
      event login.succeeded mailbox=ann session=<k> with note if note
      event login.failed mailbox=ann session=<k> otherwise
      example one k
        expect k=k
    rule two
      match two <a:word> <b:word>
      wait q <a> as first within 2s
      wait q <b> as second within 5s
      event logout mailbox=ann session=first.client|"none" status=second.client|"none"
      example two a b
        expect a=a b=b
    rule either
      match either <a:word> <b:word>
      wait q <a> as left or q <b> as right within 2s
      event folder.created mailbox=ann if left
      event folder.deleted mailbox=ann if right
      event folder.renamed mailbox=ann otherwise
      example either a b
        expect a=a b=b
    rule tell
      match tell <k:word>
      event message.sent mailbox=ann session=<k>
      note q <k>: client=told
      example tell k
        expect k=k

    """

  private func run(_ lines: [(Double, String)], until end: Double? = nil) throws -> [String] {
    let bench = try CorrelationBench(Self.rules)
    for (seconds, line) in lines { #expect(bench.feed(seconds, line)) }
    if let end { bench.advance(to: end) }
    return bench.emitted(.session, .client, .status).map { $0.replacing(" ann@example.org", with: "") }
  }

  @Test func aContextThatIsThereIsUsedAtOnce() throws {
    #expect(try run([(0, "set a v"), (1, "one a")]) == ["login.succeeded session=a client=v"])
  }

  @Test func aContextThatAppearsEndsTheWait() throws {
    #expect(
      try run([(0, "one a"), (1, "tell b"), (1, "set a v")]) == [
        "message.sent session=b", "login.succeeded session=a client=v",
      ])
  }

  @Test func theDeadlineEndsTheWait() throws {
    #expect(try run([(0, "one a")], until: 1.999_999) == [])
    #expect(try run([(0, "one a")], until: 2) == ["login.failed session=a"])
    #expect(try run([(0, "one a"), (3, "tell b")]) == ["login.failed session=a", "message.sent session=b"])
  }

  /// What falls due at an entry's own time is emitted in front of it, so that entry is too late.
  @Test func theDeadlineAtAnEntryComesFirst() throws {
    #expect(try run([(0, "one a"), (2, "set a v")]) == ["login.failed session=a"])
    #expect(try run([(0, "one a"), (1.999_999, "set a v")]) == ["login.succeeded session=a client=v"])
  }

  @Test func twoWaitsInARule() throws {
    #expect(try run([(0, "two a b"), (1, "set a x"), (4, "set b y")]) == ["logout session=x status=y"])
    #expect(try run([(0, "two a b"), (1, "set b y"), (1, "set a x")]) == ["logout session=x status=y"])
    #expect(try run([(0, "two a b"), (4, "set b y")]) == ["logout session=none status=y"])
    #expect(try run([(0, "two a b"), (1, "set a x")], until: 5) == ["logout session=x status=none"])
    #expect(try run([(0, "two a b")], until: 4.9) == [])
    #expect(try run([(0, "two a b")], until: 5) == ["logout session=none status=none"])
  }

  @Test func waitingForOneOfTwo() throws {
    #expect(try run([(0, "either a b"), (1, "set b y")]) == ["folder.deleted"])
    #expect(try run([(0, "either a b"), (1, "set a y")]) == ["folder.created"])
    #expect(try run([(0, "set b y"), (0, "either a b")]) == ["folder.deleted"])
    #expect(try run([(0, "either a b")], until: 2) == ["folder.renamed"])
  }

  @Test func severalWaitForOneContextInTheirOrder() throws {
    #expect(
      try run([(0, "one a"), (0.5, "either x a"), (1, "one a"), (1, "set a v")])
        == ["login.succeeded session=a client=v", "folder.deleted", "login.succeeded session=a client=v"])
  }

  /// The same deadline whatever entries come in between.
  @Test func entriesInBetweenChangeNothing() throws {
    let lines = [(0.0, "one a"), (0.5, "tell x"), (1.5, "tell y"), (2.5, "tell z")]
    #expect(
      try run(lines)
        == ["message.sent session=x", "message.sent session=y", "login.failed session=a", "message.sent session=z"])
  }

  @Test func finishEndsAllWaits() throws {
    let bench = try CorrelationBench(Self.rules)
    bench.feed(0, "two a b")
    bench.feed(0, "one c")
    #expect(bench.correlator.nextDue == CorrelationBench.time(2))
    bench.correlator.finish()
    #expect(
      bench.emitted(.session, .status).sorted() == [
        "login.failed ann@example.org session=c", "logout ann@example.org session=none status=none",
      ])
    #expect(bench.correlator.nextDue == nil)
    #expect(bench.correlator.sizes.waiting == 0)
  }

  @Test func aClockThatIsSetBackEndsWhatWaits() throws {
    let bench = try CorrelationBench(Self.rules)
    bench.feed(4_000, "one a")
    // Entries within a minute may be out of order.
    bench.feed(3_950, "tell b")
    #expect(bench.emitted(.session) == ["message.sent ann@example.org session=b"])
    bench.feed(10, "tell c")
    #expect(
      bench.emitted(.session) == [
        "login.failed ann@example.org session=a", "message.sent ann@example.org session=c",
      ])
    // From here time runs on from the new clock.
    bench.feed(11, "one d")
    bench.feed(12, "set d v")
    bench.feed(12, "one e")
    bench.advance(to: 14)
    #expect(
      bench.emitted(.session) == [
        "login.succeeded ann@example.org session=d", "login.failed ann@example.org session=e",
      ])
  }

  @Test func waitingIsBounded() throws {
    let bench = try CorrelationBench(Self.rules, policy: .everything.with { $0.maximumWaiting = 10 })
    for number in 0..<1_000 { bench.feed(0, "either k\(number) x") }
    #expect(bench.correlator.sizes.waiting == 10)
    #expect(bench.correlator.waitsCutShort == 990)
    #expect(bench.emitted().count == 990)
    bench.correlator.finish()
    #expect(bench.emitted().count == 10)
  }

  @Test func waitingIsBoundedWhateverTheLinesHold() throws {
    let bench = try CorrelationBench(Self.rules, policy: .everything.with { $0.maximumWaitingBytes = 100_000 })
    let text = String(repeating: "x", count: 8_000)
    for number in 0..<1_000 { bench.feed(0, "either k\(number) \(text)") }
    let waiting = bench.correlator.sizes.waiting
    #expect((5...100).contains(waiting))
    bench.correlator.finish()
    #expect(bench.emitted().count == 1_000)
    // The end of a wait gives back what it took.
    for number in 0..<1_000 { bench.feed(100, "either k\(number) \(text)") }
    #expect(bench.correlator.sizes.waiting == waiting)
  }
}
