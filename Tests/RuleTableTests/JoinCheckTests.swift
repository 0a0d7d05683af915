import Testing

@testable import RuleTable

/// Ways to join lines that are refused, and those like them that are sound.
@Suite struct JoinCheckTests {
  typealias Mistake = RuleErrorTests.Mistake

  private static func rule(_ id: String, _ actions: String) -> String {
    """
    rule \(id)
      match \(id) <user!:word> <session:word> <message_id!:word> <n:word>
      \(actions.split(separator: "\n").joined(separator: "\n  "))
      example \(id) ann s m 1
        expect user=ann session=s message_id=m n=1

    """
  }

  private static let silencing = [
    // The expunge that comes after 0.8 and before 3 seconds is nobody's.
    Mistake(
      "keep moving 3s\n"
        + rule(
          "copy",
          """
          note ▷moving <session> <n>
          wait expunged <session> <n> within 800ms
          event message.moved mailbox=account(<user>) if expunged
          """)
        + rule(
          "expunge",
          """
          use moving <session> <n>
          event message.expunged mailbox=account(<user>) unless moving
          note expunged <session> <n> if moving
          """), "‘moving’ silences ‘expunge’ for 3s, but this rule waits only 800ms",
      "what comes behind the wait is emitted by nobody: make it an offer, or end it with the wait: for 800ms"),
    // A later message with the same Message-ID is not emitted.
    Mistake(
      rule(
        "stored",
        """
        note ▷agent mailbox(account(<user>)) <message_id>[75]: emitted=1 for 20s
        wait handover <session> within 700ms
        event delivery.stored mailbox=account(<user>) with handover
        """)
        + rule(
          "sent",
          """
          note handover <session>: size=<n>
          wait agent mailbox(account(<user>)) <message_id>[75] within 1s
          event delivery.stored mailbox=account(<user>) unless agent.emitted
          """)
        + rule(
          "piped",
          """
          use agent mailbox(account(<user>)) <message_id>[75]
          event delivery.stored mailbox=account(<user>) if <n> = 1 and not agent
          """), "‘agent’ silences ‘sent’ and 1 more for 20s, but this rule waits only 700ms",
      "its key is a stranger's text: let the other rule use it up"),
    // The same by way of a context that has the Message-ID.
    Mistake(
      rule("cleanup", "note queue <n>: id=<message_id>")
        + rule(
          "stored",
          """
          use queue <n>
          note ▷agent queue.id
          offer done <session> within 1s
          event delivery.stored mailbox=account(<user>) if done
          """)
        + rule("taker", "take done <session>\nevent logout mailbox=account(<user>) if done")
        + rule("sent", "use agent <message_id>\nevent delivery.stored mailbox=account(<user>) unless agent"),
      "‘agent’ silences ‘sent’ for 1h, but this rule waits only 1s", "take an offer, or forget it"),
  ]

  private static let scratch = [
    Mistake(
      rule(
        "delivered",
        """
        set box=<user>+"x"
        note here <session>: ▷box=<box>
        use here <session>
        wait agent <n> within 1s
        event delivery.stored mailbox=account(here.box) unless agent
        """), "‘box’ of ‘here’ is read behind a wait", "set box=…, read as <box>"),
    Mistake(
      rule(
        "delivered",
        """
        begin here <session>: message_id=<message_id> ▷size=<n>
        use here <session>
        offer agent <n> within 1s
        event delivery.stored mailbox=account(<user>) size=here.size if agent
        """) + rule("agent", "take agent <n>\nevent logout mailbox=account(<user>) if agent"),
      "‘size’ of ‘here’ is read behind a wait", "set size=…, read as <size>"),
  ]

  private static let muted = [
    Mistake(
      rule("login", "event login.succeeded mailbox=account(<user>) unless ▷ambiguous"),
      "a second reading keeps ‘login’ from emitting anything", "event … unowned otherwise"),
    Mistake(
      rule(
        "login",
        """
        use queue <n>
        event login.succeeded mailbox=account(<user>) unless queue or ▷ambiguous
        event login.failed mailbox=account(<user>) if <n> = 2 and not ambiguous or queue and not ambiguous
        """) + rule("queue", "note queue <n>"), "a second reading keeps ‘login’ from emitting", "emit it all the same"),
    Mistake(
      rule("login", "event logout mailbox=account(<user>) unless ▷ambiguous and <n> = 1"),
      "a second reading keeps ‘login’ from emitting", "emit it all the same"),
    Mistake(
      rule("refused", "event delivery.rejected mailbox=address(<user>) unless <message_id> ▷contains \"spam\" \"x\""),
      "a stranger's text that contains ‘spam’, ‘x’ keeps ‘refused’ from emitting", "emit it all the same"),
    Mistake(
      rule("login", "event login.failed mailbox=account(<user>) if not <user> ▷starts \"root\""),
      "a stranger's text that starts with ‘root’ keeps ‘login’ from emitting", "emit it all the same"),
    // By way of a value of the rule's own, and where another text is emitted.
    Mistake(
      rule(
        "refused",
        """
        set full=1 if <message_id> contains "quota"
        set nobody=1 if <message_id> contains "unknown"
        ▷event delivery.over-quota mailbox=address(<user>) if <full>
        event delivery.rejected mailbox=address(<user>) otherwise unless <nobody>
        """), "a stranger's text that contains ‘unknown’ keeps ‘refused’ from emitting", "emit it all the same"),
    Mistake(
      rule("login", "event login.failed mailbox=account(<user>) unless ▷cut"),
      "a cut end keeps ‘login’ from emitting", "emit it all the same"),
  ]

  @Test(arguments: silencing + scratch + muted) func whatLosesOrLendsIsRefused(_ mistake: Mistake) throws {
    try mistake.isReported(with: .joins)
  }

