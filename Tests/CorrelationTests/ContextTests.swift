import AuditModel
import Correlation
import Testing

@Suite struct ContextTests {
  /// `set k v…`, `add k v`, `drop k v`, `alias new old`, `forget k`, `ask k`: a line for each thing that a context can do.
  private static let verbs = """
    keep q 100s
    rule begin
      match begin <k:word> <v:word>
      begin q <k>: ip=<v>
      example begin k v
        expect k=k v=v
    rule set
      match set <k:word> <v:word>
      note q <k>: client=<v>
      example set k v
        expect k=k v=v
    rule short
      match short <k:word> <v:word>
      note q <k>: client=<v> for 5s
      example short k v
        expect k=k v=v
    rule add
      match add <k:word> <v:word>
      note q <k>: recipients+=<v>
      example add k v
        expect k=k v=v
    rule drop
      match drop <k:word> <v:word>
      note q <k>: recipients-=<v>
      example drop k v
        expect k=k v=v
    rule alias
      match alias <n:word> <o:word>
      alias q <n> = q <o>
      example alias n o
        expect n=n o=o
    rule forget
      match forget <k:word>
      forget q <k> after 10s
      example forget k
        expect k=k
    rule drop-now
      match gone <k:word>
      forget q <k>
      example gone k
        expect k=k
    rule hide
      match hide <k:word> <ip:word>
      use q <k> as note
      event login.failed mailbox=ann with note ip="" client=""
      example hide k i
        expect k=k ip=i
    rule ask
      match ask <k:word>
      use q <k> as note
      event login.succeeded mailbox=ann with note if note
      event login.failed mailbox=ann otherwise
      example ask k
        expect k=k

    """

  private func answer(_ lines: [(Double, String)]) throws -> [String] {
    let bench = try CorrelationBench(Self.verbs)
    for (seconds, line) in lines { #expect(bench.feed(seconds, line)) }
    return bench.emitted(.ip, .client, .recipients).map { $0.replacing("login.succeeded ann@example.org", with: "yes") }
      .map { $0.hasPrefix("login.failed") ? "no" : $0 }
  }

  @Test func contextsAreBegunMergedAndBegunAnew() throws {
    #expect(try answer([(0, "ask a")]) == ["no"])
    #expect(try answer([(0, "begin a 1"), (1, "set a c"), (2, "ask a"), (2, "ask b")]) == ["yes ip=1 client=c", "no"])
    #expect(try answer([(0, "set a c"), (1, "begin a 1"), (2, "ask a")]) == ["yes ip=1"])
    #expect(try answer([(0, "set a c"), (1, "set a d"), (2, "ask a")]) == ["yes client=d"])
  }

  @Test func anEmptyTextKeepsWhatCapturesAndContextsKnowOutOfTheEvent() throws {
    let bench = try CorrelationBench(Self.verbs)
    for (time, line) in [(0.0, "begin k 192.0.2.1"), (1, "set k pc"), (2, "hide k 192.0.2.2")] {
      bench.feed(time, line)
    }
    #expect(bench.emitted(.ip, .client) == ["login.failed ann@example.org"])
  }

  @Test func listsGrowAndShrink() throws {
    #expect(try answer([(0, "add a x"), (0, "add a y"), (0, "add a x"), (0, "ask a")]) == ["yes recipients=x+y"])
    #expect(try answer([(0, "add a x"), (0, "add a y"), (0, "drop a x"), (0, "ask a")]) == ["yes recipients=y"])
    #expect(try answer([(0, "add a x"), (0, "drop a x"), (0, "ask a")]) == ["yes"])
  }

  @Test func anAliasIsTheOtherContext() throws {
    #expect(try answer([(0, "begin a 1"), (1, "alias b a"), (2, "set b c"), (3, "ask a")]) == ["yes ip=1 client=c"])
    #expect(try answer([(0, "begin a 1"), (1, "alias b a"), (3, "ask b")]) == ["yes ip=1"])
    #expect(try answer([(0, "alias b a"), (3, "ask b")]) == ["no"])
    #expect(try answer([(0, "begin a 1"), (1, "alias b a"), (2, "gone a"), (3, "ask b")]) == ["no"])
    // A circle ends.
    #expect(try answer([(0, "begin a 1"), (1, "alias b a"), (2, "alias a b"), (3, "ask b")]) == ["yes ip=1"])
  }

  @Test func contextsEndWithTheirTTLWhichEachMentionRenews() throws {
    #expect(try answer([(0, "begin a 1"), (99, "ask a"), (100, "ask a")]) == ["yes ip=1", "no"])
    #expect(
      try answer([(0, "begin a 1"), (99, "set a c"), (198, "ask a"), (199, "ask a")]) == ["yes ip=1 client=c", "no"])
    #expect(try answer([(0, "short a c"), (4, "ask a"), (5, "ask a")]) == ["yes client=c", "no"])
  }

  @Test func contextsAreForgottenAfterAWhileOrAtOnce() throws {
    #expect(try answer([(0, "begin a 1"), (1, "forget a"), (10.9, "ask a"), (11, "ask a")]) == ["yes ip=1", "no"])
    #expect(try answer([(0, "begin a 1"), (1, "gone a"), (1, "ask a")]) == ["no"])
    #expect(try answer([(0, "begin a 1"), (95, "forget a"), (100, "ask a")]) == ["no"])
    #expect(try answer([(0, "forget a"), (1, "ask a")]) == ["no"])
  }

