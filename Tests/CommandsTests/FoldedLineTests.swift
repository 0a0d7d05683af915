import AuditModel
import AuditOutput
import Testing

@testable import Commands

/// Lines for people on a terminal: within its columns, and nothing of them beside it.
@Suite struct FoldedLineTests {
  private func event(_ fields: [(FieldKey, String)]) -> AuditEvent {
    var set = FieldSet()
    for (key, value) in fields { set.set(key, to: Array(value.utf8)) }
    return AuditEvent(
      id: EventID(source: 1, detail: 2), time: 1_800_057_600_000_123, kind: .messageExpunged, level: .normal,
      fields: set)
  }

  private func lines(
    _ event: AuditEvent, width: Int?, _ format: OutputFormat = .short, usesColor: Bool = false,
    showsMailbox: Bool = true
  ) -> [String] {
    var output: [UInt8] = []
    let presentation = Presentation(
      usesColor: usesColor, showsMailbox: showsMailbox, width: width, zone: .utc)
    format.format(presentation).write(event, to: &output)
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static let expunge: [(FieldKey, String)] = [
    (.mailbox, "ann@example.org"), (.ip, "2001:db8:1234:5678:9abc:def0:1234:5678"), (.service, "imap"),
    (.folder, "Archive/2026"), (.messageID, "<team-1@example.com>"),
  ]

  @Test func eightyColumnsHoldWhatWasDoneToWhich() {
    #expect(
      lines(event(Self.expunge), width: 80) == [
        "Jan 16 00:00:00  message.expunged      ann@example.org",
        "                 2001:db8:1234:5678:9abc:def0:1234:5678 imap · Archive/2026",
        "                 <team-1@example.com>",
      ])
    #expect(lines(event(Self.expunge), width: 80, showsMailbox: false).count == 2)
  }

  @Test func aLineThatFitsIsOneAndWithoutATerminalEachIs() {
    #expect(lines(event(Self.expunge), width: 200) == lines(event(Self.expunge), width: nil))
    #expect(lines(event(Self.expunge), width: nil).count == 1)
  }

  /// Whatever the values, no line is wider than the terminal, and nothing that fits on a line of it is cut.
  @Test(arguments: [1, 20, 40, 79, 80, 81, 132])
  func noLineIsWiderThanTheTerminal(width: Int) {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<400 {
      let fields = Self.expunge.map { key, _ in (key, Self.text(&generator)) }
      for line in lines(event(fields), width: width) {
        #expect(TerminalText.columns(of: line) <= max(width, 20), "\(line)")
      }
      let whole = lines(event(fields), width: width).joined()
      for (_, value) in fields where TerminalText.columns(of: value) <= max(width, 20) - 18 {
        #expect(whole.contains(value), "\(value) is not in \(whole)")
      }
    }
  }

  private static func text(_ generator: inout SystemRandomNumberGenerator) -> String {
    let letters = ["a", "@", ".", "é", "e\u{301}", "字", "한", "ﬀ", "/", "<", "😀"]
    return (0..<Int.random(in: 0...90, using: &generator)).map { _ in letters.randomElement(using: &generator)! }
      .joined()
  }

  @Test func coloursTakeNoColumns() {
    let plain = lines(event(Self.expunge), width: 80)
    let coloured = lines(event(Self.expunge), width: 80, usesColor: true)
    #expect(
      coloured.map { $0.replacing("\u{1b}[1m", with: "").replacing("\u{1b}[0m", with: "") } == plain)
    #expect(coloured != plain)
  }

  @Test func wideAndCombiningCharactersCountAsTheyAreShown() {
    #expect(TerminalText.columns(of: "abc") == 3)
    #expect(TerminalText.columns(of: "字") == 2)
    #expect(TerminalText.columns(of: "e\u{301}") == 1)
    #expect(TerminalText.cut("字字字", toColumns: 4) == "字…")
    #expect(TerminalText.cut("abcd", toColumns: 4) == "abcd")
  }

  @Test func verboseHasEveryKey() {
    #expect(
      lines(event(Self.expunge + [(.recipients, "a@x\0b@x")]), width: 80, .verbose) == [
        "Sat 2027-01-16 00:00:00.000123 GMT [0000000000000001.000000000002]", "    kind=message.expunged",
        "    level=5",
        "    mailbox=ann@example.org", "    service=imap", "    ip=2001:db8:1234:5678:9abc:def0:1234:5678",
        "    folder=Archive/2026", "    message_id=<team-1@example.com>", "    recipients=a@x", "    recipients=b@x",
      ])
  }
}
