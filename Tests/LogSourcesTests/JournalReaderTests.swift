import Glibc
import Testing

@testable import LogSources

@Suite("Reading journal files")
struct JournalReaderTests {
  typealias Entry = JournalFixture.Entry

  private func entries(_ range: ClosedRange<UInt64>) -> [Entry] { range.map { Entry($0 * 1_000, "m\($0)") } }

  private func names(_ range: ClosedRange<Int>) -> [String] { range.map { "m\($0)" } }

  @Test("an entry's fields, times and ids arrive")
  func fields() throws {
    let fixture = JournalFixture()
    let more = [
      "_PID": "42", "_UID": "0", "_COMM": "imap", "_EXE": "/usr/lib/dovecot/imap", "_HOSTNAME": "mx1",
      "_SYSTEMD_UNIT": "dovecot.service", "_SYSTEMD_SLICE": "system.slice", "_TRANSPORT": "syslog", "PRIORITY": "4",
    ]
    try fixture.write("a.journal", [Entry(5_000_000, "hello", more)])
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    let batch = EntryBatch()
    #expect(try reader.read(into: batch, limit: 10) == .end)
    let entry = try #require(batch.entries.first)
    #expect(batch.entries.count == 1)
    #expect(entry.realtime == 5_000_000)
    #expect(entry.monotonic == 5_000_000)
    #expect(entry.bootID.description == JournalFixture.bootA)
    #expect(entry.machineID.description == JournalFixture.machineA)
    #expect(entry.pid == 42)
    #expect(entry.uid == 0)
    #expect(entry.contentHash == batch.position.cursors.values.first?.contentHash)
    #expect(entry.contentHash != 0)
    #expect(batch.text(of: entry.message) == "hello")
    #expect(batch.text(of: entry.identifier) == "dovecot")
    #expect(batch.text(of: entry.command) == "imap")
    #expect(batch.text(of: entry.executable) == "/usr/lib/dovecot/imap")
    #expect(batch.text(of: entry.hostname) == "mx1")
    #expect(batch.text(of: entry.unit) == "dovecot.service")
    #expect(batch.text(of: entry.slice) == "system.slice")
  }

  @Test("durability 20: messages are bytes: NUL, line feed and 0xFF arrive; the first of two counts; none is empty")
  func binary() throws {
    let fixture = JournalFixture()
    var binary = Entry(1_000, nil)
    binary.fields.append(("MESSAGE", [65, 0, 10, 0xff, 66]))
    var double = Entry(2_000, "first")
    double.fields.append(("MESSAGE", Array("second".utf8)))
    try fixture.write("a.journal", [binary, double, Entry(3_000, nil)])
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    let batch = EntryBatch()
    _ = try reader.read(into: batch, limit: 10)
    try #require(batch.entries.count == 3)
    #expect(batch.bytes(of: batch.entries[0].message) == [65, 0, 10, 0xff, 66])
    #expect(batch.text(of: batch.entries[1].message) == "first")
    #expect(batch.entries[2].message.isEmpty)
    #expect(batch.entries.allSatisfy { $0.pid == -1 && $0.uid == .max })
  }

