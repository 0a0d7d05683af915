import AuditFiles
import AuditModel
import AuditReading
import AuditWriting
import Configuration
import Foundation
import TestSupport
import Testing

@testable import Commands

@Suite struct MailboxLookupTests {
  /// A tree with the trails of these mailboxes.
  private static func withTree(_ mailboxes: [String], _ body: (MailboxLookup) throws -> Void) throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let root = temporary.path
    let tree = try AuditTree(root: root + "/Audit", mode: .bulk, calendar: try DayCalendar(timeZone: "UTC"))
    for (number, name) in mailboxes.enumerated() {
      var fields = FieldSet()
      fields.set(.mailbox, to: name)
      let address = try #require(MailboxAddress(Array(name.utf8)))
      try tree.append(
        AuditEvent(
          id: EventID(source: UInt64(number + 1), detail: 1), time: 1_772_366_400_000_000, kind: .logout,
          level: .normal,
          fields: fields), owner: .mailbox(address))
    }
    try tree.commit()
    try body(MailboxLookup(Configuration(hostName: "mx.example.org"), TrailReader(root: root + "/Audit")))
  }

  @Test func theAccountsTrailComesBeforeTheOneThatAnAddressLeadsTo() throws {
    try Self.withTree(["ulla@example.org", "ulla+kasse@example.org"]) { lookup in
      for (typed, mailbox, account) in [
        ("ulla", "ulla@example.org", "ulla@example.org"),
        ("Ulla+Kasse", "ulla+kasse@example.org", "ulla+kasse@example.org"),
        ("ulla+news@example.org", "ulla@example.org", "ulla+news@example.org"),
        ("bob+x@example.org", "bob+x@example.org", "bob+x@example.org"),
      ] {
        let found = try lookup.find(typed)
        #expect(String(decoding: found.mailbox.bytes, as: UTF8.self) == mailbox)
        #expect(String(decoding: found.account.bytes, as: UTF8.self) == account)
      }
      #expect(throws: (any Error).self) { try lookup.find("@") }
    }
  }
}
