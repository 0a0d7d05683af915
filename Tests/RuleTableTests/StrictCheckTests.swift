import RuleTable
import Testing

/// What tables are refused for beyond their language; see `Strictness`.
@Suite struct StrictCheckTests {
  typealias Mistake = RuleErrorTests.Mistake

  private static let examples = [
    Mistake(
      "rule r\n  match a<x:int>\n  match b\n  noise\n  example a1\n    expect x=1", "6:9",
      "this match line of ‘r’ has no example", "add one that it matches itself"),
    Mistake(
      "rule r\n  match a\n  match <x:word>\n  noise\n  example a\n    expect", "6:9",
      "this match line of ‘r’ has no example", "remove it where other lines match"),
    Mistake(
      "rule r\n  match a<?b?>\n  match ab\n  noise\n  example a\n    expect\n  example ab\n    expect", "6:9",
      "the match lines above match all that this one does", "remove it"),
  ]

  @Test(arguments: examples) func aMatchLineNeedsAnExample(_ mistake: Mistake) throws {
    try mistake.isReported(with: .examples)
  }

  @Test func anOptionalPartNeedsNoExample() throws {
    _ = try TableUnderTest(
      files: [TableUnderTest.file("rule r\n  match a<?b?>\n  match c\n  noise\n  example a\n  example c\n")],
      strictness: .examples)
  }

  /// A rule for each line of actions, each in a rule of its own that has the captures `u` and `x`.
  private static func rules(_ actions: String...) -> String {
    actions.enumerated().map { number, lines in
      """
      rule r\(number)
        match \(number) <u:word> <x:word>
        \(lines.split(separator: "\n").joined(separator: "\n  "))
        example \(number) ann 1
          expect u=ann x=1

      """
    }.joined()
  }

  private static let declarations = [
    Mistake(
      "keep session 2d: ip\n"
        + rules("note session <x>: ip=<u>", "use ▷sesion <x>\nevent logout mailbox=account(<u>) if sesion"),
      "no table declares context records of the kind ‘sesion’",
      "did you mean ‘session’? Else declare it: keep sesion 1h"),
    Mistake(
      rules("begin ▷session <x>: ip=<u> port=2", "confirm session <x>"),
      "no table declares context records of the kind ‘session’", "declare it: keep session 1h: ip port"),
    Mistake(
      "keep a 1h: name\n" + rules("note a <x>: ▷nmae=<u>", "use a <x>\nevent logout mailbox=account(a.name)"),
      "context records of the kind ‘a’ have no field ‘nmae’", "did you mean ‘name’?"),
    Mistake(
      "keep a 1h\n" + rules("note a <x>: ▷ip+=<u>", "forget a <x>"),
      "context records of the kind ‘a’ have no field ‘ip’",
      "add it to the keep line at t.rules:4:6"),
    Mistake(
      "keep a 1h: name\nkeep b 1h: name\n"
        + rules(
          "note a <x>: name=<u>\nnote b <x>: name=<u>",
          "wait a <x> as c or b <x> as c within 1s\nevent logout mailbox=account(<u>) ip=▷c.ip|c.name"),
      "context records of the kind ‘a’ or ‘b’ have no field ‘ip’", "add it to the keep line"),
    Mistake(
      "keep a 1h: name ip\n"
        + rules("note a <x>: name=<u>", "use a <x>\nevent logout mailbox=account(<u>) ip=▷a.ip if a.name"),
      "no rule says ‘ip’ for ‘a’", "write it, or do not read it"),
    Mistake(
      "keep a 1h: name ▷ip\n" + rules("note a <x>: name=<u>", "use a <x>\nevent logout mailbox=account(a.name)"),
      "no rule writes ‘ip’ into context records of the kind ‘a’", "remove it"),
    Mistake(
      "keep a\n" + rules("wait ▷a <x> within 1s\nevent logout mailbox=account(<u>) if a"),
      "no rule writes context records of the kind ‘a’",
      "write one, or do not look for it"),
    Mistake(
      rules("offer ▷moving <x> within 1s\nevent logout mailbox=account(<u>) unless moving"),
      "no rule takes what is offered as ‘moving’", "take it, or do not offer it"),
    Mistake(
      rules("offer moving <x> within 1s", "take moving <x>", "take ▷mooving <x>"), "no rule offers ‘mooving’",
      "did you mean ‘moving’?"),
    Mistake(rules("withdraw ▷moving <x>"), "no rule offers ‘moving’", "offer it, or do not take it"),
    Mistake(
      rules(
        "offer moving <x>: folder=<u> within 1s as other\nevent logout mailbox=account(<u>) ip=other.ip folder=▷other.folder",
        "take moving <x>: ip=<u> as offer\nevent logout mailbox=account(<u>) folder=offer.folder"),
      "no rule says ‘folder’ for ‘moving’", "write it, or do not read it"),
  ]

