import RuleTable
import Testing

@testable import Correlation

/// What the examples of tables say of the events that come of them.
@Suite struct ExampleEventTests {
  /// A login and its end; the session joins them.
  private static let rules = """
    keep session 1h: user ip
    rule login
      match login <user:word> <ip:ip>
      note session @pid: user=mailbox(<user>) ip=<ip>
      event login.succeeded mailbox=<user> service=imap
      example login ann 192.0.2.1
        expect user=ann ip=192.0.2.1
    rule logout
      match logout
      use session @pid
      event logout mailbox=session.user ip=session.ip if session
      example logout

    """

  private func mistakes(_ lines: String) throws -> [String] {
    let table = try CorrelationBench.table(Self.rules + lines, roles: "account user")
    return ExampleEventChecker(table, folders: CorrelationPolicy.everything.folders).check().map(\.description)
  }

  private func example(_ lines: String, of rule: String = "logout") throws -> [String] {
    let table = try CorrelationBench.table(
      Self.rules.replacing("  example \(rule)\n", with: "  example \(rule)\n" + lines), roles: "account user")
    return ExampleEventChecker(table, folders: CorrelationPolicy.everything.folders).check().map(\.description)
  }

  @Test func linesInFrontAndBehindCount() throws {
    let found = try example(
      """
          before s[1] login bob 192.0.2.2
          event login.succeeded in bob@example.org service=imap
          event logout in bob@example.org ip=192.0.2.2

      """)
    #expect(found == [])
    #expect(try example("    event none\n    after s[1] logout\n") == [])
  }

  @Test func anotherProcessIsAnotherSession() throws {
    let found = try example("    before s[2] login bob 192.0.2.2\n    event login.succeeded in bob@example.org\n")
    #expect(found == [])
  }

  @Test(arguments: [
    (
      "    before s login bob 192.0.2.2\n    event logout in bob@example.org\n",
      "16:11: more comes of the example than it says: login.succeeded in bob@example.org (add its event lines"
    ),
    ("    event logout in ann@example.org\n", "17:11: no logout comes of the example in the file of ann@example.org"),
    ("    before s login bob 192.0.2.2\n    event none\n", "16:11: more comes of the example than it says"),
    (
      "    before s nonsense\n    event none\n",
      "17:12: no rule matches this line of ‘s’ (see: mailtrail rules explain)"
    ),
    (
      "    before s login bob 192.0.2.2\n    event login.succeeded in bob@example.org\n"
        + "    event logout in bob@example.org ip=192.0.2.3\n",
      "19:11: ip is ‘192.0.2.2’, expected ‘192.0.2.3’"
    ),
    (
      "    before s login bob 192.0.2.2\n    event login.succeeded in bob@example.org client=x\n"
        + "    event logout in bob@example.org\n", "18:11: client is not there, expected ‘x’"
    ),
  ])
  func whatDoesNotComeIsAnError(lines: String, error: String) throws {
    let found = try example(lines)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("t.rules:" + error) == true, "\(found)")
  }

  @Test func whatIsNobodysIsSaidSo() throws {
    let lines = """
      rule odd
        match odd <user:word>
        event login.failed mailbox=<user> unowned
        example odd ann
          expect user=ann
          event login.failed in _unknown mailbox=ann@example.org
      rule nameless
        match nameless
        event login.failed mailbox=nothing unowned
        example nameless
          event login.failed in _unknown mailbox=

      """
    #expect(try mistakes(lines) == [])
  }
}
