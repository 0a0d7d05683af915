import Foundation
import Testing

@testable import LogSources

@Suite("Damaged, missing and forbidden journals")
struct DamagedJournalTests {
  typealias Entry = JournalFixture.Entry

  private func damage(_ path: String, _ kind: String) throws {
    switch kind {
    case "truncated": try #require(truncate(path, 4_096) == 0)
    case "empty": try #require(truncate(path, 0) == 0)
    default: try Data(repeating: 0x5a, count: 8_192).write(to: URL(fileURLWithPath: path))
    }
  }

  @Test(
    "durability 5: a bad file in a directory is said and the others are read",
    arguments: ["truncated", "empty", "not a journal"])
  func inDirectory(kind: String) throws {
    let fixture = JournalFixture()
    try fixture.write("good.journal", [Entry(1, "good")])
    let bad = try fixture.write("bad.journal", [Entry(2, "bad")])
    try damage(bad, kind)
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    #expect(try reader.messages() == ["good"])
    let notices = reader.drainNotices()
    #expect(notices.map(\.subject) == [bad])
    #expect(notices.first?.kind == .gap)
    #expect(notices.first?.reason.contains(kind) == true)
    #expect(reader.drainNotices() == [])
  }

  @Test("a bad file given by name is an error", arguments: ["truncated", "empty", "not a journal"])
  func byName(kind: String) throws {
    let fixture = JournalFixture()
    let bad = try fixture.write("bad.journal", [Entry(2, "bad")])
    try damage(bad, kind)
    let error = #expect(throws: JournalError.self) {
      _ = try JournalReader(JournalRequest(selection: JournalSelection(files: [bad])))
    }
    #expect(error?.subject == bad)
    #expect(error?.description.contains(kind) == true)
  }

  @Test("a path that is not there is named, with the system's reason")
  func missing() throws {
    let fixture = JournalFixture()
    for selection in [
      JournalSelection(directories: [fixture.path("none")]), JournalSelection(files: [fixture.path("none")]),
    ] {
      let error = #expect(throws: JournalError.self) { _ = try JournalReader(JournalRequest(selection: selection)) }
      #expect(error?.subject == fixture.path("none"))
      #expect(error?.description.contains("No such file or directory") == true)
    }
    #expect(throws: JournalError.self) { _ = try JournalReader(JournalRequest(selection: JournalSelection())) }
  }

  @Test("durability 7: an entry whose message is damaged says that it has none, and the others are read")
  func damagedObject() throws {
    let fixture = JournalFixture()
    let path = try fixture.write("a.journal", [Entry(1, "one"), Entry(2, "two-damaged"), Entry(3, "three")])
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    let found = try #require(data.range(of: Data("MESSAGE=two-damaged".utf8)))
    // The object's header: type, flags, six reserved bytes, size; then six numbers; then the payload, which begins
    // after 64 bytes, or after 72 in a compact file.
    let isCompact = data[12] & 16 != 0
    data[found.lowerBound - (isCompact ? 72 : 64)] = 0
    try data.write(to: URL(fileURLWithPath: path))
    let reader = try JournalReader(JournalRequest(selection: JournalSelection(files: [path])))
    let batch = EntryBatch()
    #expect(try reader.read(into: batch, limit: 10) == .end)
    #expect(batch.entries.map { batch.text(of: $0.message) } == ["one", "", "three"])
    #expect(batch.entries.map(\.hasMessage) == [true, false, true])
  }

  @Test("durability 22: files that nobody here may read are an error that names the group")
  func forbidden() throws {
    let fixture = JournalFixture()
    let path = try fixture.write("a.journal", [Entry(1, "one")])
    let error = #expect(throws: JournalError.self) {
      try JournalAccess.check(directories: ["/nonexistent", fixture.directory]) { _ in false }
    }
    #expect(error?.subject == path)
    #expect(error?.code == EACCES)
    #expect(error?.description.contains("systemd-journal") == true)
    #expect(throws: Never.self) { try JournalAccess.check(directories: [fixture.directory]) { $0 == path } }
    #expect(throws: Never.self) { try JournalAccess.check(directories: ["/nonexistent"]) { _ in false } }
  }
}
