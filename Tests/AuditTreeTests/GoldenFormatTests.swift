import AuditModel
import Platform
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditWriting

/// The bytes of each persisted form of a tree as they stand on disks: read with the meaning they always had, and written
/// as they always were.
@Suite struct GoldenFormatTests {
  // MARK: Tree

  @Test func treeVersionOne() throws {
    let directory = TemporaryDirectory()
    defer { directory.remove() }
    _ = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc)
    #expect(directory.read("Audit/FORMAT") == Array("mailtrail tree 1\n".utf8))
    _ = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc)
    directory.write("mailtrail tree 2\n", to: "Audit/FORMAT")
    #expect(throws: FileError.self) { try AuditTree(root: directory.root, mode: .bulk, calendar: .utc) }
  }

  @Test func head() throws {
    let directory = TemporaryDirectory()
    defer { directory.remove() }
    let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    let opened = try Directory.open(directory.path, create: false, calls: SystemCalls())
    let hash = try #require(ChainHash(hexadecimal: text.utf8))
    #expect(hash == ChainHash(of: Array("abc".utf8)[...]))
    try TrailHead.write(hash, in: opened)
    #expect(directory.read("HEAD") == Array("\(text)\n".utf8))
    #expect(try TrailHead.read(in: opened) == .head(hash))
  }

  // MARK: Record

  private static let record = #"""
    {"id":"0000000000000abc.000000000def.burst","time":"2026-03-01T10:00:00.123456Z","kind":"delivery.spam","level":10,"mailbox":"ann@example.org","service":"imap","outcome":"failed","actor":"bob","actor_name":"b","ip":"192.0.2.1","port":993,"client":"c","session":"s","folder":"INBOX/\u000aÄ\\xFF","to_folder":"Trash","uids":[7,8],"message_id":"<1@example.org>","subject":"hi","sender":"a@example.org","recipient":"r@example.org","recipients":["a@example.org","b@example.org"],"size":18,"queue_id":"4A","relay":"mx","status":"250","reason":"ok","change":"ch","scope":"sc","script":"sieve","score":-1.5,"method":"PLAIN","tls":"TLSv1.3","count":3,"host":"h","daemon":"dovecot","rule":"spam","confidence":"ambiguous","moved_from":["mx/ann ab","x/b"],"prev":"p"}

    """#

  @Test func recordWithEveryKey() throws {
    let bytes = Array(Self.record.utf8)
    let event = try RecordDecoder().decode(bytes.dropLast())
    #expect(event.unknownKeys.isEmpty)
    #expect(FieldKey.allCases.filter { !event.fields.contains($0) } == [], "a new key goes into the golden record too")
    #expect(event.id == EventID(source: 0xabc, detail: 0xdef, isBurst: true))
    #expect(event.time == 1_772_359_200_123_456)
    #expect(event.kind == .deliverySpam && event.level == .high)
    let values: [FieldKey: String] = [
      .mailbox: "ann@example.org", .actorName: "b", .port: "993", .toFolder: "Trash", .uids: "7,8", .score: "-1.5",
      .messageID: "<1@example.org>", .recipients: "a@example.org\0b@example.org", .queueID: "4A", .prev: "p",
      .movedFrom: "mx/ann ab\0x/b",
    ]
    for (key, value) in values { #expect(event.fields[key].map(Array.init) == Array(value.utf8), "\(key)") }
    #expect(event.fields[.folder].map(Array.init) == Array("INBOX/\nÄ".utf8) + [0xff])
    #expect(line(event) == bytes)
  }

  private static let kinds = """
    account.created account.deleted account.changed account.password-changed account.suspended account.resumed
    account.impersonated login.succeeded login.failed login.denied login.denied-region logout folder.created
    folder.deleted folder.renamed message.expunged message.deleted message.undeleted message.moved message.copied
    message.archived message.saved message.sent calendar.deleted contact.deleted task.deleted send.delivered
    send.deferred send.bounced send.rejected send.rate-exceeded send.discarded sender.blacklisted delivery.stored
    delivery.over-quota delivery.spam delivery.discarded-by-rule delivery.discarded-by-event
    delivery.discarded-as-spam delivery.rejected delivery.forwarded delivery.replied fetch.login-failed
    fetch.retrieved purge.deleted-items purge.inbox purge.sent-items purge.junk purge.other filter.changed
    forwarder.changed list.posted list.subscribed list.unsubscribed bridge.gap bridge.table-changed bridge.started
    bridge.stopped bridge.trail-merged folder.shared folder.unshared
    """.split(whereSeparator: \.isWhitespace)

  @Test func recordsOfEveryKind() throws {
    #expect(Set(Self.kinds) == Set(EventKind.allCases.map { Substring($0.name.description) }))
    for kind in Self.kinds {
      let text = Self.record.replacing(#""kind":"delivery.spam""#, with: #""kind":"\#(kind)""#)
      let event = try RecordDecoder().decode(Array(text.utf8).dropLast())
      #expect(event.kind.name.description == kind && event.unknownKeys.isEmpty)
      #expect(line(event) == Array(text.utf8))
    }
  }

  // MARK: Intent

  private static let entries = [
    IntentLog.Entry(path: TrailPath(.unknown), day: Day(year: 2026, month: 3, day: 1), length: 17),
    IntentLog.Entry(path: TrailPath(mailbox("ann@example.org")), day: Day(year: 2026, month: 3, day: 2), length: 0),
  ]
  private static let lines = [
    IntentLog.Line(directory: .max, id: EventID(source: 1, detail: 2, isBurst: true), time: 3, isTaken: true),
    IntentLog.Line(directory: 4, id: EventID(source: .max, detail: 6), time: 0x64bf, isTaken: false),
  ]
  private static let intent = """
    mailtrail-intent 1 0000000000000001 00000000000000a4 b600860f4a961351
    = 5
    17 _unknown/AUDIT-260301.log
    0 example.org/ann/AUDIT-260302.log
    - ffffffffffffffff 0000000000000001.000000000002.burst 3
    + 4 ffffffffffffffff.000000000006 64bf

    """

  @Test func intentVersionOne() throws {
    let directory = TemporaryDirectory()
    defer { directory.remove() }
    var log = IntentLog(directory: try Directory.open(directory.path, create: false, calls: SystemCalls()))
    try log.write(Self.entries, Self.lines, base: 5)
    let bytes = try #require(directory.read("tree-intent.1"))
    #expect(String(decoding: bytes, as: UTF8.self) == Self.intent)
    let intent = IntentLog.Intent(sequence: 1, base: 5, entries: Self.entries, lines: Self.lines)
    #expect(IntentLog.parse(Array(Self.intent.utf8)) == intent)
  }

  /// As the first programs wrote it: the files alone.
  private static let firstIntent = """
    mailtrail-intent 1 0000000000000007 0000000000000040 900667af33ac32c9
    17 _unknown/AUDIT-260301.log
    0 example.org/ann/AUDIT-260302.log

    """

  @Test func intentWithoutBase() {
    let intent = IntentLog.Intent(sequence: 7, base: nil, entries: Self.entries)
    #expect(IntentLog.parse(Array(Self.firstIntent.utf8)) == intent)
  }

  // MARK: Seal

  private static let seals = #"""
    {"seal":1,"trail":"_unknown","day":"260301","length":17,"head":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
    {"seal":1,"trail":"example.org/ann","day":"260301","length":42,"head":"0000000000000000000000000000000000000000000000000000000000000000"}
    {"seal":1,"time":"2026-03-01T10:00:00.000000Z","trails":2,"previous":"0000000000000000000000000000000000000000000000000000000000000000","root":"0b5d693869405be5c67b9b1e7f8b39deed7c6f24f5ad6746ed7b465204bcf2e3"}
    {"seal":2,"trail":"example.org/ann","day":"260301","length":42,"head":"0000000000000000000000000000000000000000000000000000000000000000"}
    {"seal":2,"time":"2026-03-01T10:00:00.000001Z","trails":1,"previous":"0b5d693869405be5c67b9b1e7f8b39deed7c6f24f5ad6746ed7b465204bcf2e3","root":"6c6055ec964341aeea9d45c695c730493d8cf5e628aa5a16df3b6145adfd4a94"}

    """#

  @Test func seals() throws {
    let directory = TemporaryDirectory()
    defer { directory.remove() }
    let day = Day(year: 2026, month: 3, day: 1)
    let files = [
      SealedFile(trail: TrailPath(.unknown), day: day, length: 17, head: ChainHash(of: Array("abc".utf8)[...])),
      SealedFile(trail: TrailPath(mailbox("ann@example.org")), day: day, length: 42, head: .zero),
    ]
    var log = SealLog(root: try Directory.open(directory.path, create: false, calls: SystemCalls()))
    _ = try log.append(at: sampleTime, on: day) { (add) throws(FileError) in for file in files { try add(file) } }
    _ = try log.append(at: sampleTime + 1, on: day) { (add) throws(FileError) in try add(files[1]) }
    let bytes = try #require(directory.read("_seals/SEAL-260301.log"))
    #expect(String(decoding: bytes, as: UTF8.self) == Self.seals)
    let read = Self.seals.utf8.split(separator: 10).map { SealLine(Array($0)[...]) }
    #expect(read.count == 5 && !read.contains(nil))
    #expect(read[0] == .file(files[0], seal: 1) && read[3] == .file(files[1], seal: 2))
    guard case .closing(let first)? = read[2], case .closing(let second)? = read[4] else {
      Issue.record("no closing lines")
      return
    }
    #expect(first.number == 1 && first.time == sampleTime && first.files == 2 && first.previous == .zero)
    #expect(second.number == 2 && second.time == sampleTime + 1 && second.files == 1)
    #expect(second.previous == first.root && second == log.last)
  }
}
