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
            account user
          scope t
            identifier t
            command t
            trust user games-master
            trust unit t.service
            trust unit tool@*.service executable /usr/bin/tool /usr/lib/tool/*
            trust executable /usr/bin/anywhere
            distrust executable /usr/sbin/other
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
      (["_UID=0"], true), (["_UID=1000"], false), (["_UID=8"], false), ([], false),
      (["_UID=1000", "_SYSTEMD_UNIT=t.service", "_SYSTEMD_SLICE=system.slice"], true),
      (["_UID=1000", "_SYSTEMD_UNIT=t.service", "_SYSTEMD_SLICE=user-1000.slice"], false),
      (["_UID=1000", "_SYSTEMD_UNIT=tx.service", "_SYSTEMD_SLICE=system.slice"], false),
      (["_UID=1000", "_SYSTEMD_UNIT=tool@1.service", "_SYSTEMD_SLICE=system.slice", "_EXE=/usr/bin/tool"], true),
      (["_UID=1000", "_SYSTEMD_UNIT=tool@1.service", "_SYSTEMD_SLICE=system.slice", "_EXE=/bin/logger"], false),
      (["_UID=1000", "_SYSTEMD_UNIT=tool@1.service", "_SYSTEMD_SLICE=system.slice"], false),
      (["_UID=1000", "_SYSTEMD_UNIT=tool@1.service", "_SYSTEMD_SLICE=system.slice", "_EXE=/usr/lib/tool/a/b"], true),
      (["_UID=1000", "_SYSTEMD_UNIT=x.service", "_SYSTEMD_SLICE=system.slice", "_EXE=/usr/bin/anywhere"], true),
      (["_UID=1000", "_SYSTEMD_UNIT=x.service", "_SYSTEMD_SLICE=system.slice", "_EXE=/tmp/bin/anywhere"], false),
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

  @Test(
    "A program is known by a path that only root can write to",
    arguments: [
      ("/usr/bin/doveadm", "/usr/bin/doveadm", true), ("/usr/bin/doveadm", "/bin/doveadm", true),
      ("/usr/bin/doveadm", "/usr/sbin/doveadm", true), ("/usr/bin/doveadm", "/tmp/doveadm", false),
      ("/usr/bin/doveadm", "/usr/local/bin/doveadm", false), ("/usr/bin/doveadm", "", false),
      ("/usr/bin/doveadm", "/usr/bin/doveadm2", false), ("/usr/bin/doveadm", "/home/a/usr/bin/doveadm", false),
      ("/usr/sbin/php-fpm*", "/usr/sbin/php-fpm8.2", true), ("/usr/sbin/php-fpm*", "/usr/sbin/php-fpm", false),
      ("/usr/sbin/php-fpm*", "/usr/sbin/php-fpm/sh", false),
      ("/usr/lib/postfix/*", "/usr/lib/postfix/sbin/smtpd", true),
      ("/usr/lib/postfix/*", "/lib/postfix/smtpd", true), ("/usr/lib/postfix/*", "/usr/lib/postfix/", false),
      ("/opt/remi/*/root/usr/sbin/php-fpm", "/opt/remi/php82/root/usr/sbin/php-fpm", true),
      ("/opt/remi/*/root/usr/sbin/php-fpm", "/opt/remi/a/b/root/usr/sbin/php-fpm", false),
    ])
  func knowsPrograms(pattern: String, path: String, isIt: Bool) throws {
    let scope = try #require(try Self.compiled("trust executable " + pattern).scopes.first)
    #expect(Array(path.utf8).withUnsafeBytes(scope.senders.programs[0].matches) == isIt)
  }

  @Test(
    "What a user can choose proves nothing",
    arguments: [
      ("trust unit *", "believes units in which users' own programs run"),
      ("trust unit *.service", "believes units in which users' own programs run"),
      ("trust unit t.service executable */t", "names no program"), ("trust executable t", "names no program"),
      ("distrust executable */t", "names no program"),
      ("trust executable /usr/bin/*", "leaves open which program it is"),
      ("trust executable /home/*/t", "leaves open which program it is"),
      ("trust executable /usr/../t", "is not a path"),
      ("trust executable /opt/*/t", "leaves open which program it is"),
      ("trust executable /usr/lib/*/*", "has two"), ("trust user www-data", "a user as which many programs run"),
      ("trust user nobody", "a user as which many programs run"), ("trust group t", "does not say whom to trust"),
    ])
  func refusesLines(line: String, message: String) {
    let error = #expect(throws: RuleTableError.self) { try Self.compiled(line) }
    #expect(
      error.map { "\($0)".contains(message) && "\($0)".contains("t.rules:6:3: ") } == true,
      "\(String(describing: error))")
  }

  private static func compiled(_ line: String) throws -> CompiledTable {
    try RuleCompiler.compile([
      RuleFile(
        name: "t.rules",
        text: Array(
          """
          table t
            seen nothing
            account user
          scope t
            identifier t
            \(line)
          rule t.login
            match login <user>
            event login.succeeded mailbox=<user>
            example login ann
              expect user=ann
          """.utf8))
    ])
  }
}
