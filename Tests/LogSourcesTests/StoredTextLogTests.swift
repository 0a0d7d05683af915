import Foundation
import Testing

@testable import LogSources

@Suite("Text logs that are read once")
struct StoredTextLogTests {
  private func hashes(_ reader: SourceReader) throws -> [UInt64] { try reader.entries().map(\.hash) }

  @Test("line ends: CRLF, none at the end, NULs, bytes that are no text")
  func lineEnds() throws {
    let fixture = TextLogFixture()
    let first = line(1, "one").dropLast() + "\r\n"
    let text =
      Array(first.utf8) + [0, 0, 0] + Array(line(2, "two\0two").utf8) + [10] + Array(line(3, "th").utf8.dropLast())
    try fixture.write("mail.log", bytes: text + [0xff])
    let batch = EntryBatch()
    let reader = try fixture.reader("mail.log")
    #expect(try reader.read(into: batch, limit: 10) == .end)
    let messages = batch.entries.map { batch.bytes(of: $0.message) }
    #expect(messages == [Array("one".utf8), Array("two\0two".utf8), Array("th".utf8) + [0xff]])
  }

  @Test(
    "a line over the limit is cut and counted, and the next one is whole",
    arguments: [65_536, 70_000, 262_144, 900_000])
  func longLines(length: Int) throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a") + line(2, String(repeating: "x", count: length)) + line(3, "b"))
    let batch = EntryBatch()
    let reader = try fixture.reader("mail.log")
    #expect(try reader.read(into: batch, limit: 10) == .end)
    #expect(batch.entries.count == 3)
    #expect(batch.truncatedCount == 1)
    #expect(batch.entries[1].isMessageTruncated)
    #expect(batch.bytes(of: batch.entries[1].message).count < EntryBatch.fieldLimit)
    #expect(batch.text(of: batch.entries[2].message) == "b")
  }

  @Test("compressed logs are read as plain ones, whatever their names", arguments: ["gzip", "xz", "zstd"])
  func compression(program: String) throws {
    let fixture = TextLogFixture()
    let text = (0..<5000).map { line($0 / 4, "m\($0 % 3)") }.joined()
    try fixture.write("mail.log", text)
    let plain = try hashes(try fixture.reader("mail.log"))
    #expect(plain.count == 5000)
    #expect(Set(plain).count == 5000)
    try fixture.run("sh", "-c", "\(program) -c \(fixture.path("mail.log")) >\(fixture.path("oddly.named"))")
    #expect(try hashes(try fixture.reader("oddly.named")) == plain)
    // Two frames one behind the other are one log.
    try fixture.write("a", line(1, "x"))
    try fixture.write("b", line(2, "y"))
    try fixture.run(
      "sh", "-c", "cd \(fixture.directory); \(program) -c a >two.log; \(program) -c b >>two.log")
    #expect(try fixture.reader("two.log").messages() == ["x", "y"])
    // A damaged one gives what comes before the damage, and says so.
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture.path("oddly.named"))))
    try fixture.write("cut.log", bytes: Array(bytes.dropLast(bytes.count / 3)))
    let cut = try fixture.reader("cut.log", format: .syslog)
    _ = try cut.entries()
    #expect(cut.drainNotices().contains { $0.kind == .gap && $0.reason.contains("cannot decompress") })
  }

  @Test("files of one log are read in the order of their times, whatever their order; a copy is left out")
  func order() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(30, "e") + line(31, "f"))
    try fixture.write("mail.log.1", line(20, "c") + line(30, "d"))
    try fixture.write("mail.log.2", line(10, "a") + line(11, "b"))
    try fixture.run("gzip", "-k", fixture.path("mail.log.1"))
    let reader = try fixture.reader("mail.log", "mail.log.2", "mail.log.1.gz", "mail.log.1")
    #expect(try reader.messages() == ["a", "b", "c", "d", "e", "f"])
    #expect(reader.drainNotices().map(\.subject) == [fixture.path("mail.log.1.gz")])
  }

  @Test("logs of several daemons come merged by time")
  func merged() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a") + line(3, "c"))
    try fixture.write("mainlog", "2026-03-03 18:00:02 +0000 b\n2026-03-03 18:00:04 +0000 d\n")
    #expect(try fixture.reader("mainlog", "mail.log").messages() == ["a", "b", "c", "d"])
  }

  @Test("the same line has the same identity everywhere, equal ones of a second have different ones")
  func identity() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a") + line(1, "a") + line(2, "a") + line(1, "a"))
    let first = try hashes(try fixture.reader("mail.log"))
    #expect(Set(first).count == 4)
    try fixture.rename("mail.log", to: "elsewhere")
    #expect(try hashes(try fixture.reader("elsewhere")) == first)
    // Divided by a rotation within the second.
    try fixture.write("mail.log.1", line(1, "a"))
    try fixture.write("mail.log", line(1, "a") + line(2, "a") + line(1, "a"))
    #expect(try hashes(try fixture.reader("mail.log", "mail.log.1")) == first)
  }

  @Test("years come from the file's last change")
  func years() throws {
    let fixture = TextLogFixture()
    try fixture.write(
      "mail.log", "Dec 31 12:00:00 mx dovecot: a\nJan  2 12:00:00 mx dovecot: b\n", modified: 1_704_240_000)
    let years = try fixture.reader("mail.log").entries().map { $0.realtime / 1_000_000 / 86_400 }
    // 2023-12-31 and 2024-01-02, by days since 1970; the zone of this machine moves them by less than a day.
    #expect(years == [19_722, 19_724])
  }

  @Test("since, until and the identifier select")
  func selection() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", (1...9).map { line($0, "m\($0)") }.joined())
    let base = try fixture.reader("mail.log").entries()[0].realtime
    let request = SourceRequest(
      text: TextLogRequest(files: [fixture.path("mail.log")]), start: .since(base + 2_000_000), until: base + 4_000_000)
    #expect(try SourceReader(request).messages() == ["m3", "m4", "m5"])
    var other = request
    other.filter = EntryFilter(identifiers: ["exim"])
    #expect(try SourceReader(other).messages() == [])
    let batch = EntryBatch()
    let reader = try SourceReader(
      SourceRequest(text: TextLogRequest(files: [fixture.path("mail.log")])), interest: SetInterest())
    #expect(try reader.read(into: batch, limit: 100) == .end)
    #expect(batch.entries.isEmpty)
    #expect(batch.examinedCount == 9)
  }

  @Test("what is no log, or what anybody may write to, is refused with the reason")
  func refused() throws {
    let fixture = TextLogFixture()
    try fixture.write("open.log", line(1, "x"))
    chmod(fixture.path("open.log"), 0o646)
    mkfifo(fixture.path("fifo"), 0o600)
    mkdir(fixture.path("directory"), 0o700)
    try fixture.write("junk", "hello\n")
    try fixture.run("sh", "-c", "echo BZh91AY >\(fixture.path("b.bz2"))")
    for (name, reason) in [
      ("open.log", "everybody may write"), ("fifo", "it is a FIFO"), ("directory", "it is a directory"),
      ("junk", "cannot recognize the format"), ("missing", "No such file"), ("b.bz2", "bzip2 -dc"),
    ] {
      let error = #expect(throws: JournalError.self) { _ = try fixture.reader(name) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
      #expect(error?.description.contains(fixture.path(name)) == true)
    }
  }

  @Test("a symbolic link leads to the log, an empty log is no error")
  func symbolicLink() throws {
    let fixture = TextLogFixture()
    try fixture.write("real.log", line(1, "x"))
    try fixture.write("empty.log", "")
    try #require(symlink(fixture.path("real.log"), fixture.path("link.log")) == 0)
    #expect(try fixture.reader("link.log", "empty.log").messages() == ["x"])
    #expect(try fixture.reader("link.log", "real.log").messages() == ["x"])
  }

  @Test("journal and text log come merged by time")
  func withJournal() throws {
    let journal = JournalFixture()
    let fixture = TextLogFixture()
    let base = 1_772_560_800_000_000 as UInt64
    try journal.write("a.journal", [.init(base + 1_500_000, "j1"), .init(base + 2_500_000, "j2")])
    try fixture.write("mail.log", line(1, "t1") + line(2, "t2") + line(3, "t3"))
    let reader = try SourceReader(
      SourceRequest(
        journal: journal.wholeDirectory, text: TextLogRequest(files: [fixture.path("mail.log")])))
    #expect(try reader.messages(limit: 2) == ["t1", "j1", "t2", "j2", "t3"])
  }

  @Test("lines that are none of the format are left out and said; a file without any line of it is an error")
  func foreign() throws {
    let fixture = TextLogFixture()
    let others = String(repeating: "2026-03-03 18:07:03 hello there\n", count: 20)
    try fixture.write("x.log", "Mar 03 18:07:03 2026 (7) hello\n" + others)
    let reader = try fixture.reader("x.log", format: .mailman)
    #expect(try reader.messages() == ["hello"])
    #expect(reader.drainNotices().contains { $0.kind == .warning && $0.reason.contains("20 of 21 lines") })
    try fixture.write("y.log", others)
    let error = #expect(throws: JournalError.self) { try fixture.reader("y.log", format: .mailman) }
    #expect("\(try #require(error))".contains("try --format exim"))
  }

  @Test("last message repeated stands for the line before of the same host, and only for a wanted one")
  func repetitions() throws {
    let fixture = TextLogFixture()
    try fixture.write(
      "x.log",
      """
      Nov  2 10:00:00 mx dovecot: one
      Nov  2 10:00:20 mx last message repeated 2 times
      Nov  2 10:00:21 mx dovecot: message repeated 3 times: [ two]
      Nov  2 10:00:30 other last message repeated 5 times

      """)
    let entries = try fixture.reader("x.log").entries()
    #expect(entries.map(\.message) == ["one", "one", "one", "two", "two", "two"])
    #expect(Set(entries.map(\.hash)).count == entries.count)
  }

  @Test("parts of a container's line are no lines, each stream by itself")
  func parts() throws {
    let fixture = TextLogFixture()
    try fixture.write(
      "x.log",
      """
      2026-11-02T10:00:00.1Z stdout P Nov  2 10:00:00 mx dovecot: cut
      2026-11-02T10:00:00.2Z stderr F Nov  2 10:00:00 mx dovecot: one
      2026-11-02T10:00:00.3Z stdout F Nov  2 10:00:00 mx dovecot: the rest
      2026-11-02T10:00:00.4Z stdout F Nov  2 10:00:00 mx dovecot: two
      2026-11-02T10:00:00.5Z stdout P text
      2026-11-02T10:00:00.6Z stdout F more text
      2026-11-02T10:00:00.7Z stdout F Nov  2 10:00:00 mx dovecot: three

      """)
    #expect(try fixture.reader("x.log").messages() == ["one", "two", "three"])
  }

  @Test("a byte order mark and rsyslog's escaped line ends belong to no line")
  func marks() throws {
    let fixture = TextLogFixture()
    try fixture.write(
      "x.log", "\u{feff}Nov  2 10:00:00 mx dovecot: one#015\nNov  2 10:00:01 mx dovecot: #012 two#012#015\n")
    #expect(try fixture.reader("x.log").messages() == ["one", "#012 two"])
    try fixture.write(
      "y.log", "Nov  2 10:00:00 mx dovecot: one\n" + String(repeating: "\u{feff}", count: 20_000) + "\n")
    #expect(try fixture.reader("y.log").messages() == ["one"])
  }

  @Test(
    "files of daemons that write their own are told by their first lines",
    arguments: [
      ("[02-Nov-2026 10:00:00 +0000]: <g1> Failed login", "roundcube", "<g1> Failed login"),
      ("2026-11-02 10:00:00 #2934(normal) <a>; task; x", "rspamd", "(normal) <a>; task; x"),
      ("2026-11-02T10:00:00+00:00 NOTICE: HORDE [imp] Login", "horde", "[imp] Login"),
      (
        "2026-11-02T10:00:00Z INFO Authentication successful (auth.success)", "stalwart",
        "INFO Authentication successful (auth.success)"
      ),
      (
        "2026-11-02T10:00:00.123Z smtp: RCPT ok\t{\"rcpt\":\"a\"}", "maddy", "smtp: RCPT ok\t{\"rcpt\":\"a\"}"
      ),
      ("2026-11-02T10:00:00.123Z server started\t{\"version\":\"1\"}", "maddy", "server started\t{\"version\":\"1\"}"),
      ("2026-11-02T10:00:00.123Z delivered\t{\"rcpt\":\"a: b\"}", "maddy", "delivered\t{\"rcpt\":\"a: b\"}"),
      ("2026-11-02T10:00:00.123Z mx dovecot: a: b\t{c", "dovecot", "a: b\t{c"),
      ("2026-11-02 10:00:00 1tAbCd-000000001AB-1abc DKIM: d=x", "exim", "1tAbCd-000000001AB-1abc DKIM: d=x"),
      (
        "2026-11-02 10:00:00 rejected EHLO from [192.0.2.66]: bad: Error: x", "exim",
        "rejected EHLO from [192.0.2.66]: bad: Error: x"
      ),
      ("Nov 02 10:00:02 imap(ann)<1><s>: Error: x", "dovecot", "imap(ann)<1><s>: Error: x"),
      ("Nov 02 10:00:02 imap-login: Info: Login: x", "dovecot", "imap-login: Login: x"),
    ])
  func ownFiles(line: String, identifier: String, message: String) throws {
    let fixture = TextLogFixture()
    try fixture.write("x.log", line + "\n")
    let reader = try fixture.reader("x.log")
    let batch = EntryBatch()
    _ = try reader.read(into: batch, limit: 10)
    let entry = try #require(batch.entries.first)
    #expect(batch.text(of: entry.identifier) == identifier)
    #expect(batch.text(of: entry.message) == message)
  }
}
