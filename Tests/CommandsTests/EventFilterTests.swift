import ArgumentParser
import AuditModel
import AuditReading
import TestSupport
import Testing

@testable import Commands

@Suite struct EventFilterTests {
  private static let event: AuditEvent = {
    var fields = FieldSet()
    fields.set(.ip, to: "192.0.2.7")
    fields.set(.service, to: "imap")
    fields.set(.outcome, to: "failure")
    fields.set(.actor, to: "admin")
    fields.set(.actorName, to: "root")
    fields.set(.folder, to: "Ärger Über ALLES")
    fields.set(.messageID, to: "<a.b@c>")
    fields.set(.sender, to: "ann@example.org")
    fields.set(.recipients, to: "bob@example.org\0cat@example.org")
    return AuditEvent(
      id: EventID(source: 1, detail: 2), time: 1_000, kind: .loginFailed, level: .normal, fields: fields)
  }()

  @Test(
    arguments: [
      (EventFilter(), true), (EventFilter(since: 1_000), true), (EventFilter(since: 1_001), false),
      (EventFilter(until: 1_000), true), (EventFilter(until: 999), false), (EventFilter(kinds: ["login.failed"]), true),
      (EventFilter(kinds: ["login"]), true), (EventFilter(kinds: ["log"]), false),
      (EventFilter(kinds: ["logout", "login"]), true), (EventFilter(kinds: ["login.failed.x"]), false),
      (EventFilter(addresses: [AddressFilter("192.0.2.7")!]), true),
      (EventFilter(addresses: [AddressFilter("192.0.2.70")!]), false),
      (EventFilter(addresses: [AddressFilter("192.0.3.7")!]), false),
      (EventFilter(services: [Array("imap".utf8)]), true),
      (EventFilter(services: [Array("pop3".utf8), Array("imap".utf8)]), true),
      (EventFilter(services: [Array("pop3".utf8)]), false), (EventFilter(level: .normal), true),
      (EventFilter(level: .low), true), (EventFilter(level: .high), false),
      (EventFilter(kinds: ["login"], level: .high), false),
    ] as [(EventFilter, Bool)])
  func accepts(filter: EventFilter, isAccepted: Bool) { #expect(filter.accepts(Self.event) == isAccepted) }

  @Test(
    arguments: [
      ("login", true), ("login.*", true), ("log*", true), ("logout,login.failed", true), ("!login", false),
      ("!logout", true),
      ("login,!login.failed", false), ("!login.*,login", false), ("*", true), ("l?gin.failed", true),
      ("message", false),
    ])
  func kindsArePatterns(text: String, isAccepted: Bool) throws {
    #expect(try EventOptions.parse(["--kind=" + text]).filter().accepts(Self.event) == isAccepted)
  }

  @Test(
    arguments: [
      (["--folder=ärger über ALLES"], false), (["--folder=Ärger Über alles"], true), (["--folder=Ärger"], false),
      (["--sender=Ann@example.org"], true), (["--sender=<ann@example.org>"], true), (["--sender=@example.org"], true),
      (["--sender=@ample.org"], false), (["--sender=bob@example.org", "--sender=ann@example.org"], true),
      (["--recipient=bob@example.org"], true), (["--recipient=cat@example.org"], true), (["--recipient=cat"], false),
      (["--message-id=a.b@c"], true), (["--message-id=<a.b@c>"], true), (["--message-id=A.b@c"], false),
      (["--outcome=Failure"], true), (["--outcome=success"], false), (["--actor=admin"], true),
      (["--actor=Root"], true),
      (["--actor=admin", "--sender=bob@example.org"], false),
    ])
  func valuesAreWhole(options: [String], isAccepted: Bool) throws {
    let directory = TemporaryDirectory()
    let reader = try TrailReader(root: directory.path)
    let filter = try ValueOptions.parse(options).filter(try EventOptions.parse([]), reader, in: [])
    #expect(filter.accepts(Self.event) == isAccepted)
  }

  @Test func aroundATimeIsFromWhenToWhen() throws {
    let directory = TemporaryDirectory()
    let reader = try TrailReader(root: directory.path)
    func filter(_ values: [String], _ events: [String] = []) throws -> EventFilter {
      try ValueOptions.parse(values).filter(try EventOptions.parse(events), reader, in: [])
    }
    let minute = try filter(["--around=@1000", "--within=1min"])
    #expect(minute.since == 940_000_000 && minute.until == 1_060_000_000)
    let usual = try filter(["--around=@1000"])
    #expect(usual.since == 700_000_000 && usual.until == 1_300_000_000)
    let all = try filter(["--around=@1000", "--within=9999999d"])
    #expect(all.since == 0)
    #expect(throws: (any Error).self) { try filter(["--around=@1000"], ["--since=@1"]) }
    #expect(throws: CommandFailure.self) { try filter(["--around=00000000000000aa.0000000000bb"]) }
  }

  /// The text that `--grep` looks for, as it comes from the command line.
  @Test(
    arguments: [
      ("alles", true), ("ALLES", true), ("failed", true), ("LOGIN.FAILED", true), ("Ärger", true), ("Über", true),
      ("192.0.2.7", true), ("S", true), ("alles mehr", false), ("192.0.2.8", false),
    ])
  func grepFindsTextInAnyValue(text: String, isFound: Bool) throws {
    let filter = try EventOptions.parse(["--grep=" + text]).filter()
    #expect(filter.accepts(Self.event) == isFound)
  }
}