  @Test(arguments: declarations) func whatIsRememberedIsDeclaredAndWritten(_ mistake: Mistake) throws {
    try mistake.isReported(with: .declarations)
  }

  /// What several lines, and several tables, say of a kind adds up; so do the fields of kinds that an alias joins.
  @Test func declarationsAddUp() throws {
    let other = Self.rules("use queue <u>\nevent logout mailbox=account(queue.login) ip=queue.ip port=queue.port")
    _ = try TableUnderTest(
      files: [
        RuleFile(
          name: "a.rules",
          text: Array("table a\nkeep queue : port\nkeep queue across hosts\nscope a\n  identifier a\n\(other)".utf8)),
        TableUnderTest.file(
          "keep queue 1h across hosts: login\nkeep queue 1h: ip\nkeep old 1d: ip\n"
            + """
            rule q
              match <x:word>
              note queue <x>: login=<x> port=1
              note old <x>: ip=<x>
              alias queue <x> = old <x>
              example a
                expect x=a

            """),
      ], strictness: .declarations)
  }

  private static let keeps = [
    Mistake("▷keep", "‘keep’ does not say which kind", "write: keep session 2d"),
    Mistake("keep a ▷1q", "‘1q’ is no span of time", "write 1h or 5d"),
    Mistake("keep a 1h ▷forever", "‘forever’ behind a span of time", "write across hosts"),
    Mistake("keep ▷a 1h:", "no fields stand behind the colon", "name them"),
    Mistake("keep a 1h\nkeep a ▷2h: ip", "have another lifetime by t.rules:4:6", "say the same, or leave the time out"),
  ]

  @Test(arguments: keeps) func aKeepLineSaysOneThing(_ mistake: Mistake) throws { try mistake.isReported(with: []) }

  private static let events = [
    Mistake(
      rules("event login.failed mailbox=account(<u>) ▷service=impa"), "‘impa’ is no service",
      "did you mean ‘imap’? values are imap, pop3"),
    Mistake(
      rules("event logout mailbox=account(<u>) ▷outcome=<x>|stored"), "‘stored’ is no outcome", "values are success"),
    Mistake(
      rules("event logout mailbox=account(<u>) ▷actor=\"the owner\""), "‘the owner’ is no actor", "values are owner"),
    Mistake(
      rules("event logout mailbox=account(<u>) ▷confidence=low"), "‘low’ is no confidence", "values are ambiguous"),
    Mistake(rules("▷event logout service=imap"), "the event has no mailbox", "say whose it is"),
    Mistake(rules("▷event logout mailbox=\"\""), "the event has no mailbox", "say whose it is"),
    Mistake(rules("▷event logout mailbox=nothing"), "the event has no mailbox", "mailbox=nothing unowned"),
    Mistake(
      rules("note a <x>: login=<u>", "use a <x>\n▷event logout with a"), "the event has no mailbox", "mailbox=<user>"),
    Mistake(
      rules("▷event login.suceeded mailbox=account(<u>)"), "‘login.suceeded’ is no kind of event",
      "did you mean ‘login.succeeded’?"),
    Mistake(
      rules("use ▷a <x>\nevent logout mailbox=account(<u>)", "note a <x>"), "nothing uses ‘a’",
      "use it, or leave it out"),
    Mistake(
      rules("wait a <x> as ▷b within 1s\nevent logout mailbox=account(<u>)", "note a <x>"), "nothing uses ‘b’",
      "leave it out"),
    Mistake(
      rules("set ▷who=<x> what=<u>\nevent logout mailbox=account(<what>)"), "nothing uses ‘who’",
      "use it, or leave it out"),
  ]

