import Configuration
import Foundation
import LogSources
import RuleTable
import TestSupport
import Testing

@testable import Bridge

/// A program that runs in others' units speaks for a table only where it is installed.
@Suite struct InstalledTablesTests {
  private static func table(_ installed: String) throws -> CompiledTable {
    try RuleCompiler.compile([
      RuleFile(
        name: "t.rules",
        text: Array(
          """
          table t
            seen nothing
            account user
            \(installed)
          scope t
            identifier t
            trust unit php*-fpm.service executable /usr/sbin/php-fpm*
          rule t.login
            match login <user>
            event login.succeeded mailbox=<user>
            example login ann
              expect user=ann
          """.utf8))
    ])
  }

  private static let here = ID128(high: 1, low: 2)

  /// The number of the finding: 0, the only rule, where the entry is believed.
  private func finding(
    _ installed: String, uid: Int = 33, machine: ID128 = here, _ change: (inout Configuration.Rules) -> Void = { _ in }
  ) throws -> Int32 {
    var rules = Configuration.Rules()
    change(&rules)
    let table = try Self.table(installed)
    let users = HostUsers(rules, machine: Self.here, systemMaximum: 999) { _ in nil }
    let trust = SenderTrust(scopes: table.scopes, users: users, installed: InstalledTables(table, rules))
    let fields = [
      "SYSLOG_IDENTIFIER": "t", "MESSAGE": "login ann", "_UID": String(uid), "_MACHINE_ID": machine.description,
      "_SYSTEMD_UNIT": "php8.2-fpm.service", "_SYSTEMD_SLICE": "system.slice", "_EXE": "/usr/sbin/php-fpm8.2",
    ]
    var source = InMemoryEntrySource([.init(realtime: 2, fields: fields)])
    let batch = EntryBatch()
    _ = source.read(into: batch, limit: 1)
    let recognizer = EntryRecognizer(table: table, senders: trust, off: rules.tables.off)
    return recognizer.finding(of: batch.entries[0], in: batch).number
  }

  private static let refused = EntryRecognizer.Outcome.refused

  @Test func whatIsNotInstalledSpeaksForNobody() throws {
    #expect(try finding("installed /usr /nowhere/*") == 0)
    #expect(try finding("installed /nowhere/* /nowhere/t") == Self.refused)
    // A table that names no path has units of its own.
    #expect(try finding("seen more") == 0)
    // Of other machines nobody knows what is there, and root can be believed.
    #expect(try finding("installed /nowhere/t", machine: ID128(high: 3, low: 4)) == 0)
    #expect(try finding("installed /nowhere/t", uid: 0) == 0)
  }

  @Test func theConfigurationHasTheLastWord() throws {
    #expect(try finding("installed /nowhere/t") { $0.tables.on = ["t"] } == 0)
    for uid in [0, 33] {
      #expect(try finding("installed /usr", uid: uid) { $0.tables.off = ["t"] } == EntryRecognizer.Outcome.foreign)
    }
  }

  @Test func statesSayWhy() throws {
    let found = InstalledTables(try Self.table("installed /nowhere/* /us*"), Configuration.Rules())
    #expect(found.state(of: "t") == .found("/usr"))
    let absent = InstalledTables(try Self.table("installed /nowhere/*"), Configuration.Rules())
    #expect(absent.state(of: "t") == .absent)
    #expect(absent.state(of: "other") == .always)
  }

  /// The collector has no privileges: what it would not see, a replay of root's does not count either.
  @Test func whatOnlyRootSeesDoesNotCount() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let directory = temporary.path
    try TestFiles.makeDirectory(directory + "/web/t")
    func state() throws -> InstalledTables.State {
      InstalledTables(try Self.table("installed \(directory)/*/t"), Configuration.Rules()).state(of: "t")
    }
    let path = directory + "/web/t"
    chmod(directory, 0o755)
    chmod(directory + "/web", 0o755)
    #expect(try state() == .found(path))
    chmod(directory + "/web", 0o700)
    #expect(try state() == (geteuid() == 0 ? .hidden(path) : .found(path)))
  }

  @Test(arguments: ["installed usr/share/t", "installed /usr/[a]", "installed /usr/share/t?"])
  func pathsAreAbsolute(line: String) {
    let error = #expect(throws: RuleTableError.self) { try Self.table(line) }
    #expect(error.map { "\($0)".contains("t.rules:4:13: ") && "\($0)".contains("is no path") } == true)
  }
}
