import AuditModel
import Correlation
import Testing

@Suite struct ConditionTests {
  /// A condition, lines, and for which of them it holds.
  @Test(
    arguments: [
      ("if <y>", ["x y"], ["x"]), ("unless <y>", ["x"], ["x y"]), ("if not <y>", ["x"], ["x y"]),
      ("if <x> = a | b", ["a", "b"], ["c", "ab"]), ("if <x> != a", ["b"], ["a"]),
      ("if <x> = <y>", ["a a"], ["a b", "a"]), ("if <y> = a", ["x a"], ["x", "x b"]),
      ("if <y> != a", ["x", "x b"], ["x a"]),
      ("if <x> contains \"b c\" \"d\"", ["ad", "AD"], ["a", "bc"]), ("if <x> contains b", ["abc", "b", "B"], ["a"]),
      ("if <x> starts \"ab\" \"c\"", ["abc", "c", "ABx"], ["xab", "a"]),
      ("if <x> >= 5", ["5", "17"], ["4", "x", "-6"]),
      ("if <x> is trash", ["Trash", "trash", "INBOX.Trash", "INBOX/Trash"], ["Trash2", "x.Trash", "INBOX"]),
      ("if <x> is inbox", ["INBOX", "inbox"], ["Trash"]),
      ("if <x> is loopback", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"], ["10.0.0.1", "128.0.0.1"]),
      ("if <x> is webmail-host", ["192.0.2.80"], ["192.0.2.8", "127.0.0.1"]),
      ("if address(<x>) is known", ["ann", "ANN+tag@Example.org", "bob@example.org"], ["carol", "ann@example.com"]),
      ("if account(<x>) is known", ["ann", "bob@example.org"], ["ANN+tag@Example.org", "ann@example.com"]),
      ("if address(<x>) is alias", ["info", "Info@example.org", "info+x"], ["ann"]),
      ("if <x> = a and <y> = b or <x> = c", ["a b", "c", "c b"], ["a", "b b"]),
      ("if <x> = a or <x> = b and <y> = c", ["a", "b c", "a b"], ["b", "c c"]),
      ("if not <x> = a and not <y>", ["b"], ["a", "b c", "a c"]),
      ("unless <x> = a and <y> = b", ["a", "a c", "b b"], ["a b"]),
      ("if @pid = 1 and @host = mx and @identifier = s and @unit = unit.service and @uid = 0", ["a"], []),
      ("if @identifier contains \"submission\"", [], ["a"]),
    ] as [(String, [String], [String])])
  func holds(condition: String, yes: [String], no: [String]) throws {
    let bench = try CorrelationBench(
      """
      rule r
        match line <x:token><? <y:word>?>
        event logout mailbox=ann \(condition)
        event login.denied mailbox=ann otherwise
        example line 1
          expect x=1

      """,
      policy: .everything.with {
        $0.webmailHosts = [Array("192.0.2.80".utf8)]
        $0.aliases = [Array("info@example.org".utf8)]
      })
    for (lines, kind) in [(yes, "logout ann@example.org"), (no, "login.denied ann@example.org")] {
      for (index, line) in lines.enumerated() {
        // Far apart, so that denied logins are no burst.
        #expect(bench.feed(Double(index * 1_000), "line " + line))
        #expect(bench.emitted() == [kind], "\(condition) on ‘\(line)’")
      }
      bench.correlator.finish()
      _ = bench.emitted()
    }
  }

  @Test func otherwiseMeansThatNothingWasEmittedYet() throws {
    let bench = try CorrelationBench(
      """
      rule r
        match line <x:word>
        event logout mailbox=ann if <x> = a
        event folder.created mailbox=ann otherwise if <x> = b
        event folder.deleted mailbox=ann otherwise unless <x> = c
        event folder.renamed mailbox=ann otherwise
        event message.sent mailbox=ann if <x> = a
        example line x
          expect x=x

      """)
    for (line, kinds) in [
      ("a", ["logout", "message.sent"]), ("b", ["folder.created"]), ("c", ["folder.renamed"]),
      ("d", ["folder.deleted"]),
    ] {
      bench.feed(0, "line \(line)")
      #expect(bench.emitted() == kinds.map { $0 + " ann@example.org" })
    }
  }

  @Test func values() throws {
    let bench = try CorrelationBench(
      """
      rule r
        match line <x:token><? <y:word>?>
        use q mailbox(<x>) <x>[3] as note
        event logout mailbox=<x> reason="it is "+<x> status=<y>|note.client|"nothing much" session=<x>[4] change=word if <x>
        note q mailbox(<x>) <x>[3]: client=before
        example line 1
          expect x=1

      """, roles: "address x")
    bench.feed(0, "line Ann+x@Example.org why")
    bench.feed(0, "line Ann+y@Example.org")
    bench.feed(0, "line carol")
    #expect(
      bench.emitted(.reason, .status, .session, .change) == [
        "logout ann@example.org reason=it is Ann+x@Example.org status=why session=Ann+ change=word",
        "logout ann@example.org reason=it is Ann+y@Example.org status=before session=Ann+ change=word",
        "logout carol@example.org reason=it is carol status=nothing much session=caro change=word",
      ])
  }

  @Test func capturesAndContextsFillARecordButTheEventsOwnWordsCount() throws {
    let bench = try CorrelationBench(
      """
      rule set
        match set <ip:ip> <client:word>
        note q x: ip=<ip> client=<client> own=<client>
        example set 192.0.2.1 c
          expect ip=192.0.2.1 client=c
      rule r
        match line <folder:word> <other:word>
        use q x as note
        event folder.created mailbox=ann client=mine with note
        event folder.deleted mailbox=ann
        example line f o
          expect folder=f other=o

      """)
    bench.feed(0, "set 192.0.2.1 theirs")
    bench.feed(0, "line Work o")
    #expect(
      bench.emitted(.ip, .client, .folder, .outcome, .actor, .daemon, .host, .rule) == [
        "folder.created ann@example.org ip=192.0.2.1 client=mine folder=Work outcome=success actor=owner daemon=t host=mx rule=r",
        "folder.deleted ann@example.org folder=Work outcome=success actor=owner daemon=t host=mx rule=r",
      ])
  }

  @Test func unownedEventsAndUnconfirmedLinesGoToUnknown() throws {
    let bench = try CorrelationBench(
      """
      rule open
        match open <session:word>
        note session <session>
        example open x
          expect session=x
      rule unowned
        match stray
        event logout mailbox=ann unowned
        example stray
          expect
      rule r
        match imap(<user!>)\\<<session:token>>: <:text>
        confirm session <session>
        event logout mailbox=<user>
        example imap(a)<s>: x
          expect user=a session=s

      """, roles: "account user")
    for line in [
      "stray", "imap(ann)<s>: x", "imap(ann)<s>: imap(bob)<s>: x", "open s", "imap(ann)<s>: imap(bob)<s>: x",
    ] {
      #expect(bench.feed(0, line))
    }
    #expect(
      bench.emitted(.mailbox, .confidence) == [
        "logout _unknown mailbox=ann@example.org", "logout ann@example.org mailbox=ann@example.org",
        "logout _unknown mailbox=ann@example.org confidence=ambiguous",
        "logout ann@example.org mailbox=ann@example.org confidence=ambiguous",
      ])
  }
}
