import AuditModel
import Glibc
import Platform
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditWriting

@Suite struct RecordTests {
  private func text(_ value: [UInt8]) -> String {
    var fields = FieldSet()
    fields.set(.folder, to: value)
    let event = AuditEvent(id: EventID(source: 1, detail: 2), time: 0, kind: .logout, level: .lowest, fields: fields)
    let whole = String(decoding: line(event), as: UTF8.self)
    let head =
      #"{"id":"0000000000000001.000000000002","time":"1970-01-01T00:00:00.000000Z","kind":"logout","level":1,"folder":"#
    #expect(whole.hasPrefix(head) && whole.hasSuffix("}\n"))
    return String(whole.dropFirst(head.count).dropLast(2))
  }

  @Test func keysComeInTheirOrder() {
    var fields = FieldSet()
    fields.set(.daemon, to: "dovecot")
    fields.set(.recipients, to: Array("a@example.org\0b@example.org".utf8))
    fields.set(.port, to: "993")
    fields.set(.score, to: "-1.5")
    fields.set(.uids, to: "7,8")
    fields.set(.mailbox, to: "ann@example.org")
    let event = AuditEvent(
      id: EventID(source: 0xabc, detail: 0xdef, isBurst: true), time: 1_772_359_200_123_456, kind: .deliverySpam,
      level: .high, fields: fields)
    #expect(
      String(decoding: line(event), as: UTF8.self) == #"""
        {"id":"0000000000000abc.000000000def.burst","time":"2026-03-01T10:00:00.123456Z","kind":"delivery.spam","level":10,"mailbox":"ann@example.org","port":993,"uids":[7,8],"recipients":["a@example.org","b@example.org"],"score":-1.5,"daemon":"dovecot"}

        """#)
  }

  @Test(arguments: [
    (#"a"b\c"#, #""a\"b\\c""#), ("a\nb\u{0}\u{1b}[2J\u{7f}", #""a\u000ab\u0000\u001b[2J\u007f""#),
    ("\u{85}\u{9b}", #""\u0085\u009b""#), ("\u{202e}x\u{2066}\u{2028}", #""\u202ex\u2066\u2028""#),
    ("Grüße 😀", #""Grüße 😀""#), (#"\xFF \x5C \x41 \x5c"#, #""\\x5CxFF \\x5Cx5C \\x41 \\x5c""#),
  ])
  func escapesText(value: String, json: String) { #expect(text(Array(value.utf8)) == json) }

  @Test(
    arguments: [
      ([0x61, 0xff, 0x62], #""a\\xFFb""#), ([0xc3], #""\\xC3""#), ([0xed, 0xa0, 0x80], #""\\xED\\xA0\\x80""#),
      ([0xc0, 0xaf], #""\\xC0\\xAF""#), ([0xf4, 0x90, 0x80, 0x80], #""\\xF4\\x90\\x80\\x80""#),
    ] as [([UInt8], String)])
  func escapesBytesThatAreNoText(value: [UInt8], json: String) { #expect(text(value) == json) }

  @Test(arguments: [
    (FieldKey.port, "0993"), (.port, "imap"), (.size, "1234567890123456789"), (.size, "-1"), (.size, ""),
    (.score, "+5"), (.score, "1."), (.score, ".5"), (.score, "1e5"), (.uids, "1,,2"), (.uids, "1:5"), (.uids, ""),
  ])
  func valuesThatDoNotFitAreText(key: FieldKey, value: String) throws {
    var event = sampleEvent(1)
    event.fields = FieldSet()
    event.fields.set(key, to: value)
    let bytes = line(event)
    #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("\"\(key.name)\":\"\(value)\"}\n"))
    #expect(try RecordDecoder().decode(bytes.dropLast()) == event)
  }

  @Test func cutsLongValuesAtCharacters() throws {
    let value = "a" + String(repeating: "é", count: 2000)
    let event = try RecordDecoder().decode(line(sampleEvent(1, text: value)).dropLast())
    let cut = String(decoding: try #require(event.fields[.reason]), as: UTF8.self)
    #expect(cut == "a" + String(repeating: "é", count: 1023) + "…")
  }

  @Test func theLineIsBounded() throws {
    var event = sampleEvent(1)
    for key in FieldKey.allCases { event.fields.set(key, to: [UInt8](repeating: 0xff, count: 70_000)) }
    let bytes = line(event)
    #expect(bytes.count <= RecordEncoder.maximumLineLength)
    #expect(try RecordDecoder().decode(bytes.dropLast()).id == event.id)
    event.fields.set(.recipients, to: Array(repeating: "someone@example.org", count: 900).joined(separator: "\0"))
    event.fields.set(.uids, to: Array(repeating: "1234567", count: 900).joined(separator: ","))
    let decoded = try RecordDecoder().decode(line(event).dropLast())
    #expect(decoded.fields[.recipients]?.split(separator: 0).last.map(Array.init) == Array("…".utf8))
    #expect(decoded.fields[.uids]?.suffix(3).elementsEqual("…".utf8) == true)
  }

  /// Whatever bytes a daemon writes: one line, valid, and the same bytes again.
  @Test func readsBackWhatItWrote() throws {
    var generator = SeededGenerator(seed: 7)
    let pieces: [[UInt8]] =
      ["\\", "\\x", "\\xFF", "\\x5C", "x8", "\"", "\n", "\0", "é", "😀", "\u{202e}", ",", "5", "…", "5C"].map {
        Array($0.utf8)
      } + [[0xff], [0xc3], [0xe2, 0x80], [0x80], [0x9b]]
    for number in 0..<3000 {
      var event = sampleEvent(number, time: UInt64.random(in: 0...RecordTime.latest, using: &generator))
      event.kind = EventKind.allCases.randomElement(using: &generator)!
      event.level = Level.allCases.randomElement(using: &generator)!
      event.id.isBurst = Bool.random(using: &generator)
      event.fields = FieldSet()
      for key in FieldKey.allCases where Int.random(in: 0..<3, using: &generator) == 0 {
        var value: [UInt8] = []
        for _ in 0..<Int.random(in: 0..<12, using: &generator) { value += pieces.randomElement(using: &generator)! }
        event.fields.set(key, to: value)
      }
      let bytes = line(event)
      #expect(bytes.firstIndex(of: 10) == bytes.count - 1)
      #expect(bytes.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7f })
      #expect(String(validating: bytes, as: UTF8.self) != nil)
      #expect(try RecordDecoder().decode(bytes.dropLast()) == event)
      let identity = try #require(RecordDecoder().identity(of: bytes.dropLast()))
      #expect(identity.id == event.id && identity.time == event.time)
    }
  }

  @Test func everyCutLineIsAnErrorInside() {
    let bytes = line(sampleEvent(3)).dropLast()
    for length in 0..<bytes.count {
      let error = #expect(throws: RecordError.self) { try RecordDecoder().decode(bytes.prefix(length)) }
      #expect((0...length).contains(error?.byte ?? -1))
    }
  }

  /// The sign → in the damaged line is not part of it: it stands where the error must point.
  @Test(arguments: [
    (#""level":5"#, #""level":→4"#), (#""level":5"#, #""level":→ 5"#), (#""2026-03-01"#, #"→"2026-02-30"#),
    (#""message.expunged"#, #"→"message.lost"#), (#""ip":"#, #""ap":→true,"ip":"#), ("hello", "hel→\u{1}lo"),
    (#""ip""#, #"→"mailbox""#), ("hello", #"hel→\ud800"#), ("}", "}→ "), ("[2]", "[→2,]"), (#""hello""#, "→5"),
  ])
  func saysAtWhichByte(old: String, new: String) throws {
    let text = String(decoding: line(sampleEvent(1)).dropLast(), as: UTF8.self)
    let range = try #require(text.ranges(of: old).first)
    let parts = (text[..<range.lowerBound] + new + text[range.upperBound...]).split(
      separator: "→", omittingEmptySubsequences: false)
    let error = #expect(throws: RecordError.self) { try RecordDecoder().decode(Array(parts.joined().utf8)) }
    #expect(error?.byte == parts[0].utf8.count, "\(parts.joined())")
  }

  /// A newer version's keys stand where they come in its order.
  @Test func keysOfANewerVersionAreKept() throws {
    let event = sampleEvent(1)
    let text = String(decoding: line(event).dropLast(), as: UTF8.self)
    let newer =
      text.replacing(#","ip":"#, with: #","country":"NZ","near":[1,"x"],"ip":"#).dropLast() + #","odds":-1.5}"#
    let decoded = try RecordDecoder().decode(Array(newer.utf8))
    #expect(decoded.fields == event.fields)
    #expect(decoded.unknownKeys == Array(#","country":"NZ","near":[1,"x"],"odds":-1.5"#.utf8))
    let written = String(decoding: line(decoded), as: UTF8.self)
    #expect(written == text.dropLast() + #","country":"NZ","near":[1,"x"],"odds":-1.5}"# + "\n")
    for wrong in [#","country":"#, #","country":{}"#, #","country":[1,]"#, #","country""#, #","n":09"#, #","n":[1,-]"#]
    {
      #expect(throws: RecordError.self) { try RecordDecoder().decode(Array((text.dropLast() + wrong + "}").utf8)) }
    }
  }

  @Test func whatANewerVersionSaysObeysNoTerminal() throws {
    let text = String(decoding: line(sampleEvent(1)).dropLast(2), as: UTF8.self)
    let newer = text + ",\"a\u{9b}\":\"\u{202e}x\\u001b \\\\xFF\"}"
    let decoded = try RecordDecoder().decode(Array(newer.utf8))
    #expect(String(decoding: decoded.unknownKeys, as: UTF8.self) == #","a\u009b":"\u202ex\u001b \\xFF""#)
    #expect(try RecordDecoder().decode(line(decoded).dropLast()) == decoded)
  }

  /// Recovery cuts what is torn, not what it does not know.
  @Test(arguments: [
    (#""message.expunged""#, #""message.lost""#, true), (#""level":5"#, #""level":7"#, true),
    ("}", #","new":[1]}"#, true),
    ("}", "", false), ("}", "}x", false), (#"{"id":""#, #"{"id":"x"#, false),
  ])
  func recoveryKeepsRecordsOfNewerVersions(old: String, new: String, isKept: Bool) throws {
    let directory = TemporaryDirectory()
    let last = String(decoding: line(sampleEvent(2)).dropLast(), as: UTF8.self).replacing(old, with: new) + "\n"
    let first = line(sampleEvent(1))
    directory.write(first + Array(last.utf8), to: "file")
    let root = try Directory.open(directory.path, create: false, calls: SystemCalls())
    let opened = try root.file("file", flags: O_RDONLY)
    let (file, length) = try #require(opened)
    let found = try TailExaminer(isThorough: true).examine(file, path: "file", from: 0, length: length)
    #expect(found.soundLength == (isKept ? length : first.count), "\(last)")
    #expect(found.lines.map { $0.id } == (isKept ? [sampleEvent(1).id, sampleEvent(2).id] : [sampleEvent(1).id]))
  }
}
