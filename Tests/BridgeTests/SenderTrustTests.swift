import RuleTable
import Testing

/// Who is believed to be a daemon (SURVIVE row 23).
@Suite struct SenderTrustTests {
  private static let table = Result {
    try RuleCompiler.compile([
      RuleFile(
        name: "t.rules",
        text: Array(
          """
          table t
            seen nothing
          scope t
            identifier t
            command t
            trust user mail
            trust unit t.service
            trust unit tool@*.service executable */tool
            distrust executable */other
          rule t.login
            match login <user>
            event login.succeeded mailbox=<user>
            example login ann
              expect user=ann
          """.utf8))
    ])
  }

  @Test(
    "SURVIVE 23: who may tell, without a unit and against forgery",
    arguments: [
      (["_UID=0"], true), (["_UID=1000"], false), (["_UID=8"], true), ([], false),
      (["_UID=1000", "_SYSTEMD_UNIT=t.service", "_SYSTEMD_SLICE=system.slice"], true),
      (["_UID=1000", "_SYSTEMD_UNIT=t.service", "_SYSTEMD_SLICE=user-1000.slice"], false),
      (["_UID=1000", "_SYSTEMD_UNIT=tx.service", "_SYSTEMD_SLICE=system.slice"], false),
      (["_UID=1000", "_SYSTEMD_UNIT=tool@1.service", "_SYSTEMD_SLICE=system.slice", "_EXE=/usr/bin/tool"], true),
      (["_UID=1000", "_SYSTEMD_UNIT=tool@1.service", "_SYSTEMD_SLICE=system.slice", "_EXE=/bin/logger"], false),
      (["_UID=1000", "_SYSTEMD_UNIT=tool@1.service", "_SYSTEMD_SLICE=system.slice"], false),
      (["_UID=0", "_EXE=/usr/sbin/other"], false), (["_UID=0", "_EXE=/usr/sbin/another"], true),
    ])
  func believes(fields: [String], isTrusted: Bool) throws {
    let entry = [
      "__REALTIME_TIMESTAMP=1780000000000000", "__MONOTONIC_TIMESTAMP=1",
      "_BOOT_ID=" + String(repeating: "1", count: 32),
      "_MACHINE_ID=" + String(repeating: "2", count: 32), "SYSLOG_IDENTIFIER=t", "_COMM=t", "MESSAGE=login ann",
    ]
    let export = (entry + fields).joined(separator: "\n") + "\n\n"
    let told = try TestReplay.events(of: Array(export.utf8), table: try Self.table.get())
    #expect(told.count == (isTrusted ? 1 : 0))
  }
}
