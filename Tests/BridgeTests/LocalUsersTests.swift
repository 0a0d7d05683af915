import AuditFiles
import Configuration
import Glibc
import LogSources
import TestSupport
import Testing

@testable import Bridge
@testable import Correlation

/// Who hands a message over on this machine.
@Suite struct LocalUsersTests {
  private static let here = ID128(high: 7, low: 1)

  private static func users(machine: ID128 = here) -> LocalUsers {
    HostUsers(Configuration.Rules(), machine: machine, systemMaximum: 999) { _ in nil }.localUsers()
  }

  @Test func uidsOfThisMachineHaveNames() {
    // passwd(5) of every Linux.
    #expect(Self.users().user(0, on: 6) == LocalUsers.User(name: Array("root".utf8), isService: true))
    #expect(Self.users().user(65_534, on: 6)?.isService != false)
    #expect(Self.users().user(4_000_000_000, on: 6) == nil)
  }

  @Test func aServiceHasASystemsNumberOrNoShellOrIsTrusted() {
    var rules = Configuration.Rules()
    rules.trustedUsers = ["1005"]
    let users = HostUsers(rules, machine: Self.here, systemMaximum: 999) { _ in nil }
    #expect(!users.isService(1001, shell: "/bin/bash"))
    #expect(users.isService(1005, shell: "/bin/bash"))
    #expect(users.isService(1001, shell: "/usr/sbin/nologin") && users.isService(5000, shell: "/bin/false"))
    #expect(users.isService(0, shell: "/bin/bash") && users.isService(999, shell: "/bin/sh"))
    #expect(users.isService(65_534, shell: "/bin/sh") && users.isService(61_184, shell: "/bin/sh"))
  }

  @Test func uidsOfOtherMachinesAreNotKnown() {
    #expect(Self.users().user(0, on: 5) == nil)
    #expect(Self.users(machine: .zero).user(0, on: 0) == nil)
  }

  @Test(.enabled("machine-id(5) has none") { try TestFiles.read("/etc/machine-id").count >= 32 })
  func whatRootHandsOverIsShownUnderItsName() throws {
    let site = try LiveSite()
    defer { site.remove() }
    var host = [CChar](repeating: 0, count: 256)
    try #require(gethostname(&host, host.count) == 0)
    let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let text =
      """
      2026-03-01T10:00:00.000000+00:00 \(name) postfix/pickup[9]: 4B709F0601: uid=0 from=<ann@example.org>
      2026-03-01T10:00:01.000000+00:00 \(name) postfix/qmgr[9]: 4B709F0601: from=<ann@example.org>, size=3, nrcpt=1 (queue active)

      """
    let log = site.tree + ".mail.log"
    try TestFiles.write(text, to: log)
    defer { TestFiles.remove(log) }
    #expect(try site.run(["replay", "--syslog", log, "--output-dir", site.tree]).status == 0)
    let shown = try site.run(["show", "_local/root", "-o", "json", "--no-pager"])
    #expect(shown.output.contains(#""kind":"message.sent""#))
    #expect(shown.output.contains(#""actor_name":"root""#))
    #expect(!shown.output.contains(#""mailbox""#))
    #expect(try site.run(["show", "_local/nobody"]).status == 1)
    #expect(try site.run(["verify", "_local/root"]).status == 0)
  }
}
