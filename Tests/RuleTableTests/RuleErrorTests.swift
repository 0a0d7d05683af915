import RuleTable
import Testing

@Suite struct RuleErrorTests {
  /// A mistake, where it is reported, and what is said; line 4 is the first of the text.
  struct Mistake: Sendable, CustomStringConvertible {
    var text: String
    var location: String
    var message: String
    var remedy: String

    init(_ text: String, _ location: String, _ message: String, _ remedy: String) {
      self.text = text
      self.location = location
      self.message = message
      self.remedy = remedy
    }

    /// A text with `▷` in front of what is wrong.
    init(_ annotated: String, _ message: String, _ remedy: String) {
      let before = annotated.prefix { $0 != "▷" }
      let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
      self.init(
        annotated.replacing("▷", with: ""), "\(3 + lines.count):\(lines[lines.count - 1].utf8.count + 1)", message,
        remedy)
    }

    var description: String { message }

    /// Compiles the text and looks at the first thing that is said of it.
    func isReported(with strictness: Strictness) throws {
      let error = #expect(throws: RuleTableError.self) { try TableUnderTest(text, strictness: strictness) }
      let first = try #require(error?.diagnostics.first)
      #expect("\(first.location)" == "t.rules:\(location)")
      #expect(first.message.contains(message))
      #expect(first.remedy.contains(remedy))
      #expect(first.description.hasPrefix("t.rules:\(location): "))
    }
  }

  private static func rule(_ match: String, _ rest: String = "note seen x", example: String = "a") -> String {
    "rule r\n  match \(match)\n  \(rest)\n  example \(example)\n    expect\n"
  }

  /// A table with an `account` and an `address` line, and a rule that captures `who`; line 7 is the rule's action.
  private static func named(_ action: String, declares: String = "address to") -> String {
    "table u\n  \(declares)\nrule r\n  in s\n  match <who:word> <to:word>\n  \(action)\n  example a b\n    expect who=a to=b\n"
  }

  private static let names = [
    Mistake(
      named("event logout mailbox=<who>"), "9:16", "‘who’ names a mailbox, and nothing says whether",
      "write in the table: account who (what logs in)"),
    Mistake(named("note seen mailbox(<who>)"), "9:13", "‘who’ names a mailbox", "or: address who (what SMTP names)"),
    Mistake(named("note seen x if <who> is known"), "9:18", "‘who’ names a mailbox", "account(…) or address(…)"),
    Mistake(named("note seen x if not <who> is alias"), "9:22", "‘who’ names a mailbox", "account(…) or address(…)"),
    Mistake(named("note seen mailbox(<to>|<who>)"), "9:13", "‘who’ names a mailbox", "account who"),
    Mistake(named("note seen mailbox(unescaped(<who>))"), "9:13", "‘who’ names a mailbox", "account who"),
    Mistake(
      named("event logout mailbox=<to>+\"@\"+<who>"), "9:16", "names a mailbox, but not whether as an account",
      "write account(…) around it"),
    Mistake(
      named("note seen x: mailbox=<to>"), "9:16", "‘mailbox’ is an account, and the value an address", "mailbox="),
    Mistake(
      named("note seen x: to=account(<who>)"), "9:16", "‘to’ is an address, and the value an account", "another name"),
    Mistake(
      named("noise", declares: "account to\n  address to"), "6:11", "‘to’ is an account by line 5", "another name"),
    Mistake(
      named("noise", declares: "address mailbox"), "5:11", "‘mailbox’ is an account in every table", "leave it out"),
    Mistake(
      named("noise", declares: "account whom"), "5:11", "no capture or field is called ‘whom’", "did you mean ‘who’"),
    Mistake(named("noise", declares: "acount who"), "5:3", "‘acount’ in a table", "use seen"),
  ]

