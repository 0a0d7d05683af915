import Configuration
import LogSources
import RuleTable
import Testing

@testable import Bridge
@testable import Correlation

/// Who is believed to be a daemon (durability 23).
@Suite struct SenderTrustTests {
  // MARK: - Who is believed

  /// A daemon with a user of its own, a tool of its, and a web program that has none.
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
            trust user tee
            trust unit t.service
            trust unit mta@*.service executable /usr/lib/t/agent
            trust executable /usr/bin/tool
            distrust executable /usr/sbin/other
          scope web
            daemon web
            identifier web
            trust unit php*-fpm.service executable /usr/sbin/php-fpm*
          scope bare
            daemon bare
            identifier bare
          rule t.login
            in t web bare
            match login <user>
            event login.succeeded mailbox=<user>
            example login ann
              expect user=ann
          """.utf8))
    ])
  }

  private static let here = "22222222222222222222222222222223"
  private static let elsewhere = "33333333333333333333333333333334"
  private static let mta = "_SYSTEMD_UNIT=mta@-.service _SYSTEMD_SLICE=system-mta.slice "
  private static let unit = "_SYSTEMD_UNIT=t.service _SYSTEMD_SLICE=system.slice "
  private static let web = "_SYSTEMD_UNIT=php8.2-fpm.service _SYSTEMD_SLICE=system.slice "
  private static let cron = "_SYSTEMD_UNIT=cron.service _SYSTEMD_SLICE=system.slice "
  private static let session = "_SYSTEMD_UNIT=session-1.scope _SYSTEMD_SLICE=user-1000.slice "

  /// Of a machine on which tee is 120, joe 1000 and vmail 5000: what the fields alone say, and what comes of it once the
  /// ledger knows that 120 speaks for t and that 5000 delivers mail.
  @Test(
    "durability 23: who may tell, without a unit and against forgery",
    arguments: [
      // Root, whatever it runs, but not another daemon's program.
      ("t", "_UID=0", .believed, .believed), ("t", session + "_UID=0 _EXE=/bin/logger", .believed, .believed),
      ("t", "_UID=0 _EXE=/usr/sbin/other", .refused, .refused),
      ("t", "_UID=0 _EXE=/usr/sbin/another", .believed, .believed),
      // A container's runtime writes as root what anybody wrote.
      ("t", "_UID=0 _COMM=dockerd CONTAINER_NAME=t", .refused, .refused),
      ("t", "_UID=0 CONTAINER_ID=1", .refused, .refused),
      ("t", "_UID=0 _COMM=conmon", .refused, .refused), ("t", "_UID=0 _COMM=dockerd", .refused, .refused),
      ("t", unit + "_UID=130 CONTAINER_ID_FULL=1", .refused, .refused),
      // Nobody at all.
      ("t", "", .unprovable, .unprovable), ("t", unit, .unprovable, .unprovable),
      // A system user in the daemon's unit.
      ("t", unit + "_UID=130", .believed, .believed),
      ("t", mta + "_UID=130 _EXE=/usr/lib/t/agent", .believed, .believed),
      ("t", mta + "_UID=130 _EXE=/bin/logger", .refused, .refused), ("t", mta + "_UID=130", .unprovable, .unprovable),
      ("t", "_SYSTEMD_UNIT=t.service _UID=130", .unprovable, .unprovable),
      ("t", "_SYSTEMD_UNIT=t.service _SYSTEMD_SLICE=user-130.slice _UID=130", .refused, .refused),
      ("t", "_SYSTEMD_UNIT=tx.service _SYSTEMD_SLICE=system.slice _UID=130", .refused, .refused),
      ("t", unit + "_UID=61200", .believed, .believed), ("t", unit + "_UID=65534", .believed, .believed),
      // The daemon's own user, once its entries have shown it.
      ("t", cron + "_UID=120 _EXE=/usr/bin/tool", .refused, .believed),
      ("t", session + "_UID=120 _EXE=/usr/sbin/tool", .refused, .believed),
      ("t", cron + "_UID=120 _EXE=/bin/logger", .refused, .refused), ("t", cron + "_UID=120", .refused, .refused),
      ("t", "_UID=120", .unprovable, .believed), ("t", mta + "_UID=120", .unprovable, .believed),
      ("t", "_UID=120 _EXE=/usr/lib/t/agent", .unprovable, .believed),
      ("t", "_UID=120 _SYSTEMD_SLICE=-.slice _EXE=/usr/bin/tool", .unprovable, .believed),
      ("t", "_UID=121", .unprovable, .unprovable), ("t", cron + "_UID=121 _EXE=/usr/bin/tool", .refused, .refused),
      // Users of many programs.
      ("t", cron + "_UID=33 _EXE=/usr/bin/tool", .refused, .refused), ("t", "_UID=38", .unprovable, .unprovable),
      ("t", cron + "_UID=65534 _EXE=/usr/bin/tool", .refused, .refused),
      ("web", web + "_UID=33 _EXE=/usr/sbin/php-fpm8.2", .believed, .believed),
      ("web", web + "_UID=33 _EXE=/bin/logger", .refused, .refused), ("web", web + "_UID=33", .unprovable, .unprovable),
      ("web", web + "_UID=33 _EXE=/usr/bin/dash", .refused, .refused), ("web", "_UID=33", .unprovable, .unprovable),
      ("web", web + "_UID=1000 _EXE=/usr/sbin/php-fpm8.2", .unproven, .unproven),
      // An ordinary user: whatever he runs, wherever.
      ("t", "_UID=1000", .unprovable, .unprovable), ("t", session + "_UID=1000", .refused, .refused),
      ("t", unit + "_UID=1000", .unproven, .unproven),
      ("t", mta + "_UID=1000 _EXE=/usr/lib/t/agent", .unproven, .unproven),
      ("t", mta + "_UID=1000 _EXE=/tmp/agent", .refused, .refused), ("t", mta + "_UID=1000", .unprovable, .unprovable),
      ("t", cron + "_UID=1000 _EXE=/usr/bin/tool", .refused, .refused),
      ("t", web + "_UID=1000 _EXE=/tmp/tool", .refused, .refused),
      // The one that delivers mail, once the mail server has confirmed it.
      ("t", mta + "_UID=5000 _EXE=/usr/lib/t/agent", .unproven, .believed),
      ("t", mta + "_UID=5000", .unprovable, .believed),
      ("t", "_UID=5000", .unprovable, .believed), ("t", cron + "_UID=5000 _EXE=/usr/bin/tool", .refused, .believed),
      ("t", mta + "_UID=5000 _EXE=/bin/logger", .refused, .refused), ("t", cron + "_UID=5000", .refused, .refused),
      ("web", "_UID=5000", .unprovable, .unprovable),
      // Where nobody is named it is root alone.
      ("bare", session + "_UID=0 _EXE=/usr/bin/tool", .believed, .believed),
      ("bare", session + "_UID=1000 _EXE=/usr/bin/tool", .refused, .refused),
      ("bare", cron + "_UID=33 _EXE=/usr/bin/tool", .refused, .refused),
      ("bare", cron + "_UID=5000 _EXE=/usr/bin/tool", .refused, .refused),
      ("bare", unit + "_UID=120", .refused, .refused), ("bare", "_UID=120", .unprovable, .unprovable),
      ("bare", "_UID=5000", .unprovable, .unprovable), ("bare", "", .unprovable, .unprovable),
    ] as [(String, String, SenderTrust.Verdict, SenderTrust.Verdict)])
  func believes(scope: String, fields: String, first: SenderTrust.Verdict, later: SenderTrust.Verdict) throws {
    #expect(try Self.verdict(scope, fields, on: Self.elsewhere, SenderLedger()) == first)
    #expect(try Self.verdict(scope, fields, on: Self.elsewhere, Self.ledger()) == later)
    // What this ledger knows of one host it knows of no other.
    #expect(try Self.verdict(scope, fields, on: "44444444444444444444444444444445", Self.ledger()) == first)
  }

  /// What this machine's files and the configuration say.
  @Test(
    arguments: [
      // The daemon's own user is known by name here, and nowhere else.
      (cron + "_UID=120 _EXE=/bin/logger", here, .believed), (cron + "_UID=120 _EXE=/bin/logger", elsewhere, .refused),
      ("_UID=120", here, .believed),
      // An ordinary user of that name is none.
      (unit + "_UID=1001", here, .unproven),
      // The configuration's users: by number everywhere, by name here.
      (mta + "_UID=6000 _EXE=/usr/lib/t/agent", elsewhere, .believed),
      (cron + "_UID=6000 _EXE=/usr/bin/tool", elsewhere, .believed), (cron + "_UID=6000 _EXE=/bin/sh", here, .refused),
      ("_UID=6000", here, .unprovable), (mta + "_UID=5000 _EXE=/usr/lib/t/agent", here, .believed),
      (mta + "_UID=5000 _EXE=/usr/lib/t/agent", elsewhere, .unproven),
      // SYS_UID_MAX of this machine is 499.
      (unit + "_UID=700", here, .unproven), (unit + "_UID=700", elsewhere, .believed),
    ] as [(String, String, SenderTrust.Verdict)])
  func knowsThisMachine(fields: String, machine: String, verdict: SenderTrust.Verdict) throws {
    #expect(try Self.verdict("t", fields, on: machine, SenderLedger(), trusted: ["6000", "vmail"]) == verdict)
  }

  private static func ledger() -> SenderLedger {
    var ledger = SenderLedger()
    for uid: UInt32 in [120, 33, 38, 65534, 5000] {
      ledger.learn(uid, on: machine(elsewhere), for: SenderLedger.number(ofDaemon: "t"), at: 1)
    }
    for _ in 0..<SenderLedger.confirmationsNeeded { ledger.confirm(5000, on: machine(elsewhere), at: 1) }
    return ledger
  }

  private static func machine(_ text: String) -> UInt64 { ID128(text).map { $0.high ^ $0.low } ?? 0 }

  private static func verdict(
    _ scope: String, _ fields: String, on machine: String, _ ledger: SenderLedger, trusted: [String] = []
  ) throws -> SenderTrust.Verdict {
    var rules = Configuration.Rules()
    rules.trustedUsers = trusted
    let users = HostUsers(rules, machine: try #require(ID128(here)), systemMaximum: 499) { name in
      ["tee": 120, "joe": 1000, "vmail": 5000][name]
    }
    let table = try table.get()
    let trust = SenderTrust(scopes: table.scopes, users: users, installed: InstalledTables(table, rules))
    var entry = ["SYSLOG_IDENTIFIER": scope, "_COMM": scope, "MESSAGE": "login ann", "_MACHINE_ID": machine]
    for field in fields.split(separator: " ") {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      entry[parts[0]] = parts[1]
    }
    var source = InMemoryEntrySource([.init(realtime: 2, fields: entry)])
    let batch = EntryBatch()
    _ = source.read(into: batch, limit: 1)
    let recognizer = EntryRecognizer(table: table, senders: trust)
    let finding = recognizer.finding(of: batch.entries[0], in: batch)
    if finding.number == EntryRecognizer.Outcome.refused { return .refused }
    if finding.number == EntryRecognizer.Outcome.unprovable { return .unprovable }
    var ledger = ledger
    let sender = EntrySender(uid: batch.entries[0].uid, machine: Self.machine(machine), time: 2)
    return recognizer.verdict(of: finding, from: sender, &ledger)
  }

  // MARK: - How tables say it

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
