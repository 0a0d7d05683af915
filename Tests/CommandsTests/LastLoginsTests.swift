import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Foundation
import TestSupport
import Testing

@testable import Commands

/// Times are those of the records; the text of a row is in the local zone.
@Suite struct LastLoginsTests {
  private static let noon: UInt64 = 1_772_366_400_000_000
  private static let day: UInt64 = 86_400_000_000
  private let ann = MailboxAddress(Array("ann@example.org".utf8))!

  private func event(
    _ number: UInt64, _ kind: EventKind, at time: UInt64, ip: String, mailbox: String = "ann@example.org"
  ) -> AuditEvent {
    var fields = FieldSet()
    fields.set(.mailbox, to: mailbox)
    fields.set(.service, to: "imap")
    fields.set(.ip, to: ip)
    return AuditEvent(id: EventID(source: number, detail: 1), time: time, kind: kind, level: .normal, fields: fields)
  }

  /// Makes a tree, hands its reader out and removes it.
  private func withTree(
    _ events: [(AuditEvent, TrailOwner)], _ body: (TrailReader) throws -> Void
  ) throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let root = temporary.path
    let tree = try AuditTree(root: root + "/Audit", mode: .bulk, calendar: try DayCalendar(timeZone: "UTC"))
    for (event, owner) in events { try tree.append(event, owner: owner) }
    try tree.commit()
    try body(TrailReader(root: root + "/Audit"))
  }

  @Test func theNewestOfEachCounts() throws {
    let owner = TrailOwner.mailbox(ann)
    let events: [(AuditEvent, TrailOwner)] = [
      (event(1, .loginFailed, at: Self.noon - Self.day, ip: "192.0.2.1"), owner),
      (event(2, .loginSucceeded, at: Self.noon + 2, ip: "192.0.2.2"), owner),
      // Written later, though it was earlier.
      (event(3, .loginSucceeded, at: Self.noon + 1, ip: "192.0.2.3"), owner),
      (event(4, .logout, at: Self.noon + 3, ip: "192.0.2.4"), owner),
      // Nobody's, and another's.
      (event(5, .loginFailed, at: Self.noon + 9, ip: "192.0.2.5", mailbox: "bob@example.org"), .unknown),
    ]
    try withTree(events) { reader in
      var last = LastLogins(mailbox: ann)
      try last.read(TrailPath(owner), reader, UnreadLines())
      #expect(last.success?.id == events[1].0.id)
      #expect(last.failure?.id == events[0].0.id)
      let row = last.row(20)
      #expect(row.hasPrefix("ann@example.org     " + LocalClock.date(Self.noon + 2) + "  192.0.2.2 imap"))
      #expect(row.hasSuffix(LocalClock.date(Self.noon - Self.day) + "  192.0.2.1 imap"))
      #expect(last.json.hasPrefix("{\"mailbox\":\"ann@example.org\",\"success\":{\"id\":\"0000000000000002."))
      #expect(last.json.contains("},\"failure\":{\"id\":\"0000000000000001."))
      #expect(last.json.hasSuffix("}}"))
    }
  }

  @Test func whatNeverWasIsSaid() throws {
    try withTree([(event(5, .loginDenied, at: Self.noon, ip: "192.0.2.5"), .unknown)]) { reader in
      var last = LastLogins(mailbox: ann)
      try last.read(TrailPath(.mailbox(ann)), reader, UnreadLines())
      #expect(last.row(16) == "ann@example.org never" + String(repeating: " ", count: 44) + "never")
      #expect(last.json == "{\"mailbox\":\"ann@example.org\"}")
    }
  }

  @Test func failuresOfUnknownNamesAreTheirs() throws {
    let bob = try #require(MailboxAddress(Array("bob@example.org".utf8)))
    let events: [(AuditEvent, TrailOwner)] = [
      (event(1, .loginFailed, at: Self.noon + 2, ip: "192.0.2.1"), .mailbox(ann)),
      (event(2, .loginFailed, at: Self.noon + 1, ip: "192.0.2.2"), .unknown),
      (event(3, .loginDenied, at: Self.noon + 4, ip: "192.0.2.3", mailbox: "bob@example.org"), .unknown),
      (event(4, .loginFailed, at: Self.noon + 3, ip: "192.0.2.4", mailbox: "bob@example.org"), .unknown),
      (event(5, .loginFailed, at: Self.noon + 5, ip: "192.0.2.5", mailbox: "eve@example.org"), .unknown),
    ]
    try withTree(events) { reader in
      var found = [LastLogins(mailbox: ann), LastLogins(mailbox: bob)]
      try found[0].read(TrailPath(.mailbox(ann)), reader, UnreadLines())
      try LastLogins.readUnknown(reader, into: &found, UnreadLines())
      #expect(found.map { $0.failure?.id.source } == [1, 3])
      #expect(found.allSatisfy { $0.success == nil })
    }
  }

  @Test func aNameDrivesNoTerminal() throws {
    let address = try #require(MailboxAddress(Array("a\u{1B}[2J\"\\@example.org".utf8)))
    let last = LastLogins(mailbox: address)
    #expect(!last.row(40).utf8.contains(0x1B))
    #expect(last.json == "{\"mailbox\":\"a\\u001b[2J\\\"\\\\@example.org\"}")
  }
}
