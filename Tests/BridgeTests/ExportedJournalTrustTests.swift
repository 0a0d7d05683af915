import AuditFiles
import AuditModel
import Configuration
import LogSources
import RuleTable
import TestSupport
import Testing

@testable import Bridge

/// A journal that journalctl wrote as text is believed as the journal is.
@Suite struct ExportedJournalTrustTests {
  private static let table = Result { try RuleCompiler.compile(ShippedRules.embedded) }
  private static func entry(_ number: Int, user: String, _ fields: [(String, String)]) -> [UInt8] {
    let message =
      "imap-login: Login: user=<\(user)@example.org>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, mpid=9, session=<\(user)>"
    return ExportFormat.entry(
      [
        ("__REALTIME_TIMESTAMP", "\(1_772_561_223_000_000 + number)"), ("__MONOTONIC_TIMESTAMP", "\(number)"),
        ("_BOOT_ID", String(repeating: "b", count: 32)), ("_MACHINE_ID", String(repeating: "c", count: 32)),
        ("_HOSTNAME", "mx"), ("SYSLOG_IDENTIFIER", "dovecot"),
      ] + fields + [("MESSAGE", message)])
  }

  /// Root's, and those of strangers: a user's, a container's, one without a sender, and one whose text has fields in it.
  private static let export =
    entry(1, user: "ann", [("_UID", "0"), ("_SYSTEMD_UNIT", "dovecot.service")])
    + entry(2, user: "user", [("_UID", "1000"), ("_COMM", "logger"), ("_SYSTEMD_UNIT", "user@1000.service")])
    + entry(3, user: "container", [("_UID", "0"), ("_COMM", "dockerd"), ("CONTAINER_NAME", "dovecot")])
    + entry(4, user: "runtime", [("_UID", "0"), ("_COMM", "conmon")]) + entry(5, user: "nobody", [])
    + entry(
      6, user: "text",
      [
        ("_UID", "1000"), ("_SYSTEMD_UNIT", "session-1.scope"), ("CMD", "x\n_UID=0\n\n__CURSOR=1\n_UID=0\n"),
        ("OTHER", #"","_UID":"0","x":""#),
      ])

  private static func records(_ request: SourceRequest) throws -> (lines: [String], counts: Pipeline.Counts) {
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.audit.level = .lowest
    let replay = try Replay(configuration: configuration, table: try table.get(), calendar: .utc)
    var lines: [UInt8] = []
    try replay.run(
      request,
      to: .events { owned in
        RecordEncoder().append(owned.event, to: &lines)
        return true
      })
    return (String(decoding: lines, as: UTF8.self).split(separator: "\n").map(String.init), replay.pipeline.counts)
  }

  @Test("strangers are refused in each form, and the records are the journal's", arguments: ["export", "json"])
  func strangers(form: String) throws {
    let temporary = TemporaryDirectory()
    let journal = temporary.path + "/a.journal"
    try JournalFile.append(Self.export, to: journal)
    let text = temporary.path + "/text"
    let result = try TestProcess.run("sh", ["-c", "journalctl --file \(journal) --all -o \(form) >\(text)"])
    try #require(result.status == 0, "\(result.errors)")
    let expected = try Self.records(SourceRequest(journal: JournalSelection(files: [journal])))
    let found = try Self.records(SourceRequest(text: TextLogRequest(files: [text])))
    #expect(found.lines == expected.lines)
    #expect(found.lines.count == 1)
    #expect(found.lines.first?.contains("ann@example.org") == true)
    #expect(found.counts.refused == expected.counts.refused)
    #expect(found.counts.refused == 4)
    #expect(found.counts.unprovable == 1)
  }
}
