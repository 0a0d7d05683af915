import Bridge
import RuleTable
import Testing

@testable import Commands
@testable import Doctor

@Suite("Dovecot's formats and the tables")
struct DovecotLineTests {
  private static let table = Result { try RuleTables.load(directory: "") }

  @Test(
    "the packaged prefixes of 2.2, 2.3 and 2.4 are known, and common ones",
    arguments: [
      "%s(%u): ", "%s(%u)<%{pid}><%{session}>: ", "%{protocol}(%{user})<%{process:pid}><%{session}>: ", "%s(%u,%r): ",
    ])
  func knowsPrefixes(prefix: String) throws {
    let line = try #require(DovecotLogFormat.mailLine(prefix: prefix))
    #expect(DoctorCommand.user(of: line, as: "dovecot", try Self.table.get()) == DovecotLogFormat.user)
  }

  @Test(
    "the packaged elements of logins are known, and other orders",
    arguments: [
      "user=<%u> method=%m rip=%r lip=%l mpid=%e %c session=<%{session}>", "session=<%{session}> user=<%u> rip=%r",
      "user=<%{user}> method=%{mechanism} rip=%{remote_ip} lip=%{local_ip} mpid=%{mail_pid} %{secured} session=<%{session}>",
    ])
  func knowsLogins(elements: String) throws {
    for format in ["%$: %s", "%{message}: %{elements}"] {
      let line = try #require(DovecotLogFormat.loginLine(format: format, elements: elements))
      #expect(DoctorCommand.user(of: line, as: "dovecot", try Self.table.get()) == DovecotLogFormat.user)
    }
  }

  @Test("a prefix that hides the user is not", arguments: ["%s[%u]: ", "mail %u %s: "])
  func doesNotKnow(prefix: String) throws {
    let line = try #require(DovecotLogFormat.mailLine(prefix: prefix))
    #expect(DoctorCommand.user(of: line, as: "dovecot", try Self.table.get()) != DovecotLogFormat.user)
  }
}
