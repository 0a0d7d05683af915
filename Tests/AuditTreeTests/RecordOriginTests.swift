import AuditModel
import Testing

@testable import AuditFiles

@Suite struct RecordOriginTests {
  private let first = TrailPath(mailbox("ann@mx"))
  private let second = TrailPath(.local(Array("www data".utf8)))

  private func linked(_ record: [UInt8], _ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    RecordLink.append(record[...], after: ChainHash(of: Array(text.utf8)[...]), to: &bytes)
    return bytes.dropLast()
  }

  /// Any text may stand in a record, also one that looks like the key, and any key may be the last.
  private var records: [[UInt8]] {
    var records = ["", #"],"moved_from":["mx/ann"]}"#, #"["#, #"moved_from":["x"#].map {
      line(sampleEvent(1, text: $0))
    }
    var list = sampleEvent(2)
    list.fields.set(.recipients, to: "a@example.org\0],\"moved_from\":[\"b")
    list.fields.remove(.reason)
    records.append(line(list))
    return records
  }

  @Test func aLineIsRestoredAsItWas() throws {
    for record in records {
      for line in [Array(record.dropLast()), linked(record, "a")] {
        #expect(RecordOrigin.last(of: line[...]) == nil)
        let moved = RecordOrigin.line(line[...], movedFrom: first)
        #expect(RecordLink.read(moved[...]) == nil)
        let event = try RecordDecoder().decode(moved)
        let texts = event.fields[.movedFrom]?.split(separator: 0)
        #expect(texts?.count == 1 && texts?.first?.starts(with: "mx/ann".utf8) == true)
        let there = linked(moved + [10], "b")
        let last = try #require(RecordOrigin.last(of: there[...]))
        #expect(last.trail == "mx/ann" && last.line == line)
        // And once more.
        let again = linked(RecordOrigin.line(there[...], movedFrom: second) + [10], "c")
        #expect(try RecordDecoder().decode(again).fields[.movedFrom]?.split(separator: 0).count == 2)
        let before = try #require(RecordOrigin.last(of: again[...]))
        #expect(before.trail == "_local/www%20data" && before.line == there)
      }
    }
  }

  @Test func whatNobodyMovedHasNoOrigin() {
    for text in [
      "", "}", "]}", #"{"moved_from":[]}"#, #"{"a":1,"moved_from":[]}"#, #"{"a":1,"moved_from":["]}"#,
      #"{"a":1,"moved_from":[""]}"#, #"{"a":1,"moved_from":["a b"]}"#, #"{"a":1,"moved_from":["a b c"]}"#,
      #"{"a":1,"moved_from":[1]}"#, #"],"moved_from":["#,
    ] {
      #expect(RecordOrigin.last(of: Array(text.utf8)[...]) == nil, "\(text)")
    }
  }
}