  private static let mistakes = [
    Mistake("mule r", "4:1", "‘mule’ begins nothing", "use table, scope"),
    Mistake("scope a\u{0}b", "4:8", "a control character (byte 0)", "remove it"),
    Mistake("scope a\r", "4:8", "a control character (byte 13)", "end lines with a line feed"),
    Mistake("  match a", "4:3", "‘match a’ in a scope", "use identifier"),
    Mistake("rule r\n  mach a", "5:3", "‘mach’ in a rule", "use match, example"),
    Mistake("rule two words", "4:6", "a rule needs an id of one word", "write: rule"),
    Mistake(rule("u=<u:wrod>"), "5:11", "there is no capture type ‘wrod’", "types are text, gap"),
    Mistake(rule("u=<u"), "5:11", "a capture is not closed", "write \\<"),
    Mistake(rule("u=<u r>"), "5:11", "‘u r’ is no name", "names have letters"),
    Mistake(rule("u<? <x>"), "5:10", "an optional part is not closed", "end it with ?>"),
    Mistake(rule("u?>"), "5:10", "‘?>’ without ‘<?’", "begin the optional part"),
    Mistake(rule("a<*l>"), "5:9", "there is no list ‘l’ above this line in this table", "define it with"),
    Mistake(
      "table u\nscope s\n", "5:7", "there is a scope ‘s’ in t.rules already", "give it another name"),
    Mistake(rule("a", "event login.failed panel"), "6:22", "‘panel’ does not say whose", "name it"),
    Mistake("rule r\n  match a\n  noise\n", "4:1", "rule ‘r’ has no example", "paste a log line"),
    Mistake("rule r\n  match a\n  example a\n    expect\n", "4:1", "rule ‘r’ does nothing", "or say: noise"),
    Mistake("rule r\n  noise\n  example a\n    expect\n", "4:1", "rule ‘r’ has no match line", "say what it matches"),
    Mistake(rule("a<x:int>"), "7:11", "no rule matches this example of ‘r’", "compare it"),
    Mistake(rule("<x:word>"), "7:11", "‘x’ captures ‘a’, expected nothing", "mend the pattern"),
    Mistake(
      rule("<x:word>", example: "ab\n    expect x=ac"), "7:11", "‘x’ captures ‘ab’, expected ‘ac’", "mend the pattern"),
    Mistake(rule("a", "event login.suceeded mailbox=x"), "6:3", "‘login.suceeded’ is no kind", "mailtrail-events(7)"),
    Mistake(rule("a", "event login.failed box=x"), "6:22", "‘box=x’ sets no key", "mailtrail-record(5)"),
    Mistake(rule("a", "event login.failed mailbox=x with s"), "6:37", "no note ‘s’ is in use", "look it up first"),
    Mistake(rule("a", "event login.failed mailbox=<u>"), "6:22", "the pattern has no capture ‘u’", "captures are"),
    Mistake(rule("a", "event login.failed mailbox=@you"), "6:22", "an entry has no ‘@you’", "use @pid"),
    Mistake(rule("a", "note seen x: y"), "6:16", "‘y’ sets nothing", "write field=value"),
    Mistake(rule("a", "note seen"), "6:3", "a note needs a kind and a key", "queue <queue_id>"),
    Mistake(rule("a", "note seen x for 5q"), "6:19", "‘5q’ is no span of time", "write 1s, 15m"),
    Mistake(rule("a", "wait seen x"), "6:3", "‘wait’ does not say how long", "within 1s"),
    Mistake(rule("a", "alias seen x seen y"), "6:3", "‘alias’ needs two keys", "alias queue"),
    Mistake(rule("a", "note x y if @pid is dog"), "6:23", "there is no class ‘dog’", "classes are trash"),
    Mistake(rule("a", "note x y if @pid ~ dog"), "6:20", "‘~’ compares nothing", "use = !="),
    Mistake(rule("a", "note x y if @pid >= dog"), "6:23", "‘dog’ is no number", "whole number"),
    Mistake(rule("a", "note x y if @pid ="), "6:20", "nothing stands behind ‘=’", "say with what"),
    Mistake(rule("a", "note x y otherwise @pid"), "6:22", "‘@pid’ behind ‘otherwise’", "go on with if"),
    Mistake(rule("a", "note x y if"), "6:3", "a condition is empty", "say what must be so"),
    Mistake(rule("a", "note x y if sesion"), "6:15", "‘sesion’ is neither a capture nor a note", "use … <key>"),
    Mistake(rule("a", "note x y if not sesion"), "6:19", "‘sesion’ is neither a capture nor a note", "use … <key>"),
    Mistake(
      rule("a", "note x y unless sesion.ip = x"), "6:19", "‘sesion.ip’ is neither a capture nor a note", "use … <key>"),
    Mistake("keep session 5d across", "4:17", "‘across’ behind a span of time", "write across hosts"),
    Mistake("keep session 5y", "4:14", "‘5y’ is no span of time", "write 1h or 5d"),
    Mistake(rule("a<:gap>b<:gap>c"), "5:9", "behind a gap a literal must follow", "anchor the rest"),
    Mistake(rule("a<:gap><x:int>"), "5:9", "behind a gap a literal must follow", "anchor the rest"),
    Mistake(rule("a<x><y:int>"), "5:9", "‘x’ is open and nothing says where it ends", "put literal text"),
    Mistake(rule("a<*fields>"), "5:9", "there is no list ‘fields’", "define it with: list fields"),
    Mistake(rule("a<&head>"), "5:10", "there is no fragment ‘head’ above", "define it with: fragment head"),
    Mistake(rule("a", "do work"), "6:6", "there is no group ‘work’ above", "define it with: group work"),
    Mistake(
      "rule r\n  in q\n  match a\n  noise\n  example a\n    expect\n", "4:1", "there is no scope ‘q’", "scopes are s"),
    Mistake(rule("x<?a?><?b?><?c?><?d?><?e?><?f?><?g?>"), "5:9", "more than six optional parts", "use a list"),
    Mistake("list l \", \"\n  item <x:int>y<z:int>", "5:8", "an item is a literal", "write: item rip"),
    Mistake(rule("▷a<x:word> <x:word>"), "‘x’ is captured twice", "give one of them another name, or none: <:text>"),
    Mistake("scope q\n  ▷identifier po*s*d", "‘po*s*d’ has more than one *", "write several"),
    Mistake("rule r\n  match\n  noise\n  example a", "5:3", "the match line is empty", "paste a log line"),
    Mistake(
      rule("a") + "  example a\n    expect ▷x=\"ann y=b", "the quote of ‘x=\"ann y=b’ does not close", "close it"),
    Mistake("rule r\n  expect x=y", "5:3", "‘expect’ without an example", "put the example in front"),
    Mistake("rule r\n  event logout in ann", "5:3", "‘event’ without an example", "put the example in front"),
    Mistake(
      rule("a") + "    event ▷logot in ann@example.org", "‘logot’ is no kind of event", "did you mean ‘logout’?"),
    Mistake(rule("a") + "    event ▷logout in", "the event is in nobody's file", "or in _unknown"),
    Mistake(
      rule("a") + "    event logout in ann@example.org ▷serv=imap", "‘serv=imap’ is no key of a record",
      "write key=value"),
    Mistake(rule("a") + "    before ▷s[0] a", "no entry stands here", "its identifier, its process and its message"),
    Mistake(rule("a") + "    after ▷s", "no entry stands here", "its identifier, its process and its message"),
    Mistake(
      rule("a", "use session x\n  event logout mailbox=account(session.name) ▷ip=sesion.ip"),
      "there is no note ‘sesion’ here", "‘session’ is: spell both alike, or quote the text"),
    Mistake(rule("a") + rule("b"), "9:1", "rule ‘r’ stands in this file already", "the first is at line 4"),
    Mistake(
      rule("<x:word>", example: "ab\n    expect x=ab")
        + "rule q\n  match <y:word>\n  note seen x\n  example b\n    expect y=b", "11:9",
      "matches the same lines as rule ‘r’", "make one of them more literal"),
    Mistake(
      rule("<x:word>", example: "ab\n    expect x=ab\n  not ac"), "9:7", "rule ‘r’ matches what it must leave alone",
      "make it more literal"),
    Mistake(
      rule("<x:word>") + "rule q\n  match a\n  note seen x\n  example a\n    expect\n", "7:11",
      "rule ‘q’ matches this example of ‘r’", "make the pattern of ‘r’ more literal"),
  ]

  @Test(arguments: names) func saysWhetherAnAccountOrAnAddressIsMeant(_ mistake: Mistake) throws {
    try mistake.isReported(with: [])
  }

  @Test func namesMayBeDeclaredByTheTableOfTheScope() throws {
    let local = "rule r\n  in s\n  match <who:word>\n  event logout mailbox=<who>\n  example a\n    expect who=a\n"
    let shipped = "table t\n  account who\nscope s\n  identifier s\n"
    let files = [shipped, local].enumerated().map { RuleFile(name: "\($0).rules", text: Array($1.utf8)) }
    _ = try TableUnderTest(files: files)
  }

  @Test(arguments: mistakes) func saysWhatWhereAndWhatToDo(_ mistake: Mistake) throws {
    try mistake.isReported(with: [])
  }

  @Test func allMistakesAreReportedAtOnceInTheOrderOfTheFile() throws {
    let error = #expect(throws: RuleTableError.self) {
      try TableUnderTest("mule\nrule a\n  match <x:wrod>\n  noise\nkeep x 5y\n")
    }
    #expect(error?.diagnostics.map(\.location.line) == [4, 6, 8])
    #expect(error?.description.split(separator: "\n").count == 3)
  }
}
