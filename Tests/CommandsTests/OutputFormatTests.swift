import AuditModel
import AuditOutput
import Testing

@testable import Commands

@Suite struct OutputFormatTests {
  private func event(_ fields: [(FieldKey, [UInt8])], kind: EventKind = .messageDeleted) -> AuditEvent {
    var set = FieldSet()
    for (key, value) in fields { set.set(key, to: value) }
    return AuditEvent(
      id: EventID(source: 1, detail: 2), time: 1_800_057_600_000_123, kind: kind, level: .normal, fields: set)
  }

  private func printed(_ event: AuditEvent, _ format: OutputFormat, usesColor: Bool = false) -> String {
    var output: [UInt8] = []
    format.format(Presentation(usesColor: usesColor, showsMailbox: true)).write(event, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  private func heading(_ format: OutputFormat) -> String {
    var output: [UInt8] = []
    format.format(Presentation(showsMailbox: true)).begin(&output)
    return String(decoding: output, as: UTF8.self)
  }

  private static let hostile: [[UInt8]] = [
    [0x1b] + Array("[2J".utf8), [0x9b] + Array("2J".utf8), [0xc2, 0x9b] + Array("2J".utf8), [0xc2, 0x9d],
    [7, 8, 12, 13, 127],
    Array("line\nbreak".utf8), Array("\u{2028}\u{2029}\u{85}".utf8), Array("\u{202e}txt.exe\u{202c}".utf8),
    Array("\u{2066}a\u{2069}\u{200f}\u{200b}\u{feff}".utf8), Array("\u{e0041}".utf8), [0xff, 0xfe, 0xc3], [0],
  ]

  private static let everyTextKey: [FieldKey] = [
    .mailbox, .service, .actorName, .ip, .folder, .toFolder, .sender, .recipient, .recipients, .change, .script,
    .reason,
    .status, .count, .messageID, .uids,
  ]

  /// Whatever a log line says, a terminal is not driven by it and a line stays one line.
  @Test(arguments: hostile) func nothingDrivesTheTerminal(value: [UInt8]) {
    let event = event(
      Self.everyTextKey.map { ($0, Array("a".utf8) + value) } + [(.actor, Array("admin".utf8))])
    for format in [OutputFormat.short, .shortISO, .json, .csv] {
      let line = printed(event, format)
      #expect(line.utf8.count(where: { $0 == 10 }) == 1 && line.utf8.last == 10)
      for scalar in line.unicodeScalars.dropLast(format == .csv ? 2 : 1) {
        let properties = scalar.properties
        var isHarmful = properties.generalCategory == .control || properties.isBidiControl
        // JSON is for programs: what a terminal merely shows nothing of may stand in it as it is.
        if format != .json { isHarmful = isHarmful || properties.generalCategory == .format }
        #expect(!isHarmful, "U+\(String(scalar.value, radix: 16)) in \(format)")
      }
    }
  }

  @Test func coloursAreOurOwnOnly() {
    let line = printed(
      event([(.ip, [0x1b] + Array("[31m".utf8)), (.mailbox, Array("ann@example.org".utf8))]), .short, usesColor: true)
    #expect(line.utf8.count(where: { $0 == 0x1b }) == 2)
    #expect(line.contains("\u{1b}[1mmessage.deleted\u{1b}[0m"))
    #expect(line.contains("\\u{1b}[31m"))
  }

  @Test func aLineForPeopleSaysWhatMatters() {
    let line = printed(
      event([
        (.mailbox, Array("ann@example.org".utf8)), (.ip, Array("192.0.2.7".utf8)), (.service, Array("imap".utf8)),
        (.folder, Array("INBOX".utf8)), (.toFolder, Array("Trash".utf8)), (.count, Array("3".utf8)),
        (.recipients, Array("a@x\0b@x".utf8)), (.actor, Array("admin".utf8)), (.actorName, Array("root".utf8)),
        (.confidence, Array("ambiguous".utf8)),
      ]), .shortISO)
    #expect(line.contains("  message.deleted           ann@example.org              192.0.2.7       imap · by root · "))
    #expect(line.hasSuffix("INBOX → Trash · to a@x, b@x · ×3 · (ambiguous)\n"))
  }

  // MARK: - CSV

  /// The cells of one record of RFC 4180.
  private func cells(_ line: String) -> [String] {
    var cells = [""]
    var isQuoted = false
    var characters = Array(line)[...]
    while let character = characters.popFirst() {
      if character == "\"" {
        if isQuoted, characters.first == "\"" {
          characters.removeFirst()
          cells[cells.count - 1].append("\"")
        } else {
          isQuoted.toggle()
        }
      } else if character == ",", !isQuoted {
        cells.append("")
      } else {
        cells[cells.count - 1].append(character)
      }
    }
    return cells
  }

  @Test(
    arguments: [
      ("plain", "plain"), ("a,b", "a,b"), ("say \"hi\"", "say \"hi\""), ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"),
      ("+1", "'+1"), ("-1", "'-1"), ("=\"a\",b", "'=\"a\",b"), ("a=b", "a=b"), ("a\nb", "a\\u{a}b"),
      ("\t=1", "\\u{9}=1"),
    ])
  func csvQuotesAndGuardsAgainstFormulas(value: String, cell: String) throws {
    let heading = heading(.csv).dropLast()
    let columns = heading.split(separator: ",").map(String.init)
    let line = printed(event([(.reason, Array(value.utf8)), (.mailbox, Array("ann@example.org".utf8))]), .csv)
    #expect(line.hasSuffix("\r\n"))
    let row = cells(String(line.dropLast()))
    #expect(row.count == columns.count)
    #expect(row[try #require(columns.firstIndex(of: "reason"))] == cell)
    #expect(row[try #require(columns.firstIndex(of: "mailbox"))] == "ann@example.org")
    #expect(row.prefix(4) == ["0000000000000001.000000000002", "2027-01-16T00:00:00.000123Z", "message.deleted", "5"])
  }

  @Test func listsOfACSVCellAreSeparatedBySemicolons() throws {
    let line = printed(event([(.recipients, Array("a@x\0b@x".utf8))]), .csv)
    #expect(cells(line).contains("a@x;b@x"))
    #expect(heading(.json).isEmpty)
  }

  @Test func keysOfANewerVersionAreInTheLastColumn() throws {
    var event = event([(.mailbox, Array("ann@example.org".utf8))])
    event.unknownKeys = Array(#","asn":64496,"city":"a\"b""#.utf8)
    #expect(heading(.csv).hasSuffix(",other\r\n"))
    #expect(cells(String(printed(event, .csv).dropLast())).last == #""asn":64496,"city":"a\"b""#)
  }

  @Test func answersAreQuotedAsRecordsAre() {
    var json = JSONText()
    json.add("a\"b", "c\\\u{1b}[2J\u{202e}\n")
    json.add("bytes", bytes: [0x61, 0xff])
    json.add("n", 7)
    json.add("list", json: JSONText.array(["x", "\""]))
    #expect(json.object == #"{"a\"b":"c\\\u001b[2J\u202e\u000a","bytes":"a\\xFF","n":7,"list":["x","\""]}"#)
  }

  // MARK: - JSON

  /// What json-pretty prints is the record's own line but for blanks outside of strings.
  @Test(arguments: hostile + [Array(#"a "quoted\" , : { } [ ] text\\"#.utf8), Array("plain".utf8)])
  func prettyJSONIsTheSameRecord(value: [UInt8]) {
    let event = event([
      (.mailbox, Array("ann@example.org".utf8)), (.reason, value), (.recipients, Array("a@x\0b,\"@x".utf8)),
      (.uids, Array("1,2,3".utf8)), (.size, Array("12".utf8)), (.folder, value),
    ])
    let pretty = printed(event, .jsonPretty)
    #expect(Self.withoutBlanks(pretty) == Self.withoutBlanks(printed(event, .json)))
    #expect(pretty.hasPrefix("{\n    \"id\": \""))
    #expect(pretty.hasSuffix("\n}\n"))
    #expect(pretty.contains("\n    \"uids\": [1, 2, 3],\n"))
    #expect(pretty.contains("\n    \"size\": 12,\n") || pretty.contains("\n    \"size\": 12\n"))
  }

  /// A reader of JSON strings of its own: the printer's idea of where a string ends is what is tested.
  private static func withoutBlanks(_ text: String) -> String {
    var result = ""
    // Not by characters: a mark behind a quote would be one with it.
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if scalar != "\"" {
        if !scalar.properties.isWhitespace { result.unicodeScalars.append(scalar) }
        continue
      }
      result.append("\"")
      while let inside = rest.popFirst() {
        result.unicodeScalars.append(inside)
        if inside == "\\" { result.unicodeScalars.append(rest.removeFirst()) } else if inside == "\"" { break }
      }
    }
    return result
  }
}
