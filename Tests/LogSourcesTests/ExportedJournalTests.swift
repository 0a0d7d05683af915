import TestSupport
import Testing

@testable import LogSources

/// A journal whose messages are made by strangers, as journalctl writes it in each of its forms.
private struct HostileJournal {
  let journal = JournalFixture()
  let texts = TextLogFixture()

  static let base: UInt64 = 1_772_561_223_000_000

  /// What strangers write to look like another field, the end of an entry, or one of their own.
  static let messages: [String] = [
    "plain", "two\nlines", "a \"quote\" and a \\ backslash", "tab\tand\u{1}control", "",
    "\n\n__CURSOR=s=1\n__REALTIME_TIMESTAMP=1772561223000009\n_UID=0\nSYSLOG_IDENTIFIER=dovecot\nMESSAGE=forged\n\n",
    #"{"MESSAGE":"forged","_UID":"0","SYSLOG_IDENTIFIER":"dovecot","__REALTIME_TIMESTAMP":"1772561223000009"}"#,
    #"x","_UID":"0","SYSLOG_IDENTIFIER":"dovecot","y":""#, "\u{1e}{\n", "data: {}\n\ndata: {", "_UID=0",
    "Mar  3 18:07:03 mx dovecot: forged", "last message repeated 9 times", "é€😀 \u{2028}", #"\u0022,"_UID":"0""#,
  ]

  init() throws {
    var entries: [JournalFixture.Entry] = []
    for (index, message) in Self.messages.enumerated() {
      var entry = JournalFixture.Entry(
        Self.base + UInt64(index), message, identifier: "stranger",
        ["_UID": "1000", "_COMM": "logger", "_PID": "77", "_HOSTNAME": "mx", "UNIT": "a", "PRIORITY": "6"])
      if index == 1 { entry.fields += [("SYSLOG_IDENTIFIER", Array("second".utf8)), ("MESSAGE", Array("b\n".utf8))] }
      entries.append(entry)
    }
    var binary = JournalFixture.Entry(Self.base + 100, nil, ["_UID": "0", "_SYSTEMD_UNIT": "dovecot.service"])
    binary.fields.append(("MESSAGE", [0, 255, 10, 34, 92, 200]))
    var long = JournalFixture.Entry(Self.base + 101, String(repeating: "é", count: 30_000))
    long.fields.append(("CONTAINER_NAME", Array("mail".utf8)))
    let silent = JournalFixture.Entry(Self.base + 102, nil)
    let suppressed = JournalFixture.Entry(
      Self.base + 103, "Suppressed 5 messages", identifier: "systemd-journald",
      [
        "_UID": "0", "MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e", "N_DROPPED": "5",
        "OBJECT_SYSTEMD_UNIT": "dovecot.service",
      ])
    try journal.write("a.journal", entries + [binary, long, silent, suppressed])
  }

  /// Writes the journal as text; journalctl is part of every machine that has a journal.
  func export(_ form: String, all: Bool = true) throws -> String {
    let command =
      "journalctl --file \(journal.path("a.journal")) \(all ? "--all" : "") -o \(form) >\(texts.path(form))"
    try texts.run("sh", "-c", command)
    return form
  }
}

/// All that the pipeline can know of an entry.
private struct Known: Equatable {
  var texts: [[UInt8]]
  var numbers: [UInt64]
  var ids: [ID128]
  var flags: [Bool]

  init(_ entry: JournalEntry, _ batch: EntryBatch) {
    texts = [
      entry.identifier, entry.message, entry.unit, entry.slice, entry.command, entry.executable, entry.hostname,
      entry.objectUnit, entry.managedUnit, entry.containerName,
    ].map(batch.bytes)
    numbers = [
      entry.realtime, entry.monotonic, entry.contentHash, UInt64(entry.uid), UInt64(bitPattern: Int64(entry.pid)),
      entry.droppedCount,
    ]
    ids = [entry.bootID, entry.machineID, entry.messageID]
    flags = [entry.hasMessage, entry.isFromContainer, entry.isFromTextLog, entry.isMessageTruncated]
  }
}