  private static let sound = [
    // It dies with the wait; it is forgotten with it.
    rule("a", "note k <session> for 1s\nwait l <session> within 1s\nevent logout mailbox=account(<user>) if l")
      + rule("b", "use k <session>\nevent logout mailbox=account(<user>) unless k\nnote l <session> if k"),
    rule("a", "note k <n>\nwait l <n> within 1s\nevent logout mailbox=account(<user>) if l\nforget k <n>")
      + rule("b", "use k <n>\nevent logout mailbox=account(<user>) unless k\nnote l <n> if k"),
    // An offer is taken once.
    rule(
      "a", "offer k <session> / <message_id> within 9s\nevent logout mailbox=account(<user>) unless k")
      + rule("b", "take k <session> / <message_id>\nevent logout mailbox=account(<user>) unless k"),
    // The session is this delivery's alone, and the rule speaks whether it hears of the other line or not.
    rule("a", "note k <session>\nwait l <session> within 1s\nevent logout mailbox=account(<user>) with l")
      + rule("b", "note l <session>: size=<n>\nuse k <session>\nevent logout mailbox=account(<user>) unless k"),
    // It says something either way.
    rule("a", "note k <message_id>: ip=<n>\nwait l <n> within 1s\nevent logout mailbox=account(<user>) if l")
      + rule(
        "b",
        "use k <message_id>\nnote l <n>\nevent logout mailbox=account(<user>) if k\n"
          + "event login.succeeded mailbox=account(<user>) unless k"),
    // Once for a message, whoever says it.
    group("once") + rule("a", "do once\nwait l <n> within 1s\nevent logout mailbox=account(<user>) if l")
      + rule("b", "do once\nnote l <n>"),
    // One line uses it up.
    rule("a", "note k <message_id>\nwait l <n> within 1s\nevent logout mailbox=account(<user>) if l")
      + rule(
        "b", "use k <message_id>\nnote l <n>\nevent logout mailbox=account(<user>) unless k\nforget k <message_id> if k"
      ),
    // All that it holds is in its key; it is read by others; it is read in front of the wait; it is not the line's.
    rule(
      "a",
      "note h <session> <n>: box=<n>\nuse h <session> <n>\nwait l <n> within 1s\nevent logout mailbox=account(h.box)"),
    rule(
      "a", "note h <session>: box=<user>\nuse h <session>\nwait l <n> within 1s\nevent logout mailbox=account(h.box)")
      + rule("b", "use h <session>\nevent logout mailbox=account(h.box)"),
    rule("a", "note h <session>: box=<user>\nuse h <session>\nevent logout mailbox=account(h.box)\nwait within 1s"),
    rule("a", "note h <session>: box=1\nuse h <session>\nwait within 1s\nevent logout mailbox=account(h.box)"),
    // Something is emitted.
    rule(
      "a",
      "event logout mailbox=account(<user>) unless ambiguous\nevent logout mailbox=account(<user>) unowned if ambiguous"
    ),
    rule(
      "a",
      "event login.failed mailbox=account(<user>) unless <user> contains \"x\"\n"
        + "event login.failed mailbox=nothing unowned otherwise"),
    // A name that nobody has needs no record.
    rule(
      "a",
      "event delivery.rejected mailbox=address(<user>) unless <n> = 2 or <message_id> contains \"unknown\"\n"
        + "event delivery.rejected mailbox=address(<user>) otherwise if address(<user>) is known and not <n> = 2"),
    // What the text says was emitted before; what was offered is emitted by who took it.
    rule(
      "a",
      """
      use k <user>
      event delivery.rejected mailbox=address(<user>) outcome=unknown if <message_id> contains "grey" and not k
      note k <user> if <message_id> contains "grey"
      event delivery.rejected mailbox=address(<user>) unless <message_id> contains "grey"
      """),
    rule(
      "a",
      """
      set lazily=1 if <message_id> contains "old"
      offer k <session> / <n> within 1s if <lazily>
      event message.moved mailbox=account(<user>) unless <lazily>
      event message.copied mailbox=account(<user>) otherwise unless k
      """) + rule("b", "take k <session> / <n> as k\nevent logout mailbox=account(<user>) if k"),
    // The text adds a record.
    rule("a", "event delivery.over-quota mailbox=address(<user>) if <message_id> contains \"quota\""),
    rule(
      "a", "event logout mailbox=account(<user>) unless ambiguous\nevent login.failed mailbox=account(<user>) otherwise"
    ),
  ]

  private static func group(_ name: String) -> String {
    """
    group \(name)
      use k <n> <message_id>
      event logout mailbox=account(<user>) unless k.emitted
      note k <n> <message_id>: emitted=1

    """
  }

  @Test(arguments: sound) func whatIsSoundIsLeftAlone(_ text: String) throws {
    _ = try TableUnderTest(text, strictness: .joins)
  }

  /// A check that gives up says so.
  @Test func tooManyConditionsAreRefused() throws {
    let lines =
      (1...6).map { "event logout mailbox=account(<user>) unless <message_id> contains \"x\" and <n> = \($0)" }
      + ["event login.failed mailbox=account(<user>) if <n> = 1"]
    let file = TableUnderTest.file(Self.rule("a", lines.joined(separator: "\n")))
    var parser = RuleFileParser()
    parser.readDeclarations(file.text, file: file.name)
    parser.read(file.text, file: file.name)
    let strangers = StrangersText(parser.rules, parser.lists, parser.names)
    #expect(MutedRules(rules: parser.rules, strangers: strangers).check().isEmpty)
    let found = MutedRules(rules: parser.rules, strangers: strangers, maximumSteps: 2).check()
    #expect(found.map(\.message).allSatisfy { $0.contains("‘a’ has too many conditions") } && found.count == 1)
  }
}
