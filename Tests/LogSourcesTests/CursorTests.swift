import Testing

@testable import LogSources

@Suite("Cursors and positions")
struct CursorTests {
  static let text =
    "s=c0f290f50215408494049d9d88804c56;i=1cb6a;b=00000000000000000000000000000a01;m=3e8;t=65c0017564b97;x=9f1"

  @Test("a cursor is read and written back unchanged")
  func roundTrip() throws {
    let cursor = try #require(Cursor(Self.text))
    #expect(cursor.description == Self.text)
    #expect(cursor.sequenceNumber == 0x1cb6a)
    #expect(cursor.contentHash == 0x9f1)
    let hash = Self.text.withCString { Cursor.contentHash(ofCString: $0) }
    #expect(hash == 0x9f1)
  }

  @Test("durability 16: a cursor cut short anywhere before its last part is refused")
  func cut() {
    let lastPart = Self.text.utf8.count - 3
    for length in 0...lastPart { #expect(Cursor(String(Self.text.prefix(length))) == nil, "\(length)") }
  }

  @Test("durability 16: a digit missing in an id is refused")
  func cutDigits() throws {
    for index in 2..<34 {
      var text = Array(Self.text)
      text.remove(at: index)
      #expect(Cursor(String(text)) == nil)
    }
  }

  @Test(
    "malformed cursors are refused",
    arguments: [
      "", ";", text + ";", " " + text, text + " ", text + ";y=1", text.uppercased(),
      text.replacing("i=", with: "j="), text.replacing("m=3e8", with: "m="), text.replacing("m=3e8", with: "m=0x3"),
      text.replacing("m=3e8", with: "m=03e8"), text.replacing("x=9f1", with: "x=12345678901234567"),
    ])
  func malformed(_ text: String) { #expect(Cursor(text) == nil) }

  @Test("two cursors of one sequence tell how many entries lie between; of two sequences they do not")
  func distance() throws {
    let first = try #require(Cursor(Self.text))
    var later = first
    later.sequenceNumber += 4
    #expect(later.distance(from: first) == 3)
    #expect(first.distance(from: later) == nil)
    #expect(first.distance(from: first) == nil)
    later.sequenceID = .zero
    #expect(later.distance(from: first) == nil)
  }

  @Test("durability 13: an entry is known again under another sequence number, as after a flush to disk")
  func sameEntry() throws {
    let entry = try #require(Cursor(Self.text))
    var other = entry
    other.sequenceNumber += 1
    #expect(!other.isSameEntry(as: entry))
    other.sequenceID = .zero
    #expect(other.isSameEntry(as: entry))
    other.contentHash += 1
    #expect(!other.isSameEntry(as: entry))
  }

  @Test("a position survives its encoding, and no part of it passes for the whole")
  func position() throws {
    let cursor = try #require(Cursor(Self.text))
    let file = TextLogPosition.File(
      device: 1, inode: .max, offset: 2000, windowStart: 1900, headLength: 1024, headHash: 7, isAtEnd: true)
    let position = SourcePosition(
      cursors: ["local": cursor, "directory:/a\nb#ff": cursor],
      textLogs: ["/var/log/mail.log": TextLogPosition(files: [file, file], lastTime: 5), "/x": TextLogPosition()])
    let bytes = position.encoded
    #expect(SourcePosition(encoded: bytes) == position)
    #expect(SourcePosition(encoded: SourcePosition().encoded) == SourcePosition())
    for length in 0..<bytes.count { #expect(SourcePosition(encoded: bytes.prefix(length)) == nil, "\(length)") }
    #expect(SourcePosition(encoded: bytes + [0]) == nil)
  }

  @Test("the form of the first version is read")
  func positionOfVersion1() throws {
    let cursor = try #require(Cursor(Self.text))
    var bytes: [UInt8] = []
    for text in ["local", Self.text] {
      withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
      bytes += Array(text.utf8)
    }
    #expect(SourcePosition(encodedInVersion1: bytes) == SourcePosition(cursors: ["local": cursor]))
    #expect(SourcePosition(encodedInVersion1: bytes.dropLast()) == nil)
  }
}
