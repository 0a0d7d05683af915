import Testing

@testable import LogSources

@Suite("Lines of syslog daemons")
struct SyslogLineTests {
  struct Parts: Equatable {
    var host: String
    var identifier: String
    var pid: Int32
    var message: String

    init(_ host: String, _ identifier: String, _ pid: Int32, _ message: String) {
      (self.host, self.identifier, self.pid, self.message) = (host, identifier, pid, message)
    }
  }

  private func parts(_ text: String) -> Parts? {
    guard let line = withLine(text, { SyslogLine.parse($0) }) else { return nil }
    return Parts(
      line.text(line.host, of: text), line.text(line.identifier, of: text), line.pid,
      line.text(line.message, of: text))
  }

  @Test(
    "each form is taken apart",
    arguments: [
      (
        "Mar  3 18:07:03 mx postfix/smtpd[123]: connect from pc[192.0.2.7]",
        Parts("mx", "postfix/smtpd", 123, "connect from pc[192.0.2.7]")
      ),
      ("Mar 03 18:07:03 mx dovecot: imap-login: Login", Parts("mx", "dovecot", -1, "imap-login: Login")),
      ("<22>Mar  3 18:07:03 mx.example.org exim[7]: x", Parts("mx.example.org", "exim", 7, "x")),
      (
        "<20>2026-03-03T18:07:03.123456+01:00 mx dovecot: a: b",
        Parts("mx", "dovecot", -1, "a: b")
      ),
      ("2026-03-03T18:07:03Z 2001:db8::1 dovecot: x", Parts("2001:db8::1", "dovecot", -1, "x")),
      ("Mar  3 18:07:03 mx last message repeated 2 times", Parts("mx", "", -1, "last message repeated 2 times")),
      ("Mar  3 18:07:03 mx dovecot:", Parts("mx", "dovecot", -1, "")),
      ("Mar  3 18:07:03 mx a[b]: x", Parts("mx", "", -1, "a[b]: x")),
      (
        "<22>1 2026-03-03T18:07:03.5+01:00 mx exim 42 - [a b=\"]\\\"\"][c] \u{feff}hello",
        Parts("mx", "exim", 42, "hello")
      ),
      ("<22>1 2026-03-03T18:07:03Z - dovecot - - - hi", Parts("", "dovecot", -1, "hi")),
      // RFC 5424 without its priority, and lines that only begin like it.
      ("2026-03-03T18:07:03.5+01:00 mx dovecot 42 - - hi", Parts("mx", "dovecot", 42, "hi")),
      ("1 2026-03-03T18:07:03Z mx postfix/smtpd - ID1 - hi", Parts("mx", "postfix/smtpd", -1, "hi")),
      (
        #"2026-03-03T18:07:03Z mx exim 42 - [a b="\]\"x\\"][c d="]"] hi [there]"#, Parts("mx", "exim", 42, "hi [there]")
      ),
      ("2026-03-03T18:07:03Z mx exim 42 - [a]", Parts("mx", "exim", 42, "")),
      ("2026-03-03T18:07:03Z mx exim 42 - [a hi", Parts("mx", "", -1, "exim 42 - [a hi")),
      ("2026-03-03T18:07:03Z mx exim 42 - [a b=\"]\\\"] hi", Parts("mx", "", -1, "exim 42 - [a b=\"]\\\"] hi")),
      ("2026-03-03T18:07:03Z mx exim 42 - -hi", Parts("mx", "", -1, "exim 42 - -hi")),
      ("2026-03-03T18:07:03Z mx exim x - - hi", Parts("mx", "", -1, "exim x - - hi")),
      ("2026-03-03T18:07:03Z mx  exim 42 - - hi", Parts("mx", "", -1, " exim 42 - - hi")),
      ("2026-03-03T18:07:03Z mx web[7]: dovecot 42 - - hi", Parts("mx", "web", 7, "dovecot 42 - - hi")),
      ("2026-03-03T18:07:03Z mx web: dovecot 42 - - hi", Parts("mx", "web", -1, "dovecot 42 - - hi")),
      ("Mar  3 18:07:03 mx dovecot 42 - - hi", Parts("mx", "", -1, "dovecot 42 - - hi")),
      ("1772561223.123456 mx dovecot[7]: x", Parts("mx", "dovecot", 7, "x")),
      ("Mar  3 18:07:03 dovecot: no host", Parts("", "dovecot", -1, "no host")),
      ("Mar 03 18:07:03 sogod [92]: SOGoRootPage", Parts("", "sogod", 92, "SOGoRootPage")),
      ("Mar  3 18:07:03 mx mail.info dovecot: BusyBox", Parts("mx", "dovecot", -1, "BusyBox")),
      ("Mar  3 18:07:03 mx mail.other dovecot: x", Parts("mx", "", -1, "mail.other dovecot: x")),
      ("Mon 2026-11-02 10:00:00 UTC mx dovecot[7]: x", Parts("mx", "dovecot", 7, "x")),
      ("Mon 2026-11-02 10:00:00 CEST mx dovecot[7]: x", Parts("mx", "dovecot", 7, "x")),
      ("Mon 2026-11-02 10:00:00 +03 mx dovecot[7]: x", Parts("mx", "dovecot", 7, "x")),
      (
        "Nov  2 10:00:01 dovecot: lmtp(a)<1><S>: msgid=<b: Info: @x>: y",
        Parts("", "dovecot", -1, "lmtp(a)<1><S>: msgid=<b: Info: @x>: y")
      ),
      (
        "Nov  2 10:00:00 mx sendmail[12]: Nov  2 10:00:00 mx dovecot: x",
        Parts("mx", "sendmail", 12, "Nov  2 10:00:00 mx dovecot: x")
      ),
      ("mailserver-1  | Nov  2 10:00:00 mail dovecot: x", Parts("mail", "dovecot", -1, "x")),
      ("2026-11-02T10:00:00.123456789Z Nov  2 10:00:00 mail dovecot: x", Parts("mail", "dovecot", -1, "x")),
      ("2026-11-02T10:00:00.1Z stdout F Nov  2 10:00:00 mail dovecot: x", Parts("mail", "dovecot", -1, "x")),
      (
        "2026-11-02T10:00:00Z h mailu-smtp[812]: Nov  2 11:00:01 srv postfix/qmgr[376]: x",
        Parts("srv", "postfix/qmgr", 376, "x")
      ),
      // Neither a container of no mail system, nor another moment, nor a second layer is taken off.
      (
        "2026-11-02T10:00:00Z h webapp[8]: Nov  2 10:00:00 srv dovecot: x",
        Parts("h", "webapp", 8, "Nov  2 10:00:00 srv dovecot: x")
      ),
      (
        "2026-11-02T10:00:00Z h mailu-smtp[812]: Nov  2 10:05:00 srv dovecot: x",
        Parts("h", "mailu-smtp", 812, "Nov  2 10:05:00 srv dovecot: x")
      ),
      (
        "2026-11-02T10:00:00Z h mailu[8]: Nov  2 10:00:00 srv mail[9]: Nov  2 10:00:00 srv dovecot: x",
        Parts("srv", "mail", 9, "Nov  2 10:00:00 srv dovecot: x")
      ),
      (
        "2026-11-02T10:00:00Z h dovecot: Nov  2 10:00:00 srv postfix/smtpd[1]: x",
        Parts("srv", "postfix/smtpd", 1, "x")
      ),
    ])
  func forms(text: String, expected: Parts) { #expect(parts(text) == expected) }

  @Test(
    "what is no line of syslog is none",
    arguments: [
      "", "hello", "Mar  3 18:07:03", "Mar 32 18:07:03 mx a: b", "Mar  3 24:07:03 mx a: b", "Mar  3 18:07:03 mx",
      "Feb 30 18:07:03 mx a: b", "2026-13-03T18:07:03Z mx a: b", "2026-02-29T18:07:03Z mx a: b", "\tfolded",
      "<22>1 2026-03-03T18:07:03Z mx a b c [unended", "1772561223.123 mx a: b", "1 2026-03-03T18:07:03 mx a - - - b",
    ])
  func others(text: String) { #expect(parts(text) == nil) }

  @Test("host and identifier are bounded")
  func bounds() {
    let long = String(repeating: "h", count: 256)
    #expect(parts("Mar  3 18:07:03 \(long) a: b") == nil)
    #expect(parts("Mar  3 18:07:03 mx \(long): b")?.identifier == "")
    #expect(parts("Mar  3 18:07:03 mx \(long): b")?.message == "\(long): b")
  }

  @Test("the same line cut anywhere is parsed or refused, never trapped")
  func cuts() {
    let whole = "<22>1 2026-03-03T18:07:03.5+01:00 mx exim 42 - [a b=\"]\\\"\"][c] hello"
    for format in TextLogFormat.allCases {
      for text in [
        whole, #"{"log":"Nov  2 10:00:00 mx a: \u00e9\n","stream":"stdout","time":"2026-11-02T10:00:00Z"}"#,
        #"{"__REALTIME_TIMESTAMP":"1","A":[1,2],"B":["x",[1]],"C":null}"#,
        "__REALTIME_TIMESTAMP=1\nA\n\u{1}\0\0\0\0\0\0\0x\n\n",
        "1772561223.123456 mx a[1]: x", "Mar  3 18:07:03 2026 (1) x", "2026-03-03 18:07:03,1 +0100 [1] INFO  x",
        "1 - a [03/03/2026:",
      ] {
        for count in 0...text.utf8.count {
          let cut = String(decoding: Array(text.utf8).prefix(count), as: UTF8.self)
          if let line = withLine(cut, { format.parse($0) }) { #expect(line.message.upperBound <= count) }
        }
      }
    }
  }
}

@Suite("Lines of daemons' own logs")
struct TextLineTests {
  private func entry(
    _ format: TextLogFormat, _ text: String, name: String = "log"
  ) throws -> (identifier: String, message: String, entry: JournalEntry) {
    var assembler = TextEntryAssembler(
      format: format, name: name, zone: LocalZone { _ in 3600 }, last: nil)
    let batch = EntryBatch()
    let result = withLine(text) { assembler.append($0, now: 1_800_000_000, to: batch) }
    try #require(result == .entry)
    let entry = try #require(batch.entries.first)
    return (batch.text(of: entry.identifier), batch.text(of: entry.message), entry)
  }

  /// 2026-03-03 18:07:03 UTC.
  private let moment: UInt64 = 1_772_561_223_000_000

  @Test func exim() throws {
    let plain = try entry(.exim, "2026-03-03 19:07:03 1tq1-0001-2t <= ann@example.org")
    #expect(plain.identifier == "exim")
    #expect(plain.message == "1tq1-0001-2t <= ann@example.org")
    #expect(plain.entry.realtime == moment)
    let full = try entry(.exim, "2026-03-03 13:07:03.250 -0500 [4711] 1tq1-0001-2t Completed")
    #expect(full.message == "1tq1-0001-2t Completed")
    #expect(full.entry.pid == 4711)
    #expect(full.entry.realtime == moment + 250_000)
  }

  @Test func dovecot() throws {
    let info = try entry(.dovecot, "Mar 03 19:07:03 imap-login: Info: Login: user=<a: Info: b>, rip=192.0.2.1")
    #expect(info.identifier == "dovecot")
    #expect(info.message == "imap-login: Login: user=<a: Info: b>, rip=192.0.2.1")
    #expect(info.entry.realtime == moment)
    let error = try entry(.dovecot, "2026-03-03 19:07:03 imap(ann@example.org)<9><x>: Error: broken")
    #expect(error.message == "imap(ann@example.org)<9><x>: Error: broken")
  }

  @Test func mailman() throws {
    let found = try entry(.mailman, "Mar 03 19:07:03 2026 (1234) test: new ann@example.org", name: "subscribe")
    #expect(found.identifier == "mailman-subscribe")
    #expect(found.message == "test: new ann@example.org")
    #expect(found.entry.pid == 1234)
    #expect(found.entry.realtime == moment)
  }

  @Test func cpanel() throws {
    let access =
      #"192.0.2.1 - ann%40example.org [03/03/2026:18:07:03 -0000] "POST /execute/Email/add_pop HTTP/1.1" 200 0 "-" "-" "s" "-" 2083"#
    let first = try entry(.cpanelAccess, access)
    #expect(first.identifier == "cpanel-access")
    #expect(first.message == access)
    #expect(first.entry.realtime == moment)
    let login = "[2026-03-03 13:07:03 -0500] info [cpaneld] 192.0.2.1 - ann \"POST /login/ HTTP/1.1\" FAILED LOGIN x"
    let second = try entry(.cpanelLogin, login)
    #expect(second.identifier == "cpanel-login")
    #expect(second.message == login)
    #expect(second.entry.realtime == moment)
    let third = try entry(
      .cpanelSession, "[2026-03-03 18:07:03 +0000] info [cpaneld] 192.0.2.1 NEW ann:x address=192.0.2.1")
    #expect(third.identifier == "cpanel-session")
    #expect(third.entry.realtime == moment)
  }

  @Test func zimbra() throws {
    let found = try entry(.zimbraAudit, "2026-03-03 19:07:03,123 WARN  [qtp1-2] [name=ann;] security - cmd=Auth;")
    #expect(found.identifier == "zimbra-audit")
    #expect(found.message == "WARN  [qtp1-2] [name=ann;] security - cmd=Auth;")
    #expect(found.entry.realtime == moment + 123_000)
    #expect(withLine("\tat com.zimbra.Foo", { TextLine.zimbra($0) }) == nil)
  }

  @Test(
    "the format is told by the lines",
    arguments: [
      ("Mar  3 18:07:03 mx dovecot: imap: Error: x", "mail.log", TextLogFormat.syslog),
      ("<22>2026-03-03T18:07:03Z mx dovecot: x", "x", .syslog),
      ("Mar 03 18:07:03 imap-login: Info: Login: x", "x", .dovecot),
      ("2026-03-03 18:07:03 imap-login: Info: Login: x", "x", .dovecot),
      ("2026-03-03 18:07:03 1tq1-0001-2t <= ann@example.org H=x", "mainlog", .exim),
      ("2026-03-03 18:07:03 exim 4.96 daemon started: pid=7", "mainlog", .exim),
      ("Mar 03 18:07:03 2026 (1234) x", "smtp", .mailman),
      (#"192.0.2.1 - a [03/03/2026:18:07:03 -0000] "GET / HTTP/1.1" 200 0"#, "access_log", .cpanelAccess),
      ("[2026-03-03 18:07:03 +0000] info [cpaneld] 192.0.2.1 - a SUCCESS LOGIN cpaneld", "x", .cpanelLogin),
      ("[2026-03-03 18:07:03 +0000] info [cpaneld] 192.0.2.1 NEW a:b address=192.0.2.1", "x", .cpanelSession),
      ("2026-03-03 18:07:03,123 INFO  [x] [] security - cmd=Auth", "x", .zimbraAudit),
      ("2026-03-03 18:07:03,123 INFO  [x] [] imap - y", "mailbox.log", .zimbraMailbox),
      ("2026-03-03T18:07:03Z mx dovecot 7 - - x", "x", .syslog),
      ("1772561223.123456 mx dovecot[7]: x", "x", .syslog),
      (
        #"{"__REALTIME_TIMESTAMP":"1772561223000000","MESSAGE":"1 - a [03/03/2026:18:07:03 -0000] LOGIN"}"#, "x",
        .journalJSON
      ),
      (
        #"{"log":"1 - a [03/03/2026:18:07:03 -0000] x\n","stream":"stdout","time":"2026-03-03T18:07:03Z"}"#, "x",
        .dockerJSON
      ),
      (
        "__CURSOR=s=1\nMESSAGE\n\u{50}\0\0\0\0\0\0\0Mar  3 18:07:03 mx dovecot: x\nMar  3 18:07:03 mx dovecot: y\n",
        "x",
        .journalExport
      ),
    ])
  func detection(text: String, name: String, expected: TextLogFormat) {
    #expect(FormatDetection.format(ofHead: Array((text + "\n").utf8), name: name) == expected)
  }

  @Test func junkHasNoFormat() {
    #expect(FormatDetection.format(ofHead: Array("hello\nworld\n".utf8), name: "x") == nil)
  }

  @Test(
    "names of rotated logs lead to the log",
    arguments: [
      ("mail.log.1", "mail.log"), ("mail.log.2.gz", "mail.log"), ("mail.log-20260303", "mail.log"),
      ("mail.log-20260303.xz", "mail.log"), ("mail-20260303.log", "mail.log"), ("mail.1.log.zst", "mail.log"),
      ("mail.log-20260303-1772560000.gz", "mail.log"), ("mainlog.gz", "mainlog"), ("mail.log-2026-03-03", "mail.log"),
      ("subscribe.old", "subscribe"),
    ])
  func rotatedNames(name: String, log: String) { #expect(RotatedName.original(of: name) == log) }

  @Test(arguments: ["mail.log", "mainlog", "access_log", "mail.err", "audit.log", "mx-1.log", "a-b", "20260303"])
  func ordinaryNames(name: String) { #expect(RotatedName.original(of: name) == nil) }
}
