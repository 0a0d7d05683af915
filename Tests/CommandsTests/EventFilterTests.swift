import ArgumentParser
import AuditModel
import Testing

@testable import Commands

@Suite struct EventFilterTests {
  private static let event: AuditEvent = {
    var fields = FieldSet()
    fields.set(.ip, to: "192.0.2.7")
    fields.set(.service, to: "imap")
    fields.set(.folder, to: "Ärger Über ALLES")
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
