import Foundation
import Testing

@testable import LogSources

/// The rows of the list "What a journal reader must survive" that concern reading, each with real journal files.
@Suite("What a journal reader survives", .serialized)
struct SurviveTests {
  typealias Entry = JournalFixture.Entry

  private func entries(_ numbers: ClosedRange<UInt64>) -> [Entry] { numbers.map { Entry($0 * 1_000, "m\($0)") } }
  private func names(_ numbers: ClosedRange<UInt64>) -> [String] { numbers.map { "m\($0)" } }

  private func follow(
    _ selection: JournalSelection, from start: StartPoint = .head
  ) throws -> JournalReader {
    try JournalReader(JournalRequest(selection: selection, start: start, follows: true))
  }

  private func after(_ position: SourcePosition) -> StartPoint { .after(position, newWritersSince: 0) }

  // MARK: Late files

  @Test("durability 12: a file that appears late is read up to what was read before, once")
  func lateFile() throws {
    let fixture = JournalFixture()
    let store = JournalFixture()
    try fixture.write("b.journal", entries(5...8))
    let old = try store.write("a.journal", entries(1...6))
    let reader = try follow(fixture.wholeDirectory)
    #expect(try reader.messages() == names(5...8))
    try #require(rename(old, fixture.path("a.journal")) == 0)
    // m5 and m6 of the late file have been read from the other; the tree's ids keep them out, not the reader.
    #expect(try reader.messagesWhenTheyCome(count: 6) == names(1...6))
    #expect(reader.drainNotices().map(\.subject) == [fixture.path("a.journal")])
    try fixture.write("b.journal", entries(9...9))
    #expect(try reader.messagesWhenTheyCome(count: 1) == names(9...9))
    let resumed = try follow(fixture.wholeDirectory, from: after(reader.position))
    #expect(try resumed.messages() == [])
    #expect(resumed.drainNotices() == [])
  }

  @Test("durability 12: a file that appears while nobody reads is read by the next reader, also in pieces")
  func lateFileWhileStopped() throws {
    let fixture = JournalFixture()
    let store = JournalFixture()
    try fixture.write("b.journal", entries(11...12))
    var position = SourcePosition()
    do {
      let reader = try follow(fixture.wholeDirectory)
      #expect(try reader.messages() == names(11...12))
      position = reader.position
    }
    try #require(rename(try store.write("a.journal", entries(1...7)), fixture.path("a.journal")) == 0)
    try fixture.write("b.journal", entries(13...13))
    let interrupted = try follow(fixture.wholeDirectory, from: after(position))
    let batch = EntryBatch()
    _ = try interrupted.read(into: batch, limit: 3)
    #expect(batch.entries.map { batch.text(of: $0.message) } == names(1...3))
    #expect(batch.lateFile == fixture.path("a.journal"))
    #expect(!batch.isEndOfLateFile)
    // Stopped in the middle of a late file: it is read again from its start, because its end was not reached.
    let stored = try #require(SourcePosition(encoded: batch.position.encoded))
    let next = try follow(fixture.wholeDirectory, from: after(stored))
    #expect(try next.messages() == names(1...7) + names(13...13))
    let last = try follow(fixture.wholeDirectory, from: after(next.position))
    #expect(try last.messages() == [])
  }

