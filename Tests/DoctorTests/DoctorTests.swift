import Configuration
import Doctor
import Foundation
import TestSupport
import Testing

/// What the doctor says of systems that were built for it below a directory.
@Suite struct DoctorTests {
  /// A system below a directory: files, and programs that answer as the real ones do.
  private final class System {
    private let temporary = TemporaryDirectory()

    init(_ files: [String: String] = [:]) throws {
      for (path, text) in files { try add(path, text) }
    }

    private func add(_ path: String, _ text: String) throws {
      let file = temporary.path + "/" + path
      try TestFiles.makeDirectory(String(file[..<file.lastIndex(of: "/")!]))
      guard path.contains("bin/") else { return try TestFiles.write(text, to: file) }
      // Another process writes the program: a child that some other test starts meanwhile would hold our descriptor
      // for an instant, and the kernel does not start a program that is open for writing.
      try TestFiles.write(text, to: file + ".text")
      #expect(try TestProcess.run("install", ["-m", "755", file + ".text", file]).status == 0)
    }

    /// A program that prints a text for each of its command lines, and fails for others.
    static func program(_ answers: [String: String]) -> String {
      let cases = answers.map { "'\($0.key)') printf '%s\\n' '\($0.value)';;" }.joined(separator: "\n")
      return "#!/bin/sh\ncase \"$*\" in\n\(cases)\n*) exit 1;;\nesac\n"
    }

    func findings(now: UInt64 = 1_800_000_000_000_000) -> [Finding] {
      var configuration = Configuration(hostName: "mx.example.org")
      configuration.mailboxes.defaultDomain = "example.org"
      return Doctor(
        machine: Machine(root: temporary.path), configuration: configuration, journal: nil, isMailUnit: { _ in true },
        userOfDovecotLine: { $0.contains("(ann@example.org)<4711><Xk3mPq+Zabc>: ") ? "ann@example.org" : nil },
        now: now
      ).findings()
    }

    func findings(of subject: String) -> [Finding] { findings().filter { $0.subject == subject } }
  }