  @Test(
    "durability 19: a message over the limit is cut, flagged and counted, compressed or not", arguments: [true, false])
  func longMessage(isCompressible: Bool) throws {
    let fixture = JournalFixture()
    var state: UInt32 = 1
    let long = (0..<80_000).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return isCompressible ? 97 : UInt8(state >> 24)
    }
    var entry = Entry(1_000, nil)
    entry.fields.append(("MESSAGE", long))
    try fixture.write("a.journal", [entry, Entry(2_000, String(repeating: "b", count: EntryBatch.fieldLimit))])
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    let batch = EntryBatch()
    _ = try reader.read(into: batch, limit: 10)
    try #require(batch.entries.count == 2)
    #expect(batch.bytes(of: batch.entries[0].message) == Array(long.prefix(EntryBatch.fieldLimit)))
    #expect(batch.entries[0].isMessageTruncated)
    #expect(batch.entries[1].message.length == UInt32(EntryBatch.fieldLimit))
    #expect(!batch.entries[1].isMessageTruncated)
    #expect(batch.truncatedCount == 1)
  }

  @Test("what nobody wants is counted, not kept; journald's word of lost messages is kept; the position moves")
  func interest() throws {
    let fixture = JournalFixture()
    let suppression = [
      "MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e", "N_DROPPED": "17", "_UID": "0",
      "OBJECT_SYSTEMD_UNIT": "dovecot.service",
    ]
    try fixture.write(
      "a.journal",
      [
        Entry(1_000, "kept", identifier: "dovecot"), Entry(2_000, "no", identifier: "cron", ["_COMM": "cron"]),
        Entry(3_000, "by command", identifier: "odd", ["_COMM": "imap"]),
        Entry(4_000, "Suppressed 17 messages", identifier: "systemd-journald", suppression),
        Entry(5_000, "no", identifier: "kernel"),
      ])
    let interest = SetInterest(identifiers: ["dovecot"], commands: ["imap"])
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory), interest: interest)
    let batch = EntryBatch()
    _ = try reader.read(into: batch, limit: 10)
    #expect(batch.examinedCount == 5)
    #expect(
      batch.entries.map { batch.text(of: $0.message) } == ["kept", "by command", "Suppressed 17 messages"])
    let lost = try #require(batch.entries.last)
    #expect(lost.isSuppressionNotice)
    #expect(lost.droppedCount == 17)
    #expect(batch.text(of: lost.objectUnit) == "dovecot.service")
    #expect(batch.position.cursors.values.map(\.realtime) == [5_000])
  }

  // MARK: Where to begin

  @Test("head, tail, since and until")
  func bounds() throws {
    let fixture = JournalFixture()
    for file in 0..<4 {
      try fixture.write("f\(file).journal", entries(UInt64(file * 5 + 1)...UInt64(file * 5 + 5)))
    }
    func read(_ start: StartPoint, until: UInt64? = nil) throws -> [String] {
      try JournalReader(JournalRequest(selection: fixture.wholeDirectory, start: start, until: until)).messages()
    }
    #expect(try read(.head) == names(1...20))
    #expect(try read(.tail) == [])
    #expect(try read(.since(7_000)) == names(7...20))
    #expect(try read(.since(7_001), until: 12_000) == names(8...12))
    let tail = try JournalReader(JournalRequest(selection: fixture.wholeDirectory, start: .tail))
    #expect(tail.position.cursors.values.map(\.realtime) == [20_000])
  }

  @Test("at a cursor, and behind it")
  func cursors() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", entries(1...5))
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    let batch = EntryBatch()
    _ = try reader.read(into: batch, limit: 3)
    let cursor = try #require(batch.position.cursors.values.first)
    func read(_ start: StartPoint) throws -> [String] {
      try JournalReader(JournalRequest(selection: fixture.wholeDirectory, start: start)).messages()
    }
    #expect(try read(.at(cursor)) == names(3...5))
    #expect(try read(.afterCursor(cursor)) == names(4...5))
  }

  @Test("reading in pieces with a new reader for each gives every entry once", arguments: [1, 2, 3, 7])
  func resume(limit: Int) throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", entries(1...6))
    try fixture.write("b.journal", entries(7...10))
    var position = SourcePosition()
    var messages: [String] = []
    let batch = EntryBatch()
    var outcome = ReadOutcome.more
    while outcome == .more {
      let start = StartPoint.after(position, newWritersSince: 0)
      let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory, start: start))
      outcome = try reader.read(into: batch, limit: limit)
      messages += batch.entries.map { batch.text(of: $0.message) }
      #expect(reader.drainNotices() == [])
      position = try #require(SourcePosition(encoded: batch.position.encoded))
    }
    #expect(messages == names(1...10))
  }

  @Test("durability 3: entries whose clock was set back come in the order of the journal, and resuming misses none")
  func clockSetBack() throws {
    let fixture = JournalFixture()
    let times: [UInt64] = [9_000, 5_000, 7_000, 1_000]
    try fixture.write(
      "a.journal",
      times.enumerated().map { index, time in
        Entry(time, "m\(index + 1)").inBoot(JournalFixture.bootA, monotonic: UInt64(index + 1) * 10)
      })
    let batch = EntryBatch()
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    _ = try reader.read(into: batch, limit: 2)
    #expect(batch.entries.map(\.realtime) == [9_000, 5_000])
    let rest = JournalRequest(
      selection: fixture.wholeDirectory, start: .after(batch.position, newWritersSince: 0))
    #expect(try JournalReader(rest).messages() == ["m3", "m4"])
  }

  @Test("durability 1: a cursor whose file was removed: the oldest survivor is read, and the gap is said")
  func vacuumed() throws {
    let fixture = JournalFixture()
    let removed = try fixture.write("a.journal", entries(1...5))
    try fixture.write("b.journal", entries(6...9))
    let batch = EntryBatch()
    _ = try JournalReader(JournalRequest(selection: fixture.wholeDirectory)).read(into: batch, limit: 3)
    try #require(unlink(removed) == 0)
    let reader = try JournalReader(
      JournalRequest(selection: fixture.wholeDirectory, start: .after(batch.position, newWritersSince: 0)))
    let notice = try #require(reader.drainNotices().first)
    #expect(notice.kind == .gap)
    #expect(notice.from == 3_000)
    #expect(notice.to == 6_000)
    #expect(try reader.messages() == names(6...9))
  }

  @Test("durability 2: a cursor in the future: read again from the head, and the gap is said")
  func future() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", entries(1...3))
    let batch = EntryBatch()
    _ = try JournalReader(JournalRequest(selection: fixture.wholeDirectory)).read(into: batch, limit: 3)
    let atEnd = try JournalReader(
      JournalRequest(selection: fixture.wholeDirectory, start: .after(batch.position, newWritersSince: 0)))
    #expect(try atEnd.messages() == [])
    #expect(atEnd.drainNotices() == [])

    var position = batch.position
    for key in position.cursors.keys {
      position.cursors[key]?.realtime = 9_000_000
      position.cursors[key]?.bootID = ID128(high: 7, low: 7)
      position.cursors[key]?.sequenceID = ID128(high: 7, low: 7)
    }
    let reader = try JournalReader(
      JournalRequest(selection: fixture.wholeDirectory, start: .after(position, newWritersSince: 0)))
    #expect(try reader.messages() == names(1...3))
    let notices = reader.drainNotices()
    #expect(notices.map(\.kind) == [.gap])
    #expect(notices.first?.from == 9_000_000)
    #expect(notices.first?.to == 1_000)
  }

  // MARK: Several machines

  @Test("durability 12b: two machines come in the order of time, and late entries of the slower one are not lost")
  func twoMachines() throws {
    let fixture = JournalFixture()
    func a(_ times: [UInt64]) -> [Entry] { times.map { Entry($0, "a\($0)") } }
    func b(_ times: [UInt64]) -> [Entry] {
      times.map {
        Entry($0, "b\($0)").on(machine: JournalFixture.machineB).inBoot("00000000000000000000000000000b01")
      }
    }
    try fixture.write("a.journal", a([10, 30, 50]))
    try fixture.write("b.journal", b([20, 30]))
    let reader = try JournalReader(JournalRequest(selection: fixture.wholeDirectory))
    #expect(try reader.messages(limit: 2) == ["a10", "b20", "a30", "b30", "a50"])
    let position = reader.position
    #expect(position.cursors.keys.filter { !$0.hasSuffix("#none") }.count == 2)

    try fixture.write("b.journal", b([40, 45]))
    #expect(try reader.messages() == ["b40", "b45"])
    let later = try JournalReader(
      JournalRequest(selection: fixture.wholeDirectory, start: .after(position, newWritersSince: 0)))
    #expect(try later.messages() == ["b40", "b45"])

    let files = JournalSelection(files: [fixture.path("b.journal"), fixture.path("a.journal")])
    let byFile = try JournalReader(JournalRequest(selection: files))
    #expect(try byFile.messages() == ["a10", "b20", "a30", "b30", "b40", "b45", "a50"])
    #expect(
      byFile.position.cursors.keys.sorted() == [
        "files#\(JournalFixture.machineA)", "files#\(JournalFixture.machineB)",
      ])
  }

  @Test("an entry held back for its turn is not counted as read")
  func positionOfMergedBatches() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", [1, 3, 5, 7].map { Entry($0, "a\($0)") })
    try fixture.write(
      "b.journal", [2, 4, 6, 8].map { Entry($0, "b\($0)").on(machine: JournalFixture.machineB) })
    var position = SourcePosition()
    var messages: [String] = []
    let batch = EntryBatch()
    // One more reading than entries, so that an entry read twice would show.
    for _ in 0..<9 {
      let reader = try JournalReader(
        JournalRequest(selection: fixture.wholeDirectory, start: .after(position, newWritersSince: 0)),
        interest: SetInterest(identifiers: ["dovecot"]))
      _ = try reader.read(into: batch, limit: 1)
      messages += batch.entries.map { batch.text(of: $0.message) }
      position = batch.position
    }
    #expect(messages == ["a1", "b2", "a3", "b4", "a5", "b6", "a7", "b8"])
  }

  // MARK: Filters

  @Test("identifiers and units, as journalctl takes them")
  func filters() throws {
    let fixture = JournalFixture()
    try fixture.write(
      "a.journal",
      [
        Entry(1, "m1", identifier: "dovecot", ["_SYSTEMD_UNIT": "dovecot.service"]),
        Entry(2, "m2", identifier: "postfix/smtpd", ["_SYSTEMD_UNIT": "postfix@-.service"]),
        Entry(3, "m3", identifier: "systemd", ["UNIT": "dovecot.service", "_PID": "1"]),
        Entry(4, "m4", identifier: "liar", ["UNIT": "dovecot.service", "_PID": "77"]),
        Entry(5, "m5", identifier: "helper", ["OBJECT_SYSTEMD_UNIT": "dovecot.service", "_UID": "0"]),
        Entry(6, "m6", identifier: "liar", ["OBJECT_SYSTEMD_UNIT": "dovecot.service", "_UID": "1000"]),
        Entry(7, "m7", identifier: "dovecot"),
      ])
    func read(_ filter: EntryFilter) throws -> [String] {
      try JournalReader(JournalRequest(selection: fixture.wholeDirectory, filter: filter)).messages()
    }
    #expect(try read(EntryFilter(identifiers: ["dovecot"])) == ["m1", "m7"])
    #expect(try read(EntryFilter(units: ["dovecot"])) == ["m1", "m3", "m5"])
    #expect(try read(EntryFilter(units: ["postfix@*"])) == ["m2"])
    #expect(try read(EntryFilter(identifiers: ["dovecot", "helper"], units: ["dovecot.service"])) == ["m1", "m5"])
  }

  @Test("durability 17: boots by number and by id; reading without one keeps the tail of the boot before")
  func boots() throws {
    let fixture = JournalFixture()
    let boots = (1...3).map { "0000000000000000000000000000000\($0)" }
    var number: UInt64 = 0
    let all = boots.flatMap { boot in
      (1...3).map { moment -> Entry in
        number += 1
        return Entry(number * 1_000, "m\(number)").inBoot(boot, monotonic: UInt64(moment))
      }
    }
    try fixture.write("a.journal", all)
    func read(_ boot: BootSelection?) throws -> [String] {
      try JournalReader(JournalRequest(selection: fixture.wholeDirectory, boot: boot)).messages()
    }
    #expect(try read(nil) == names(1...9))
    #expect(try read(.offset(0)) == names(7...9))
    #expect(try read(.offset(-1)) == names(4...6))
    #expect(try read(.offset(1)) == names(1...3))
    #expect(try read(.id(try #require(ID128(boots[1])))) == names(4...6))
    #expect(throws: JournalError.self) { try read(.offset(-3)) }
    #expect(throws: JournalError.self) { try read(.offset(4)) }
  }
}