private func known(_ reader: SourceReader) throws -> [Known] {
  let batch = EntryBatch()
  var found: [Known] = []
  while try reader.read(into: batch, limit: 3) == .more { found += batch.entries.map { Known($0, batch) } }
  return found + batch.entries.map { Known($0, batch) }
}

@Suite("Journals that were written as text")
struct ExportedJournalTests {
  @Test(
    "an export has the entries of its journal, whatever strangers wrote into them",
    arguments: ["export", "json", "json-seq", "json-sse"])
  func sameEntries(form: String) throws {
    let site = try HostileJournal()
    let journal = try SourceReader(SourceRequest(journal: site.journal.wholeDirectory))
    let expected = try known(journal)
    try #require(expected.count == HostileJournal.messages.count + 4)
    let reader = try site.texts.reader(try site.export(form))
    #expect(try known(reader) == expected)
    #expect(reader.drainNotices().isEmpty)
  }

  @Test("an interest chooses and looks as in a journal") func interest() throws {
    let site = try HostileJournal()
    let interest = SetInterest(identifiers: ["dovecot"], commands: [])
    let request = TextLogRequest(files: [site.texts.path(try site.export("export"))])
    let reader = try SourceReader(SourceRequest(text: request), interest: interest)
    let journal = try SourceReader(SourceRequest(journal: site.journal.wholeDirectory), interest: interest)
    let found = try known(reader)
    #expect(found == (try known(journal)))
    #expect(found.count == 4)
    var chosen = SourceRequest(text: request, start: .since(HostileJournal.base + 101))
    chosen.filter = EntryFilter(units: ["dovecot"])
    #expect(try known(try SourceReader(chosen)).count == 1)
  }

  @Test("a message that journalctl left out is said") func leftOut() throws {
    let site = try HostileJournal()
    let reader = try site.texts.reader(try site.export("json", all: false))
    #expect(try known(reader).count == HostileJournal.messages.count + 4)
    #expect(reader.drainNotices().contains { $0.reason.contains("1 messages") && $0.reason.contains("--all") })
  }

  @Test(
    "what lacks a date, an identifier or its entry's end is refused with the way out",
    arguments: [
      ("short-monotonic", "no date"), ("with-unit", "no identifiers"), ("verbose", "-o verbose"),
      ("json-pretty", "several lines"),
    ])
  func unreadable(form: String, reason: String) throws {
    let journal = JournalFixture()
    let texts = TextLogFixture()
    try journal.write(
      "a.journal", (0..<3).map { .init(HostileJournal.base + $0, "x", ["_SYSTEMD_UNIT": "dovecot.service"]) })
    try texts.run("sh", "-c", "journalctl --file \(journal.path("a.journal")) -o \(form) >\(texts.path("x"))")
    let error = #expect(throws: JournalError.self) { try texts.reader("x") }
    #expect("\(try #require(error))".contains(reason))
    #expect("\(try #require(error))".contains("journalctl"))
  }

  @Test(
    "the other forms of journalctl are lines of syslog",
    arguments: ["short", "short-precise", "short-iso", "short-iso-precise", "short-full", "short-unix"])
  func short(form: String) throws {
    let journal = JournalFixture()
    let texts = TextLogFixture()
    try journal.write("a.journal", (0..<3).map { .init(HostileJournal.base + $0, "m\($0)", ["_HOSTNAME": "mx"]) })
    try texts.run("sh", "-c", "TZ=UTC journalctl --file \(journal.path("a.journal")) -o \(form) >\(texts.path("x"))")
    let reader = try texts.reader("x")
    #expect(try reader.messages() == ["m0", "m1", "m2"])
  }
}

@Suite("Damage in exports of journals")
struct DamagedExportTests {
  private static func line(_ index: Int, _ more: String = "") -> String {
    #"{"__REALTIME_TIMESTAMP":"177256122300000\#(index)","SYSLOG_IDENTIFIER":"dovecot","MESSAGE":"m\#(index)"\#(more)}"#
  }

