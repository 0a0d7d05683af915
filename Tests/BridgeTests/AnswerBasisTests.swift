import AuditModel
import Glibc
import TestSupport
import Testing

@testable import Bridge

/// What stands under an answer: so that nobody takes "nothing" for "it did not happen".
@Suite struct AnswerBasisTests {
  /// With a login, a deletion, and messages between them that journald dropped.
  private func site() throws -> LiveSite {
    let site = try LiveSite()
    try site.log { journal in
      journal.add("dovecot", "imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<a>")
      journal.addSuppressed(77, unit: "dovecot.service")
      journal.add("dovecot", "imap(ann)<7><a>: expunge: box=INBOX, uid=1, msgid=<m@example.com>, size=5")
    }
    #expect(try site.collect().status == 0)
    return site
  }

  /// As one line, whatever it is folded to.
  private func remark(_ site: LiveSite, _ words: [String]) throws -> String {
    try site.run(words).errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func itSaysWhetherTheCollectorRunsAndWhatIsMissing() throws {
    let site = try site()
    defer { site.remove() }
    for words in [["show", "ann"], ["search"], ["search", "--count-by", "kind"]] {
      let text = try remark(site, words)
      #expect(text.hasPrefix("-- Recorded since "), "\(text)")
      #expect(text.contains("all levels. The collector does not run; it has read up to "))
      #expect(text.contains("Entries are missing: ") && text.contains(" to "))
    }
    let collector = try site.start()
    #expect(try site.waits { try remark(site, ["show", "ann"]).contains("The collector runs.") })
    kill(collector.pid, SIGTERM)
    #expect(collector.wait() == 0)
    #expect(try remark(site, ["show", "ann", "-U", "2020-01-01"]).hasPrefix("-- No entries -- "))
    #expect(try remark(site, ["show", "ann", "-U", "2020-01-01"]).contains("No gap is known in this time."))
    #expect(try remark(site, ["show", "ann", "-q"]).isEmpty)
  }

  @Test(
    arguments: [
      (["-k", "login"], ["audit.level=5"], "Not recorded here: login.succeeded (audit.level, audit.kinds)."),
      (["-k", "login.failed"], ["audit.abuse-detection=false"], "Not recorded here: login.failed (audit."),
      (["-k", "!login"], ["audit.level=5"], nil), (["-k", "message.expunged"], ["audit.level=5"], nil),
      ([], ["audit.enabled=false"], "Nothing is recorded: audit.enabled is false."), ([], ["audit.level=5"], nil),
    ] as [([String], [String], String?)])
  func itSaysWhatIsNotRecorded(words: [String], settings: [String], text: String?) throws {
    let site = try site()
    defer { site.remove() }
    let remark = try remark(site, ["show", "ann"] + words + settings.flatMap { ["--set", $0] })
    #expect(text.map { remark.contains($0) } ?? !remark.contains("ecorded here"), "\(remark)")
  }

  @Test func programsGetGapsWhenTheyAskForThem() throws {
    let site = try site()
    defer { site.remove() }
    for words in [["show", "ann"], ["search"]] {
      #expect(try site.run(words).output.contains("bridge.gap"))
      let plain = try site.run(words + ["-o", "json"])
      #expect(!plain.output.contains("bridge.gap") && plain.errors.isEmpty)
      let lines = try site.run(words + ["-o", "json", "--gaps"]).output.split(separator: "\n")
      #expect(lines.map { $0.contains("bridge.gap") } == [false, true, false], "\(lines)")
    }
  }

  @Test func countsSurviveTheStatusFile() {
    var counts = EventCounts()
    counts.read("my.table.login.succeeded", "3")
    counts.read("dovecot.login.succeeded", "4")
    counts.read("dovecot.no-such.kind", "5")
    counts.read("dovecot", "6")
    #expect(counts.byDaemon == ["my.table": [.loginSucceeded: 3], "dovecot": [.loginSucceeded: 4]])
    #expect(counts.byKind == [.loginSucceeded: 7])
    var again = EventCounts()
    for line in counts.lines {
      let parts = line.dropFirst(EventCounts.prefix.count).dropLast().split(separator: "=")
      again.read(parts[0], String(parts[1]))
    }
    #expect(again == counts)
  }
}
