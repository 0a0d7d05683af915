import Testing

@testable import LogSources

@Suite("Files of Docker's log driver json-file")
struct DockerLineTests {
  private static func line(_ log: String, stream: String = "stdout", second: Int = 0, more: String = "") -> String {
    #"{"log":"\#(log)","stream":"\#(stream)"\#(more),"time":"2026-11-02T10:00:0\#(second).123456789Z"}"# + "\n"
  }

  private func entries(_ text: String) throws -> [[String]] {
    let fixture = TextLogFixture()
    try fixture.write("x-json.log", text)
    let reader = try fixture.reader("x-json.log")
    let batch = EntryBatch()
    _ = try reader.read(into: batch, limit: 100)
    return batch.entries.map { [batch.text(of: $0.identifier), batch.text(of: $0.message)] }
  }

  @Test(
    "the daemon's own line is taken out, one layer deep",
    arguments: [
      (#"Nov  2 11:00:00 mail dovecot: imap-login: user=\u003cann\u003e\n"#, "dovecot", "imap-login: user=<ann>"),
      (#"2026-11-02T10:00:00.1+00:00 mail postfix/smtpd[9]: x \"y\"\r\n"#, "postfix/smtpd", #"x "y""#),
      (#"Nov 02 10:00:00 imap-login: Info: x\n"#, "dovecot", "imap-login: x"),
      (#"Nov  2 10:00:00 mail web[1]: Nov  2 10:00:00 mail dovecot: x\n"#, "web", "Nov  2 10:00:00 mail dovecot: x"),
      (#"Nov  2 10:00:00 mail web: x\nNov  2 10:00:00 mail dovecot: y\n"#, "web", "x\nNov  2 10:00:00 mail dovecot: y"),
      (#"{\"log\":\"Nov  2 10:00:00 mail dovecot: x\\n\"}\n"#, "", #"{"log":"Nov  2 10:00:00 mail dovecot: x\n"}"#),
      (#"no line of a daemon\n"#, "", "no line of a daemon"),
    ])
  func inner(log: String, identifier: String, message: String) throws {
    #expect(try entries(Self.line(log, more: #","attrs":{"a":[1]}"#)) == [[identifier, message]])
  }

  @Test("the time is the runtime's") func time() throws {
    let line = withLine(Self.line(#"Nov  2 23:59:59 mail dovecot: x\n"#)) { DockerLine.parse($0) }
    let time = try #require(line?.time)
    #expect((time.year, time.hour, time.microsecond) == (2026, 10, 123_456))
    #expect(time.offset == 0)
  }

  @Test("parts of a long line are no lines, each stream by itself") func parts() throws {
    let text =
      Self.line("Nov  2 10:00:00 mail dovecot: cut")
      + Self.line(#"Nov  2 10:00:00 mail dovecot: one\n"#, stream: "stderr")
      + Self.line("Nov  2 10:00:00 mail dovecot: middle") + Self.line(#"Nov  2 10:00:00 mail dovecot: the rest\n"#)
      + Self.line(#"Nov  2 10:00:00 mail dovecot: two\n"#)
    #expect(try entries(text) == [["dovecot", "one"], ["dovecot", "two"]])
  }

  @Test(
    "what is none is counted and said",
    arguments: [
      #"{"log":"Nov  2 10:00:00 mail dovecot: x\n","stream":"stdout"}"#,
      #"{"log":"a\n","log":"Nov  2 10:00:00 mail dovecot: x\n","stream":"stdout","time":"2026-11-02T10:00:00Z"}"#,
      #"{"log":"Nov  2 10:00:00 mail dovecot: x\n","stream":"stdout","time":"2026-11-02T10:00:00Z"} y"#,
      #"{"log":["x"],"stream":"stdout","time":"2026-11-02T10:00:00Z"}"#, "Nov  2 10:00:00 mail dovecot: x",
    ])
  func others(broken: String) throws {
    let fixture = TextLogFixture()
    try fixture.write("x", Self.line(#"Nov  2 10:00:00 mail dovecot: one\n"#) + broken + "\n")
    let reader = try fixture.reader("x", format: .dockerJSON)
    #expect(try reader.messages() == ["one"])
    #expect(reader.drainNotices().map(\.reason).contains { $0.contains("1 of 2 entries") })
  }
}