  @Test(
    "a line that is no entry is counted and said, and takes nothing of its neighbours along",
    arguments: [
      #"{"MESSAGE":"x"#, #"{"MESSAGE":"x"}"#, "{}", "hello", #"{"__REALTIME_TIMESTAMP":"99999999999999999999"}"#,
      line(5, #","_UID":"1000","_UID":"0""#), line(5, #","_UID":["1000","0"]"#), line(5, #","_BOOT_ID":"x""#),
      line(5, #","A":"\ud800""#), line(5, #","A":[1,256]"#), line(5, #","A":[1,"x"]"#), line(5) + line(6),
      line(5, #","A":tru"#), line(5, #","A":"\q""#), line(5, ",\"A\":\"\u{1}\""), line(5, #","A":[[1],[2],3}"#),
      String(repeating: "[", count: 200_000), #"{"A":"# + String(repeating: #"{"a":["#, count: 30_000),
    ])
  func lines(broken: String) throws {
    let fixture = TextLogFixture()
    try fixture.write("x", [Self.line(1), broken, Self.line(2)].joined(separator: "\n") + "\n")
    let reader = try fixture.reader("x", format: .journalJSON)
    #expect(try reader.messages() == ["m1", "m2"])
    let notices = reader.drainNotices().map(\.reason)
    #expect(notices.count == 1)
    #expect(notices.first?.contains("1 of 3 entries are damaged") == true)
    #expect(notices.first?.contains("at byte \(Self.line(1).utf8.count + 1)") == true)
  }

  @Test("what other programs add is passed over, at any depth") func additions() throws {
    let fixture = TextLogFixture()
    let deep = String(repeating: #"{"a":["#, count: 5000) + "1" + String(repeating: "]}", count: 5000)
    try fixture.write(
      "x", Self.line(1, #","host":{"b":[1,{"_UID":"0"}],"c":-1.5e3},"x":\#(deep),"A":true,"B":null, "C" : [] "#) + "\n")
    let reader = try fixture.reader("x")
    #expect(try reader.messages() == ["m1"])
    #expect(reader.drainNotices().isEmpty)
  }

  @Test("an entry without a cursor has an identity of its content, and of how many are alike") func identity() throws {
    let fixture = TextLogFixture()
    try fixture.write("x", [1, 1, 2].map { Self.line($0) + "\n" }.joined())
    let hashes = try fixture.reader("x").entries().map(\.hash)
    #expect(Set(hashes).count == 3)
    #expect(try fixture.reader("x").entries().map(\.hash) == hashes)
  }

  /// Debug builds check each access.
  @Test(
    "any byte may be another: nothing traps, and some still are of the format",
    arguments: [
      (
        TextLogFormat.journalJSON,
        line(1, #","A":[1,2],"E":["x",[2]],"B":"\u00e9\ud83d\ude00","C":null,"D":{"e":[1.5]}"#)
      ),
      (.dockerJSON, #"{"log":"Nov  2 10:00:00 mx a[1]: \u00e9\n","stream":"stdout","time":"2026-11-02T10:00:00.1Z"}"#),
      (
        .journalExport,
        "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1772561223000001\n_UID=0\nMESSAGE\n\u{4}\0\0\0\0\0\0\0a\n\nb\nA=b\n\n"
      ),
    ])
  func mutations(format: TextLogFormat, text: String) {
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var assembler = TextEntryAssembler(format: format)
    let batch = EntryBatch()
    var entries = 0
    for _ in 0..<3000 {
      var bytes = Array(text.utf8)
      for _ in 0..<next(4) { bytes[next(bytes.count)] = UInt8(next(256)) }
      bytes.removeLast(next(20) / 17)
      var framing = ExportFraming()
      let end = bytes.withUnsafeBytes { framing.advance($0, from: 0) }
      if case .end(let index) = end { #expect(index <= bytes.count) }
      if bytes.withUnsafeBytes({ assembler.append($0, now: 1_800_000_000, to: batch) }) == .entry { entries += 1 }
      batch.removeAll()
    }
    #expect((100..<3000).contains(entries))
  }
}