  @Test(arguments: events) func anEventSaysWhatARecordMaySay(_ mistake: Mistake) throws {
    try mistake.isReported(with: [])
  }

  private static let repetitions = [
    Mistake(
      rules("set who=<u>\nset ▷who=<x>\nevent logout mailbox=account(<who>)"), "‘who’ has a value by then",
      "leave it out, or give the first a condition"),
    Mistake(
      rules("set who=\"\"|@pid if <u> = a\nset who=<u> if <u> = a\nset ▷who=<u> if <u> = a\nnote a <who>"),
      "‘who’ has a value by then", "leave it out"),
    Mistake(
      rules("set ip=<x>|y\nset ▷ip=<u> unless cut\nevent logout mailbox=account(<u>)"), "‘ip’ has a value by then",
      "give the first a condition"),
    Mistake("table t\n", "4:7", "table ‘t’ is loaded twice, first by t.rules:1:7", "leave this line out"),
  ]

  @Test(arguments: repetitions) func nothingIsThereTwice(_ mistake: Mistake) throws {
    try mistake.isReported(with: .repetitions)
  }

  /// The first may be without a value, or not be set at all.
  @Test func aSecondValueThatMayCountIsLeftAlone() throws {
    _ = try TableUnderTest(
      "group both\n  set who=<x>\n"
        + Self.rules(
          "set who=<x> if <u> = a\nset who=<u>\nnote a <who>", "use a <x>\nset who=a.name\nset who=<u>\nnote a <who>",
          "set who=account(<u>)\nset who=<x>\nnote a <who>", "do both\nnote a <who>",
          "set who=<u>\ndo both\nnote a <who>", "use a <x>\nset n=a.name\nuse a <u>\nset n=a.name\nnote a <n>"),
      strictness: .repetitions)
  }

  @Test func aFileThatIsLoadedTwiceIsRefused() throws {
    let file = TableUnderTest.file(Self.rules("note seen <x>"))
    let copy = RuleFile(name: "copy.rules", text: file.text)
    func messages(_ files: [RuleFile], _ strictness: Strictness) -> [String]? {
      #expect(throws: RuleTableError.self) { try TableUnderTest(files: files, strictness: strictness) }?
        .diagnostics.map(\.description)
    }
    #expect(
      messages([file, file], [])?.first?.hasPrefix("t.rules:1:1: the file is loaded twice (name it once") == true)
    #expect(
      messages([file, copy], .repetitions)?.first?.hasPrefix(
        "copy.rules:1:7: table ‘t’ is loaded twice, first by t.rules:1:7") == true)
    // An administrator's file may replace what is shipped.
    _ = try TableUnderTest(files: [file, copy])
  }

  @Test func whatHasAnotherUseIsLeftAlone() throws {
    _ = try TableUnderTest(
      "group look\n  use a <x>\n"
        + Self.rules(
          "note a <x>: mailbox=account(<u>)", "do look\nevent logout mailbox=account(<u>)",
          "do look\nevent logout with a",
          "event logout panel <u>", "wait a <x> within 1s\nevent logout mailbox=account(<u>)",
          "use a <x>\nwait a <u> as other within 1s\nevent logout mailbox=a.mailbox",
          "set ip=<x>\nevent logout mailbox=account(<u>)", "event logout mailbox=account(<u>) service=<x> outcome=\"\"")
    )
  }
}
