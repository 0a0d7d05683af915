import Bridge
import Configuration
import LogSources
import TestSupport
import Testing

@testable import Commands

@Suite("Who was not believed, listed")
struct LeftOutReportTests {
  @Test("a user with many programs hides no other user")
  func boundsEachUser() throws {
    let noise = (0..<50).map { ("1000", "imap-login: x", "/tmp/x\($0)") }
    let found = try report(noise + [("1001", "imap-login: y", "/usr/bin/logger")])
    #expect(found.lines.count == 22)
    #expect(found.lines.contains { $0.contains("uid 1001") })
    #expect(found.lines.last == "30 entries of further senders")
    #expect(found.json.last == #"{"count":30,"verdict":"others"}"#)
  }

  private func report(_ entries: [(uid: String, message: String)]) throws -> LeftOutReport {
    try report(entries.map { ($0.uid, $0.message, "/usr/bin/logger") })
  }

  private func report(_ entries: [(uid: String, message: String, program: String)]) throws -> LeftOutReport {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let export = entries.enumerated().map { index, entry in
      """
      __REALTIME_TIMESTAMP=\(1_800_000_000_000_000 + index)
      __MONOTONIC_TIMESTAMP=\(1000 + index)
      _BOOT_ID=11111111111111111111111111111112
      _UID=\(entry.uid)
      _EXE=\(entry.program)
      _SYSTEMD_UNIT=session-1.scope
      _SYSTEMD_SLICE=user-1000.slice
      SYSLOG_IDENTIFIER=dovecot
      MESSAGE=\(entry.message)


      """
    }.joined()
    let path = temporary.path + "/c.journal"
    try JournalFile.append(Array(export.utf8), to: path)
    let request = SourceRequest(journal: JournalSelection(files: [path]))
    let table = try RuleTables.load(directory: "")
    return LeftOutReport(try SenderSurvey(of: request, Configuration(hostName: "mx.example.org"), table))
  }

  @Test("one line a sender, with the last message, which no terminal obeys")
  func listsSenders() throws {
    let found = try report([("1000", "imap-login: x"), ("1000", "imap-login: \u{1B}[2J"), ("1001", "imap-login: y")])
    #expect(found.lines.count == 2)
    #expect(
      found.lines.first?.contains(" 2 refused: as dovecot, by uid 1000, ‘/usr/bin/logger’ in ‘session-1.scope’: ")
        == true)
    #expect(found.lines.allSatisfy { !$0.utf8.contains(27) })
    #expect(found.json.count == 2)
    #expect(found.json.last?.contains(#""uid":1001"#) == true)
    #expect(found.json.last?.contains(#""message":"imap-login: y""#) == true)
  }

  @Test("nothing is said to be nothing")
  func saysNothing() throws {
    #expect(
      try report([("0", "imap-login: x")]).lines == ["no entry that bears a mail daemon's identifier was left out"])
    #expect(try report([("0", "imap-login: x")]).json.isEmpty)
  }
}