  @Test func theDomainOfBareNamesIsSaidWithItsOrigin() throws {
    let postfix = ["etc/postfix/main.cf": "mydestination = example.org, localhost\n"]
    let found = try System(postfix).findings(of: "mailtrail").first
    #expect(found?.verdict == .good)
    #expect(
      found?.text
        == "bare user names are in example.org (mydestination in /etc/postfix/main.cf); the same users are in localhost"
    )
    let other = ["etc/postfix/main.cf": "mydestination = other.example, hash:/etc/postfix/local\n"]
    let findings = try System(other).findings(of: "mailtrail").filter { $0.verdict == .advice }
    #expect(findings.count == 2)
    #expect(findings.first?.text.contains("says other.example") == true)
    #expect(findings.first?.remedy.contains("    default-domain: other.example") == true)
    #expect(findings.last?.text.contains("hash:/etc/postfix/local") == true)
  }

  @Test func trailsInAnotherNameOfTheDomainAreToBeMerged() throws {
    let tree = "var/log/mailtrail/Audit/"
    var files = ["etc/postfix/main.cf": "mydestination = example.org, localhost\n"]
    for user in ["ann", "bob", "eve", "zoe", "a%20b"] { files[tree + "localhost/\(user)/AUDIT-260301.log"] = "" }
    files[tree + "other.example/ann/AUDIT-260301.log"] = ""
    let found = try System(files).findings(of: "mailtrail").filter { $0.text.contains("two files") }
    #expect(found.map(\.verdict) == [.advice])
    #expect(found.first?.text.hasPrefix("4 trails are in localhost, which is the same as example.org") == true)
    #expect(found.first?.remedy.contains("mailtrail merge eve@localhost eve@example.org") == true)
    #expect(found.first?.remedy.count == 6)
  }

  private static let doveconf: [String: String] = [
    "-h auth_verbose": "yes", "-h log_path": "syslog", "-f protocol=imap -h mail_plugins": "quota notify mail_log",
    "-f protocol=pop3 -h mail_plugins": "notify mail_log",
    "-h plugin/mail_log_events": "delete undelete expunge save copy mailbox_create mailbox_delete mailbox_rename",
    "-h plugin/mail_log_fields": "uid box msgid size", "-h mail_log_prefix": "%s(%u)<%{pid}><%{session}>: ",
  ]

  private func dovecot(_ changes: [String: String]) throws -> [Finding] {
    let answers = Self.doveconf.merging(changes) { _, new in new }
    return try System(["usr/bin/doveconf": System.program(answers)]).findings(of: "Dovecot")
  }

  @Test func whoWasNotBelievedIsSaid() {
    func first(_ check: SenderCheck, _ subject: String) -> Finding? {
      Doctor(
        machine: Machine(root: "/nowhere"), configuration: Configuration(hostName: "mx.example.org"), journal: nil,
        isMailUnit: { _ in true }, userOfDovecotLine: { _ in nil }, senders: check, now: 1
      ).findings().first { $0.subject == subject }
    }
    func finding(
      isRefused: Bool = false, uid: UInt32? = 5000, user: String? = "vmail", executable: String = "/usr/bin/doveadm",
      absent: String? = nil
    ) -> Finding? {
      let sender = SenderCheck.Sender(
        count: 3, isRefused: isRefused, uid: uid, user: user, identifier: "doveadm", unit: "purge.service",
        executable: executable, absentTable: absent)
      let check = SenderCheck(senders: [sender], tables: [.init(name: "horde", isOn: false, reason: "not found")])
      return first(check, "senders")
    }
    func table(isWanted: Bool) -> Finding? {
      let table = SenderCheck.Table(name: "horde", isOn: false, reason: "not seen", isWanted: isWanted)
      return first(SenderCheck(senders: [], tables: [table]), "tables")
    }
    #expect(table(isWanted: true)?.verdict == .bad)
    #expect(table(isWanted: true)?.remedy.last == "    tables: { on: [horde] }")
    #expect(table(isWanted: false)?.verdict == .good)
    #expect(finding()?.verdict == .advice)
    #expect(finding()?.remedy.last == "    trusted-uids: [vmail]")
    #expect(finding(user: nil)?.remedy.last == "    trusted-uids: [5000]")
    #expect(finding(executable: "")?.verdict == .good)
    #expect(finding(uid: nil)?.verdict == .good)
    #expect(finding(isRefused: true)?.remedy == [])
    #expect(finding(isRefused: true)?.text.contains("by vmail (uid 5000), /usr/bin/doveadm in purge.service") == true)
    #expect(finding(isRefused: true, absent: "horde")?.remedy.last == "    tables: { on: [horde] }")
  }

  @Test func containersThatLogMailAreFound() {
    func findings(_ isBelieved: Bool, names: [String]) -> [Finding] {
      let one = ContainerCheck.Container(name: "mailserver", count: 6, daemons: ["dovecot"], isBelieved: isBelieved)
      return Doctor(
        machine: Machine(root: "/nowhere"), configuration: Configuration(hostName: "mx.example.org"), journal: nil,
        isMailUnit: { _ in true }, userOfDovecotLine: { _ in nil }, containers: ContainerCheck([one], names: names),
        now: 1
      ).findings().filter { $0.subject == "containers" }
    }
    let unknown = findings(false, names: [])
    #expect(unknown.map(\.verdict) == [.advice])
    #expect(unknown.first?.remedy.last == "    containers: [\"mailserver\"]")
    #expect(findings(true, names: ["mail*"]).map(\.verdict) == [.good])
    let gone = findings(false, names: ["other", "none*"])
    #expect(gone.map(\.verdict) == [.advice, .advice])
    #expect(gone.last?.text.contains("names other") == true)
  }

  @Test(
    arguments: [
      ("mail_log_prefix", "%s[%u]: ", Finding.Verdict.bad),
      ("mail_log_prefix", "\"%s(%u)<%{pid}><%{session}>: \"", .good),
      ("mail_log_prefix", "%s(%u)<%{pid}><%{session}>: ", .good), ("mail_log_prefix", "%Us(%u): ", .unknown),
      ("mail_log_prefix", "%s: ", .bad), ("mail_log_prefix", "%{u", .unknown), ("mail_log_prefix", "%u%", .unknown),
      ("login_log_format_elements", "user=<%u> %k", .unknown), ("login_log_format_elements", "%u %r", .bad),
    ])
  func aFormatThatNoTableKnowsIsSaid(setting: String, value: String, verdict: Finding.Verdict) throws {
    let findings = try dovecot(["-h \(setting)": value, "-h login_log_format": "%$: %s"])
      .filter { $0.verdict != .good }
    #expect(findings.map(\.verdict) == (verdict == .good ? [] : [verdict]))
    #expect(findings.allSatisfy { $0.text.hasPrefix(setting) })
  }

  @Test func aDovecotThatLogsEverythingIsGood() throws {
    let findings = try dovecot([:])
    #expect(findings.count == 4)
    #expect(findings.allSatisfy { $0.verdict == .good && $0.remedy.isEmpty })
  }

  @Test(
    arguments: [
      ("-h auth_verbose", "no", Finding.Verdict.advice, "auth_verbose = yes"),
      ("-h log_path", "/var/log/dovecot.log", .bad, "    - text: { path: /var/log/dovecot.log, format: dovecot }"),
      ("-f protocol=imap -h mail_plugins", "quota", .bad, "mail_plugins = $mail_plugins notify mail_log"),
      ("-h plugin/mail_log_events", "delete expunge", .advice, "mail_log_events = delete expunge undelete save"),
      ("-h plugin/mail_log_fields", "uid box", .advice, "mail_log_fields = uid box msgid size"),
      ("-h mail_log_prefix", "%s: ", .bad, "mail_log_prefix = "),
    ])
  func whatDovecotLacksIsSaidWithTheLineThatMendsIt(
    setting: String, value: String, verdict: Finding.Verdict, remedy: String
  ) throws {
    let wrong = try dovecot([setting: value]).filter { $0.verdict != .good }
    #expect(wrong.map(\.verdict) == [verdict])
    #expect(wrong.first?.remedy.contains { $0.contains(remedy) } == true)
  }

  @Test func aDaemonThatDoesNotTellIsNotCalledGood() throws {
    let findings = try System(["usr/bin/doveconf": System.program([:])]).findings(of: "Dovecot")
    #expect(findings.map(\.verdict) == [.unknown])
  }

  @Test(
    arguments: [
      ([:], Finding.Verdict.bad), (["var/log/journal/x": ""], .good),
      (["etc/systemd/journald.conf": "[Journal]\nStorage=volatile\n", "var/log/journal/x": ""], .bad),
      (["etc/systemd/journald.conf": "[Journal]\n#Storage=volatile\n Storage = persistent \n"], .good),
      (
        [
          "etc/systemd/journald.conf": "Storage=none\n",
          "usr/lib/systemd/journald.conf.d/10-a.conf": "Storage=volatile\n",
          "etc/systemd/journald.conf.d/20-b.conf": "Storage=persistent\n",
        ], .good
      ),
      // The same name in /etc takes the place of the one in /usr/lib.
      (
        [
          "usr/lib/systemd/journald.conf.d/10-a.conf": "Storage=persistent\n",
          "etc/systemd/journald.conf.d/10-a.conf": "Storage=none\n",
        ], .bad
      ),
    ])
  func journaldMustKeepItsJournal(files: [String: String], verdict: Finding.Verdict) throws {
    #expect(try System(files).findings(of: "journald").first?.verdict == verdict)
  }

  @Test(
    arguments: [
      ("usr/sbin/postconf", ["-h maillog_file": "", "-xh syslog_name": "postfix"], "Postfix", [Finding.Verdict.good]),
      ("usr/sbin/postconf", ["-h maillog_file": "", "-xh syslog_name": "mta1"], "Postfix", [.bad]),
      ("usr/sbin/postconf", ["-h maillog_file": "/var/log/postfix.log"], "Postfix", [.bad]),
      (
        "usr/sbin/exim4",
        ["-bP log_selector": "log_selector = +all", "-bP log_file_path": "log_file_path = syslog"], "Exim",
        [.good, .good]
      ),
      (
        "usr/sbin/exim4",
        [
          "-bP log_selector": "log_selector = +smtp_protocol_error",
          "-bP log_file_path": "log_file_path = /var/log/exim4/%slog",
        ], "Exim", [.bad, .advice]
      ),
    ])
  func mailServers(program: String, answers: [String: String], subject: String, verdicts: [Finding.Verdict]) throws {
    #expect(try System([program: System.program(answers)]).findings(of: subject).map(\.verdict) == verdicts)
  }

  @Test func eximsFilesAreOfferedAsATextSource() throws {
    let answers = ["-bP log_selector": "log_selector = +all", "-bP log_file_path": "log_file_path = /srv/log/%slog"]
    let finding = try #require(try System(["usr/sbin/exim4": System.program(answers)]).findings(of: "Exim").first)
    #expect(finding.remedy.contains("    - text: { path: /srv/log/mainlog, format: exim }"))
  }

  @Test(
    arguments: [
      ("etc/imapd.conf", "auditlog: yes\n", "Cyrus", Finding.Verdict.good),
      ("etc/imapd.conf", "admins: a\n", "Cyrus", .bad),
      ("etc/imapd.conf", "#auditlog: yes\nauditlog: no\n", "Cyrus", .bad),
      ("etc/courier/imapd", "IMAP_LOG_DELETIONS=1\n", "Courier", .good),
      ("etc/courier/imapd", "IMAP_LOG_DELETIONS=0\n", "Courier", .bad),
      ("etc/courier/authdaemonrc", "DEBUG_LOGIN=2\n", "Courier", .bad),
    ])
  func settingsInFiles(path: String, text: String, subject: String, verdict: Finding.Verdict) throws {
    #expect(try System([path: text]).findings(of: subject).map(\.verdict) == [verdict])
  }

  @Test func theClockIsLookedAt() throws {
    let path = "usr/bin/timedatectl"
    let question = "show --property=NTPSynchronized --value"
    func verdict(_ answer: String, now: UInt64 = 1_800_000_000_000_000) throws -> Finding.Verdict? {
      try System([path: System.program([question: answer])]).findings(now: now).first { $0.subject == "clock" }?.verdict
    }
    #expect(try verdict("yes") == .good)
    #expect(try verdict("no") == .advice)
    #expect(try verdict("yes", now: 1_000_000) == .bad)
  }
}
