import RuleTable
import Testing

@Suite struct PrecedenceTests {
  /// Two rules and a line that both match: the first must win, whichever stands first in the file.
  @Test(
    arguments: [
      ("say hello", "say <x>", "say hello"), ("say <x:int>", "say <x:word>", "say 12"),
      ("say <x:word>", "say <x>", "say 12"), ("say <x:ip> now", "say <x:token> now", "say 192.0.2.1 now"),
      ("say <x>: done well", "say <x>: done<:text>", "say a: done well"),
      ("<x:gap>: stored into '<y>'", "<x>: <y>", "a: b: stored into 'c'"),
      ("a<x> is here", "<x>", "a is here"),
    ])
  func theMoreLiteralWins(literal: String, loose: String, line: String) throws {
    let rules = [TableUnderTest.rule("literal", matching: literal), TableUnderTest.rule("loose", matching: loose)]
    for order in [rules, rules.reversed()] {
      #expect(try TableUnderTest(order.joined()).match(line)?.rule == "literal")
    }
  }

  @Test func noiseComesLastHoweverLiteral() throws {
    let noise = TableUnderTest.rule("quiet", matching: "imap: all is well", does: "noise")
    let loose = TableUnderTest.rule("loud", matching: "imap: <x>")
    #expect(try TableUnderTest(noise + loose).match("imap: all is well")?.rule == "loud")
    #expect(try TableUnderTest(noise).match("imap: all is well")?.rule == "quiet")
  }

  @Test func aLaterFileOverridesByRuleID() throws {
    let first = TableUnderTest.file(TableUnderTest.rule("r", matching: "old <x>"), name: "shipped.rules")
    let second = RuleFile(name: "own.rules", text: Array(TableUnderTest.rule("r", matching: "new <x>").utf8))
    let table = try TableUnderTest(files: [first, second])
    #expect(table.match("old a") == nil)
    #expect(table.match("new a") == .init(rule: "r", captures: ["x": "a"], isAmbiguous: false))
    #expect(table.table.rules.map(\.location.file) == ["own.rules"])
  }

  @Test func rulesCanBeSwitchedOff() throws {
    let file = TableUnderTest.file(
      TableUnderTest.rule("a", matching: "line <x:int>") + TableUnderTest.rule("b", matching: "line <x>"))
    #expect(try TableUnderTest(files: [file]).match("line 1")?.rule == "a")
    #expect(try TableUnderTest(files: [file], off: ["a"]).match("line 1")?.rule == "b")
    let error = #expect(throws: RuleTableError.self) { try TableUnderTest(files: [file], off: ["none"]) }
    #expect(error?.diagnostics.map(\.message) == ["there is no rule ‘none’"])
  }

  @Test func theFingerprintIsThatOfTheTextAndOfWhatIsOff() throws {
    let one = TableUnderTest.file(TableUnderTest.rule("a", matching: "x"))
    let other = TableUnderTest.file(TableUnderTest.rule("a", matching: "y"))
    func print(_ file: RuleFile, _ off: Set<String> = []) throws -> UInt64 {
      try TableUnderTest(files: [file], off: off).table.fingerprint
    }
    #expect(try print(one) == print(one))
    #expect(try print(one) != print(other))
    #expect(try print(one) != print(one, ["a"]))
  }

  @Test func identifiersAreExactOrHaveOneStar() throws {
    let table = try TableUnderTest(
      "scope q\n  identifier postfix*/smtpd exact\n  command cmd\n" + TableUnderTest.rule("a", matching: "x")
    ).table
    func scopes(_ name: String) -> [String] {
      Array(name.utf8).withUnsafeBytes { table.scopes(ofIdentifier: $0) }.map { table.scopes[$0].name }
    }
    #expect(scopes("postfix/smtpd") == ["q"])
    #expect(scopes("postfix-in/submission/smtpd") == ["q"])
    #expect(scopes("exact") == ["q"])
    for name in ["postfix/smtp", "exactly", "xpostfix/smtpd", "cmd", ""] { #expect(scopes(name) == []) }
    #expect(Array("cmd".utf8).withUnsafeBytes { table.scopes(ofCommand: $0) }.count == 1)
  }
}
