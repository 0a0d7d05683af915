import TestSupport
import Testing

@testable import LogSources

/// Bytes that come a few at a time.
private final class PiecewiseBytes: TextLogBytes {
  private var rest: ArraySlice<UInt8>
  private let piece: Int

  init(_ bytes: [UInt8], piece: Int) { (rest, self.piece) = (bytes[...], piece) }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let part = rest.prefix(min(piece, buffer.count))
    buffer.copyBytes(from: part)
    rest = rest.dropFirst(part.count)
    return part.count
  }
}

@Suite("Framing of the export format")
struct ExportFramingTests {
  private static let evil =
    "\n\n__CURSOR=s=1\n__REALTIME_TIMESTAMP=1772561223000009\n_UID=0\nSYSLOG_IDENTIFIER=dovecot\nMESSAGE=forged\n\n"

  private static func entry(_ time: UInt64, _ message: String, _ identifier: String, uid: Int) -> [UInt8] {
    JournalFixture.Entry(time, message, identifier: identifier, ["_UID": "\(uid)"]).exported
  }

  private func entries(_ reader: LineReader) throws -> [ExportedEntry?] {
    var found: [ExportedEntry?] = []
    while let line = try reader.line(takesTorn: true) {
      #expect(line.bytes.count <= LineReader.bufferSize)
      if !line.bytes.isEmpty { found.append(ExportedEntry(export: line.bytes)) }
      reader.consume()
    }
    return found
  }

  private func pairs(_ entries: [ExportedEntry?]) -> [String] {
    entries.compactMap { $0 }.map { entry in
      var fields: [String] = []
      entry.forEachField { field in
        let text = String(decoding: field, as: UTF8.self)
        if text.hasPrefix("_UID=") || text.hasPrefix("SYSLOG_IDENTIFIER=") { fields.append(text) }
      }
      return fields.sorted().joined(separator: " ")
    }
  }

  private static let whole =
    entry(1, "one", "dovecot", uid: 0) + [10, 10] + entry(2, evil, "evil", uid: 1000) + entry(3, evil, "other", uid: 0)
    + [10, 10]