  @Test func oneHostsContextsAreNotAnothers() throws {
    let bench = try CorrelationBench(Self.verbs)
    bench.feed(.init(seconds: 0, identifier: "s", message: "begin a 1", machine: 1))
    bench.feed(.init(seconds: 1, identifier: "s", message: "ask a", machine: 2))
    bench.feed(.init(seconds: 1, identifier: "s", message: "ask a", machine: 1))
    #expect(bench.emitted() == ["login.failed ann@example.org", "login.succeeded ann@example.org"])
  }

  /// 100,000 queue ids, of which a thousand fit.
  @Test func memoryIsBounded() throws {
    let bench = try CorrelationBench(Self.verbs, policy: .everything.with { $0.maximumContexts = 1_000 })
    for number in 0..<100_000 { bench.feed(Double(number) / 10_000, "begin k\(number) v") }
    #expect(bench.correlator.sizes.contexts == 1_000)
    #expect(bench.correlator.contextsEvicted == 99_000)
    bench.feed(11, "ask k99999")
    bench.feed(11, "ask k1")
    #expect(bench.emitted() == ["login.succeeded ann@example.org", "login.failed ann@example.org"])
  }

  /// Contexts with long texts take no more memory than others do.
  @Test func memoryIsBoundedWhateverIsInTheContexts() throws {
    let bench = try CorrelationBench(Self.verbs, policy: .everything.with { $0.maximumContextBytes = 1 << 20 })
    let text = String(repeating: "x", count: 1_000)
    for number in 0..<10_000 { bench.feed(Double(number) / 10_000, "begin k\(number) \(text)") }
    let kept = bench.correlator.sizes.contexts
    #expect((500...1_048).contains(kept), "a mebibyte holds \(kept) notes of 1,000 bytes")
    #expect(bench.correlator.contextsEvicted == 10_000 - kept)
    bench.feed(2, "ask k9999")
    bench.feed(2, "ask k1")
    #expect(bench.emitted() == ["login.succeeded ann@example.org", "login.failed ann@example.org"])
    // Their end gives back what they took: as many small ones fit as before.
    for number in 0..<10_000 { bench.feed(3 + Double(number) / 10_000, "begin s\(number) v") }
    #expect(bench.correlator.sizes.contexts > 4_000)
  }

  /// A stranger's connections may not push out what the owner's login left, whatever their contexts' TTL is.
  @Test(arguments: [100, 200]) func contextsOfALoginGoLast(ttl: Int) throws {
    let rules = """
      keep q 100s
      keep stranger \(ttl)s
      rule login
        match login <k:word> <login:word>
        begin q <k>: login=<login>
        alias q <login> = q <k>
        example login k ann
          expect k=k login=ann
      rule connect
        match connect <k:word> <v:word>
        begin q <k>: ip=<v>
        begin stranger <k>: ip=<v>
        example connect k v
          expect k=k v=v
      rule ask
        match ask <k:word>
        use q <k> as note
        event login.succeeded mailbox=note.login|<k> if note
        event login.failed mailbox=<k> otherwise
        example ask k
          expect k=k

      """
    let bench = try CorrelationBench(
      rules, roles: "account login k", policy: .everything.with { $0.maximumContexts = 100 })
    bench.feed(0, "login k ann")
    for number in 0..<1_000 { bench.feed(1, "connect k\(number) v") }
    bench.feed(2, "ask ann")
    bench.feed(2, "ask k")
    bench.feed(2, "ask k1")
    #expect(
      bench.emitted() == [
        "login.succeeded ann@example.org", "login.succeeded ann@example.org", "login.failed _unknown",
      ])
    // They end with their TTL, and bound the memory as the others do.
    bench.feed(100, "ask ann")
    #expect(bench.emitted() == ["login.failed ann@example.org"])
    for number in 0..<1_000 { bench.feed(101, "login l\(number) u\(number)") }
    #expect(bench.correlator.sizes.contexts == 100)
    bench.feed(102, "ask l999")
    bench.feed(102, "ask l1")
    #expect(bench.emitted() == ["login.succeeded u999@example.org", "login.failed _unknown"])
  }

  /// A mail server's queue ids come and go: what was forgotten must not stay until the end of its TTL.
  @Test func whatIsForgottenGivesItsMemoryBack() throws {
    let bench = try CorrelationBench(Self.verbs.replacing("keep q 100s", with: "keep q 6d"))
    var most = 0
    for number in 0..<20_000 {
      bench.feed(Double(number), "begin k\(number) v")
      bench.feed(Double(number), "forget k\(number)")
      most = max(most, bench.correlator.sizes.contexts)
    }
    #expect(most <= 12)
  }

  @Test func aContextThatIsForgottenAndBegunAgainIsKept() throws {
    #expect(
      try answer([(0, "begin a 1"), (1, "forget a"), (5, "begin a 2"), (50, "ask a"), (99, "ask a"), (105, "ask a")])
        == ["yes ip=2", "yes ip=2", "no"])
  }
}
