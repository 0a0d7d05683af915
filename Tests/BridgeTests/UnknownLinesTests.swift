import TestSupport
import Testing

@Suite("Lines that no rule knows")
struct UnknownLinesTests {
  @Test("status says of which daemons they are")
  func areSaidByDaemon() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { journal in
      for index in 0..<3 { journal.add("dovecot", "imap[ann]: expunge: box=INBOX, uid=\(index)") }
      journal.add("postfix/smtpd", "what no smtpd says")
    }
    #expect(try site.collect().status == 0)
    let status = try site.run(["status"])
    #expect(status.output.contains("Unknown: 3 of dovecot, 1 of postfix; "), "\(status.output)")
    #expect(
      try site.run(["status", "-o", "json"]).output.contains(#""unrecognised_by_daemon":{"dovecot":3,"postfix":1}"#))
    let metrics = try site.run(["status", "-o", "prometheus"]).output
    #expect(metrics.contains(#"mailtrail_entries_unrecognised_total{daemon="dovecot"} 3"#))
  }
}