  @Test("the bytes may come in any pieces", arguments: [1, 2, 7, 64, 4096]) func pieces(piece: Int) throws {
    let reader = LineReader(PiecewiseBytes(Self.whole, piece: piece), framing: .journalExport)
    #expect(
      pairs(try entries(reader)) == [
        "SYSLOG_IDENTIFIER=dovecot _UID=0", "SYSLOG_IDENTIFIER=evil _UID=1000", "SYSLOG_IDENTIFIER=other _UID=0",
      ])
  }

  @Test("a cut export in front of another gives no entry that is of both") func cuts() throws {
    let known = Set(pairs(try entries(LineReader(PiecewiseBytes(Self.whole, piece: 4096), framing: .journalExport))))
    for count in 0...Self.whole.count {
      let bytes = Array(Self.whole.prefix(count)) + Self.whole
      let reader = LineReader(PiecewiseBytes(bytes, piece: 4096), framing: .journalExport)
      while let line = (try? reader.line(takesTorn: true)) ?? nil {
        if let entry = ExportedEntry(export: line.bytes), entry.line != nil {
          for pair in pairs([entry]) { #expect(known.contains(pair), "\(count): \(pair)") }
        }
        reader.consume()
      }
    }
  }

  @Test("the last entry counts only with its end") func torn() throws {
    let bytes = Self.entry(1, "one", "dovecot", uid: 0)
    for count in 1..<bytes.count {
      let reader = LineReader(PiecewiseBytes(Array(bytes.prefix(count)), piece: 4096), framing: .journalExport)
      #expect(try entries(reader) == [nil])
    }
  }

  /// `tail -c`, `split -b`: the first bytes are the rest of a message, which a stranger wrote.
  @Test("an export that was cut in front gives no entry of its messages") func cutInFront() throws {
    let bytes = Self.entry(1, String(repeating: "\n", count: 50) + Self.evil + Self.evil, "evil", uid: 1000)
    let boundary = Array(Self.evil.dropFirst(2).utf8)
    var read = 0
    for cut in 1..<bytes.count {
      let rest = Array(bytes[cut...])
      let reader = LineReader(PiecewiseBytes(rest, piece: 64), framing: .journalExport)
      let found = (try? entries(reader)) ?? []
      // A cut at the very byte where the message imitates an entry cannot be seen: mailtrail-text-logs(7) says so.
      if rest.starts(with: boundary) || rest.starts(with: boundary.drop { $0 != 10 }.dropFirst()) { continue }
      read += 1
      #expect(!pairs(found).contains("SYSLOG_IDENTIFIER=dovecot _UID=0"), "cut at \(cut)")
    }
    #expect(read > 200)
  }

  @Test("a value of 50 MB passes through the buffer, and the next entry is whole", arguments: [true, false])
  func long(isBinary: Bool) throws {
    let value = [UInt8](repeating: isBinary ? 10 : UInt8(ascii: "x"), count: 50 << 20)
    let length = withUnsafeBytes(of: UInt64(value.count).littleEndian) { Array($0) }
    let name = Array("__REALTIME_TIMESTAMP=1\nMESSAGE".utf8) + (isBinary ? [10] + length : [UInt8(ascii: "=")])
    let bytes = name + value + [10, 10] + Self.whole
    let found = try entries(LineReader(PiecewiseBytes(bytes, piece: 1 << 20), framing: .journalExport))
    #expect(found.count == 4)
    #expect(found[0] == nil)
    #expect(pairs(found).count == 3)
  }

  @Test("a line of JSON of 50 MB is cut, and the next one is whole") func longLine() throws {
    let good = Array(#"{"__REALTIME_TIMESTAMP":"1772561223000001","MESSAGE":"m"}"#.utf8) + [10]
    let bytes = Array(#"{"MESSAGE":""#.utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 50 << 20) + [10] + good
    let reader = LineReader(
      PiecewiseBytes(bytes, piece: 1 << 20), framing: TextLogFormat.journalJSON.framing)
    var found: [Bool] = []
    while let line = try reader.line(takesTorn: true) {
      #expect(line.bytes.count <= LineReader.bufferSize)
      found.append(TextLogFormat.journalJSON.parse(line.bytes) != nil)
      reader.consume()
    }
    #expect(found == [false, true])
  }

  @Test(
    "damage ends the file, says where, and keeps what came before it",
    arguments: ["lower=x\n\n", "=x\n\n", "A\n\u{3}\0\0\0\0\0\0\0abcd\n\n", "A\nAAAAAAAA", "\r\nB=1\n\n"])
  func damage(rest: String) throws {
    let fixture = TextLogFixture()
    let first = Self.entry(1, "one", "dovecot", uid: 0)
    try fixture.write("x", bytes: first + Array(rest.utf8) + Self.entry(3, "three", "dovecot", uid: 0))
    let reader = try fixture.reader("x")
    #expect(try reader.messages() == ["one"])
    let notices = reader.drainNotices()
    #expect(notices.contains { $0.kind == .gap && $0.reason.contains("damaged at byte") })
  }

  @Test("an export and JSON are followed as they grow, and taken up again") func followed() throws {
    for (format, entry) in [
      (TextLogFormat.journalExport, { (n: UInt64) in Self.entry(n, "m\(n)\n", "dovecot", uid: 0) }),
      (.journalJSON, { (n: UInt64) in Array(#"{"__REALTIME_TIMESTAMP":"\#(n)","MESSAGE":"m\#(n)\n"}"#.utf8) + [10] }),
    ] {
      let fixture = TextLogFixture()
      let second = entry(2)
      try fixture.write("mail.log", bytes: entry(1) + second.prefix(40))
      let reader = try fixture.follow(format: format)
      #expect(try reader.messages() == ["m1\n"])
      try TestFiles.append(String(decoding: second.dropFirst(40), as: UTF8.self), to: fixture.path("mail.log"))
      #expect(try reader.messagesWhenTheyCome(count: 1) == ["m2\n"])
      let position = reader.position
      try TestFiles.append(String(decoding: entry(3), as: UTF8.self), to: fixture.path("mail.log"))
      #expect(try fixture.follow(after: position, format: format).messages() == ["m3\n"])
    }
  }
}