  @Test("durability 12: the memory of files survives its encoding, is bounded, and its absence makes nothing late")
  func memoryOfFiles() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", entries(1...3))
    try fixture.write("b.journal", entries(4...6))
    let reader = try follow(fixture.wholeDirectory)
    _ = try reader.messages()
    let position = try #require(SourcePosition(encoded: reader.position.encoded))
    #expect(position == reader.position)
    #expect(position.seenFiles.values.map(\.count) == [2])
    var older = position
    older.seenFiles = [:]
    #expect(try follow(fixture.wholeDirectory, from: after(older)).messages() == [])
    var many = SeenFiles((0..<1_000).map { ID128(high: 9, low: $0) })
    many.insertAll(of: [fixture.path("a.journal")])
    many.forgetMissing([fixture.path("a.journal")])
    #expect(many.ids.count == 1)
    for length in 0..<reader.position.encoded.count {
      #expect(SourcePosition(encoded: reader.position.encoded.prefix(length)) == nil)
    }
  }

  @Test("durability 13: entries that a flush wrote again under other sequence numbers are not read twice")
  func flush() throws {
    let runtime = JournalFixture()
    let persistent = JournalFixture()
    try runtime.write("system.journal", entries(1...4))
    let reader = try follow(runtime.wholeDirectory)
    #expect(try reader.messages() == names(1...4))
    // The same entries, with another sequence, and one more; then the first file goes.
    let flushed = try persistent.write("flushed.journal", entries(1...5))
    try #require(rename(flushed, runtime.path("flushed.journal")) == 0)
    #expect(try reader.messagesWhenTheyCome(count: 1).last == "m5")
    try #require(unlink(runtime.path("system.journal")) == 0)
    let resumed = try follow(runtime.wholeDirectory, from: after(reader.position))
    #expect(try resumed.messages() == [])
    #expect(resumed.drainNotices().filter { $0.kind == .gap } == [])
  }

  // MARK: Many files, several machines

  @Test("durability 25: more files than one handle opens are counted, said and all read, in order and on from a cursor")
  func manyFiles() throws {
    let fixture = JournalFixture()
    // Interleaved: each file has an early and a late entry.
    for number in 1...7 as ClosedRange<UInt64> {
      try fixture.write("f\(number).journal", [Entry(number * 1_000, "m\(number)")])
    }
    var selection = fixture.wholeDirectory
    selection.groupSize = 3
    let reader = try follow(selection)
    let warning = try #require(reader.drainNotices().first { $0.kind == .warning })
    #expect(warning.reason.contains("7 files"))
    #expect(try reader.messages(limit: 2) == names(1...7))
    try fixture.write("f1.journal", [Entry(8_000, "m8")])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["m8"])
    try fixture.write("f8.journal", [Entry(9_000, "m9")])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["m9"])
    let batch = EntryBatch()
    let pieces = try JournalReader(JournalRequest(selection: selection))
    _ = try pieces.read(into: batch, limit: 4)
    let rest = try JournalReader(JournalRequest(selection: selection, start: after(batch.position)))
    #expect(try rest.messages() == names(5...9))
    #expect(try JournalReader(JournalRequest(selection: selection, start: .tail)).messages() == [])
    #expect(try JournalReader(JournalRequest(selection: selection, start: .since(6_000))).messages() == names(6...9))
  }

  @Test("durability 25: over seven thousand real files: libsystemd would leave some out, all are read")
  func sevenThousandFiles() throws {
    let fixture = JournalFixture()
    let total: UInt64 = 7_200
    // One small file copied without its holes, each copy with its own file id, sequence and time.
    let model = try fixture.write("model.journal", entries(1...1))
    let data = Array(try Data(contentsOf: URL(fileURLWithPath: model)))
    try #require(unlink(model) == 0)
    let pages = stride(from: 0, to: data.count, by: 4_096).filter { data[$0..<($0 + 4_096)].contains { $0 != 0 } }
    let wanted = withUnsafeBytes(of: UInt64(1_000).littleEndian) { Array($0) }
    let times = pages.flatMap { page in
      stride(from: page, to: page + 4_096, by: 8).filter { data[$0..<($0 + 8)].elementsEqual(wanted) }
    }
    try #require(times.count >= 3)
    for number in 1...total {
      let file = open(fixture.path("f\(number).journal"), O_WRONLY | O_CREAT, 0o644)
      defer { close(file) }
      try #require(file >= 0 && ftruncate(file, off_t(data.count)) == 0)
      for page in pages { data.withUnsafeBytes { _ = pwrite(file, $0.baseAddress! + page, 4_096, off_t(page)) } }
      for place in times {
        withUnsafeBytes(of: (number * 1_000).littleEndian) { _ = pwrite(file, $0.baseAddress!, 8, off_t(place)) }
      }
      // The file's id and that of its sequence.
      for place in [24, 72] {
        withUnsafeBytes(of: number.bigEndian) { _ = pwrite(file, $0.baseAddress!, 8, off_t(place)) }
      }
    }
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    #expect(reader.drainNotices().contains { $0.kind == .warning && $0.reason.contains("7200 files") })
    let batch = EntryBatch()
    var found: [UInt64] = []
    while try reader.read(into: batch, limit: 1_000) == .more { found += batch.entries.map(\.realtime) }
    found += batch.entries.map(\.realtime)
    #expect(found == (1...total).map { $0 * 1_000 })
  }

  @Test("durability 12b: entries without a machine id are read beside several machines', and once")
  func withoutMachine() throws {
    let fixture = JournalFixture()
    var nobody = [Entry(1_500, "n1"), Entry(2_500, "n2")]
    for index in nobody.indices { nobody[index].machine = "" }
    try fixture.write("a.journal", entries(1...3))
    try fixture.write("b.journal", [Entry(2_200, "b1").on(machine: JournalFixture.machineB)])
    try fixture.write("n.journal", nobody)
    let reader = try follow(fixture.wholeDirectory)
    #expect(try reader.messages(limit: 1) == ["m1", "n1", "m2", "b1", "n2", "m3"])
    let resumed = try follow(fixture.wholeDirectory, from: after(reader.position))
    #expect(try resumed.messages() == [])
    var more = Entry(4_000, "n3")
    more.machine = ""
    try fixture.write("n.journal", [more])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["n3"])
    #expect(try resumed.messagesWhenTheyCome(count: 1) == ["n3"])
  }

  @Test("durability 12b: a second machine turns up beside entries without a machine id; none is missed or read twice")
  func secondMachineBesideNone() throws {
    let fixture = JournalFixture()
    var nobody = Entry(1_500, "n1")
    nobody.machine = ""
    try fixture.write("a.journal", entries(1...2))
    try fixture.write("n.journal", [nobody])
    let reader = try follow(fixture.wholeDirectory)
    #expect(try reader.messages() == ["m1", "n1", "m2"])
    try fixture.write("b.journal", [Entry(1_200, "b1").on(machine: JournalFixture.machineB)])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["b1"])
    var more = Entry(3_000, "n2")
    more.machine = ""
    try fixture.write("n.journal", [more])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["n2"])
  }

  /// systemd-journal-remote makes a host's file before it has an entry.
  @Test("durability 12b: hosts turn up in an empty directory, with files that have no entries yet; none is missed")
  func hostsTurnUpWithEmptyFiles() throws {
    func b(_ times: [UInt64]) -> [Entry] {
      times.map {
        Entry($0, "b\($0)").on(machine: JournalFixture.machineB).inBoot("00000000000000000000000000000b01")
      }
    }
    let fixture = JournalFixture()
    let reader = try follow(fixture.wholeDirectory)
    #expect(try reader.messages() == [])
    try fixture.write("a.journal", [])
    try fixture.write("b.journal", [])
    #expect(try reader.wait(timeoutMicroseconds: 60_000_000) == .changed)
    #expect(try reader.messages() == [])
    try fixture.write("a.journal", [Entry(1_000, "a1"), Entry(5_000, "a5")])
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["a1", "a5"])
    // Older than what was read, then newer.
    try fixture.write("b.journal", b([2_000, 3_000]))
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["b2000", "b3000"])
    try fixture.write("b.journal", b([6_000]))
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["b6000"])
    try fixture.write("a.journal", [Entry(5_500, "a55")])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["a55"])
    #expect(try follow(fixture.wholeDirectory, from: after(reader.position)).messages() == [])
  }

  /// A rotation makes a file without entries; when it has some, it has not come late, in this life or the next.
  @Test("durability 12: a file that a rotation made and that was seen empty is not taken for a late one")
  func rotatedFilesAreNotLate() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", entries(1...2))
    let reader = try follow(fixture.wholeDirectory)
    #expect(try reader.messages() == names(1...2))
    try fixture.write("b.journal", [])
    #expect(try reader.wait(timeoutMicroseconds: 60_000_000) == .changed)
    #expect(try reader.messages() == [])
    try fixture.write("b.journal", entries(3...4))
    #expect(try reader.messagesWhenTheyCome(count: 2) == names(3...4))
    let next = try follow(fixture.wholeDirectory, from: after(reader.position))
    #expect(try next.messages() == [])
    #expect(next.drainNotices().isEmpty)
  }

  @Test("durability 12b: a host whose first entries are newer turns up while another is read; older ones are not lost")
  func aNewerHostTurnsUp() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", entries(1...2))
    try fixture.write("b.journal", [])
    let reader = try follow(fixture.wholeDirectory)
    #expect(try reader.messages() == names(1...2))
    try fixture.write("b.journal", [Entry(9_000, "b9").on(machine: JournalFixture.machineB)])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["b9"])
    try fixture.write("a.journal", entries(3...4))
    #expect(try reader.messagesWhenTheyCome(count: 2) == names(3...4))
  }

  // MARK: Damage

  @Test("durability 4: a file that is excluded is left out, the others are followed, new ones too")
  func excluded() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", entries(1...2))
    let bad = try fixture.write("b.journal", entries(3...4))
    var selection = fixture.wholeDirectory
    selection.excludedFiles = [bad]
    let reader = try follow(selection)
    #expect(try reader.messages() == names(1...2))
    try fixture.write("a.journal", entries(5...5))
    #expect(try reader.messagesWhenTheyCome(count: 1) == names(5...5))
    try fixture.write("c.journal", entries(6...6))
    #expect(try reader.messagesWhenTheyCome(count: 1) == names(6...6))
  }

  @Test("durability 6: with damaged hash tables all entries are found, because nothing is matched by the index")
  func damagedIndex() throws {
    let fixture = JournalFixture()
    let path = try fixture.write("a.journal", entries(1...50))
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    func number(_ offset: Int) -> Int {
      (0..<8).reversed().reduce(0) { $0 << 8 | Int(data[offset + $1]) }
    }
    // The data hash table: its offset and size stand in the header.
    let (start, size) = (number(104), number(112))
    data.replaceSubrange(start..<(start + size), with: Data(count: size))
    try data.write(to: URL(fileURLWithPath: path))
    let reader = try JournalReader(
      JournalRequest(
        selection: JournalSelection(files: [path]), filter: EntryFilter(identifiers: ["dovecot"])))
    #expect(try reader.messages() == names(1...50))
  }

  @Test("durability 7: one damaged entry is left out and said, and all others are read")
  func damagedEntry() throws {
    let fixture = JournalFixture()
    let path = try fixture.write("a.journal", entries(1...9))
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    // The entry object of m5 begins with type 3 and bears its realtime at offset 24.
    let time = withUnsafeBytes(of: UInt64(5_000).littleEndian) { Data($0) }
    let places = (0..<(data.count - 64)).filter { $0 % 8 == 0 && data[$0] == 3 && data[($0 + 24)..<($0 + 32)] == time }
    let place = try #require(places.first)
    let batch = EntryBatch()
    _ = try JournalReader(JournalRequest(selection: fixture.wholeDirectory)).read(into: batch, limit: 2)
    data[place] = 1
    try data.write(to: URL(fileURLWithPath: path))
    let reader = try follow(fixture.wholeDirectory, from: after(batch.position))
    #expect(try reader.messages() == names(3...4) + names(6...9))
    let gaps = reader.drainNotices().filter { $0.kind == .gap }
    #expect(gaps.map(\.count) == [1])
    #expect(gaps.map(\.from) == [2_000])
    #expect(gaps.map(\.to) == [9_000])
  }

  // MARK: Following

  @Test("durability 9: after a rotation nothing is left that keeps the reader awake")
  func invalidation() throws {
    let fixture = JournalFixture()
    try fixture.write("system.journal", entries(1...3))
    let reader = try follow(fixture.wholeDirectory)
    _ = try reader.messages()
    try #require(rename(fixture.path("system.journal"), fixture.path("system@1.journal")) == 0)
    try fixture.write("system.journal", entries(4...4))
    #expect(try reader.messagesWhenTheyCome(count: 1) == names(4...4))
    var changes = 0
    while try reader.wait(timeoutMicroseconds: 20_000) == .changed {
      #expect(try reader.messages() == [])
      changes += 1
      try #require(changes < 50, "the reader is woken again and again though nothing happens")
    }
    #expect(reader.drainNotices() == [])
  }

  @Test("durability 11: over a hundred rotations every entry is read once, in order")
  func rotations() throws {
    let fixture = JournalFixture()
    let total: UInt64 = 100
    try fixture.write("system.journal", entries(1...1))
    var reader = try follow(fixture.wholeDirectory)
    var messages = try reader.messages()
    for number in 2...total {
      try #require(rename(fixture.path("system.journal"), fixture.path("system@\(number).journal")) == 0)
      try fixture.write("system.journal", entries(number...number))
      // Now and then by a new reader, as after a restart; now and then several rotations at once.
      if number % 7 == 0 { reader = try follow(fixture.wholeDirectory, from: after(reader.position)) }
      if number % 3 == 0 { messages += try reader.messagesWhenTheyCome(count: 1) }
    }
    messages += try reader.messagesWhenTheyCome(count: Int(total) - messages.count)
    #expect(messages == names(1...total))
    #expect(reader.drainNotices() == [])
  }

  @Test("durability 14: from the tail of forty files nothing old is read")
  func tailOfManyFiles() throws {
    let fixture = JournalFixture()
    for number in 1...40 as ClosedRange<UInt64> {
      try fixture.write("f\(number).journal", entries(number...number))
    }
    let reader = try follow(fixture.wholeDirectory, from: .tail)
    #expect(try reader.messages() == [])
    try fixture.write("f40.journal", entries(41...41))
    #expect(try reader.messagesWhenTheyCome(count: 1) == names(41...41))
  }

  @Test("durability 8: files removed during a backlog are let go of while catching up")
  func removedDuringBacklog() throws {
    let fixture = JournalFixture()
    let old = try fixture.write("a.journal", entries(1...10))
    try fixture.write("b.journal", entries(11...4_000))
    let reader = try follow(fixture.wholeDirectory)
    let batch = EntryBatch()
    _ = try reader.read(into: batch, limit: 20)
    try #require(unlink(old) == 0)
    _ = try reader.read(into: batch, limit: 3_000)
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
    #expect(!open.contains("\(old) (deleted)"))
  }

  @Test("durability 24: entries of users' journals are read with the system's, in order")
  func userJournals() throws {
    let fixture = JournalFixture()
    try fixture.write("system.journal", [Entry(1_000, "m1"), Entry(3_000, "m3")])
    let reader = try follow(fixture.wholeDirectory)
    #expect(try reader.messages() == ["m1", "m3"])
    try fixture.write("user-1000.journal", [Entry(4_000, "m4")])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["m4"])
    try fixture.write("system.journal", [Entry(5_000, "m5")])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["m5"])
  }

  // MARK: Bytes

  @Test("durability 20: NUL, LF and 0xFF arrive; two messages or none are no reason to stop")
  func anyBytes() throws {
    let fixture = JournalFixture()
    var odd = Entry(1, nil)
    odd.fields.append(("MESSAGE", [0, 10, 0xff, 65]))
    var two = Entry(2, "first")
    two.fields.append(("MESSAGE", Array("second".utf8)))
    try fixture.write("a.journal", [odd, two, Entry(3, nil), Entry(4, "last")])
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    let batch = EntryBatch()
    #expect(try reader.read(into: batch, limit: 10) == .end)
    #expect(batch.entries.map { batch.bytes(of: $0.message) }[0] == [0, 10, 0xff, 65])
    #expect(["first", "second"].contains(batch.text(of: batch.entries[1].message)))
    #expect(batch.entries.map(\.hasMessage) == [true, true, false, true])
    #expect(batch.text(of: batch.entries[3].message) == "last")
  }
}
