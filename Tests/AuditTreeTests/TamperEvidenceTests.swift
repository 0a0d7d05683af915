import AuditModel
import Glibc
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditReading
@testable import AuditWriting

/// What somebody does to a tree is found and located, and what mailtrail does itself is not taken for that.
@Suite struct TamperEvidenceTests {
  /// A live tree over three days with late events, and its seals.
  struct Site {
    let directory = TemporaryDirectory(inMemory: true)
    var tree: AuditTree

    init() throws { tree = try Self.open(directory) }

    static func open(_ directory: TemporaryDirectory, hasTamperEvidence: Bool = true) throws -> AuditTree {
      let tree = try AuditTree(
        root: directory.root, mode: .durable(state: directory.state), calendar: .utc,
        hasTamperEvidence: hasTamperEvidence)
      try tree.recover()
      return tree
    }

    /// An event of a mailbox: its number is the hour after 2026-03-01T10:00:00Z.
    func add(_ hours: [Int], to name: String = "ann@example.org", salt: Int = 0) throws {
      for hour in hours {
        var event = sampleEvent(hour, time: sampleTime + UInt64(hour) * 3_600_000_000, text: "hour \(hour)")
        event.fields.set(.mailbox, to: name)
        event.id = EventID(source: UInt64(hour), detail: UInt64(salt))
        try tree.append(event, owner: mailbox(name))
      }
      try tree.commit()
    }

    /// Three days of ann (10 + 24 + some hours), with late events, and bob; sealed twice, the end not.
    static func full() throws -> Site {
      let site = try Site()
      try site.add(Array(0..<12))
      try site.add([14, 15, 13, 16, 40, 17, 39])
      try site.add([1, 5, 41], to: "bob@example.org")
      _ = try #require(try site.tree.seal(at: sampleTime + 50 * 3_600_000_000))
      try site.add([42, 43, 12], salt: 1)
      _ = try #require(try site.tree.seal(at: sampleTime + 51 * 3_600_000_000))
      try site.add([44, 45, 46], salt: 1)
      return site
    }

    func verify(firstKept: Day? = nil) throws -> (problems: [VerifyProblem], report: VerifyReport) {
      var options = TreeVerifier.Options()
      options.firstKept = firstKept
      var problems: [VerifyProblem] = []
      let report = try TreeVerifier(root: directory.root).verify(options) { problems.append($0) }
      return (problems, report)
    }

    /// Problems as `path:line`.
    func places() throws -> [String] {
      try verify().problems.map { problem in problem.path + (problem.line.map { ":\($0)" } ?? "") }
    }

    func lines(_ path: String) throws -> [[UInt8]] {
      try #require(directory.read("Audit/" + path)).split(separator: 10).map(Array.init)
    }

    func write(_ lines: [[UInt8]], to path: String) {
      directory.write(Array(lines.map { $0 + [10] }.joined()), to: "Audit/" + path)
    }

    func edit(_ path: String, _ body: (inout [[UInt8]]) -> Void) throws {
      var lines = try lines(path)
      body(&lines)
      write(lines, to: path)
    }
  }

  private static let first = "example.org/ann/AUDIT-260301.log"
  private static let second = "example.org/ann/AUDIT-260302.log"
  private static let third = "example.org/ann/AUDIT-260303.log"
  private static let seals = "_seals/SEAL-260303.log"

  // MARK: What is as it should be

  @Test func anUntouchedTreePasses() throws {
    let (problems, report) = try Site.full().verify()
    #expect(problems == [])
    #expect(report.records == 28 && report.chained == 28 && report.files == 5 && report.seals == 2)
    #expect(report.notes == [])
  }

  @Test func eachLineHasTheHashOfTheOneBefore() throws {
    let site = try Site()
    try site.add([0, 1])
    try site.add([2, 20])
    let first = try site.lines(Self.first)
    let second = try site.lines(Self.second)
    #expect(RecordLink.read(first[0][...]) == ChainHash(of: Array("example.org/ann".utf8)[...]))
    #expect(RecordLink.read(first[1][...]) == ChainHash(of: first[0][...]))
    #expect(RecordLink.read(first[2][...]) == ChainHash(of: first[1][...]))
    #expect(RecordLink.read(second[0][...]) == ChainHash(of: first[2][...]))
  }

  /// However the events were cut into batches, and however often the program was started: the same bytes.
  @Test func batchesMakeNoDifference() throws {
    let hours = [0, 1, 15, 2, 16, 40, 17, 3, 41, 18]
    var trees: [[String: [UInt8]]] = []
    for size in [1, 2, 3, 10] {
      var site = try Site()
      for start in stride(from: 0, to: hours.count, by: size) {
        try site.add(Array(hours[start..<min(start + size, hours.count)]))
        site.tree = try Site.open(site.directory)
      }
      #expect(try site.verify().problems == [])
      trees.append(try site.directory.treeFiles())
    }
    for tree in trees { #expect(tree == trees[0]) }
  }

  @Test func switchedOnInTheMiddle() throws {
    var site = try Site()
    site.tree = try Site.open(site.directory, hasTamperEvidence: false)
    try site.add([0, 1, 2])
    #expect(try site.verify().report.chained == 0)
    site.tree = try Site.open(site.directory)
    try site.add([3, 4])
    try site.add([20])
    _ = try site.tree.seal(at: sampleTime + 30 * 3_600_000_000)
    let (problems, report) = try site.verify()
    #expect(problems == [] && report.chained == 3 && report.records == 6)
    try site.edit(Self.first) { $0[2][60] ^= 1 }
    #expect(try site.places().contains(Self.first + ":4"))
  }

  @Test func aReplayedTreePasses() throws {
    let directory = TemporaryDirectory(inMemory: true)
    let tree = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc, hasTamperEvidence: true)
    for number in 0..<3000 {
      let name = "user\(number % 7)@example.org"
      var event = sampleEvent(number, time: sampleTime + UInt64(number) * 60_000_000)
      event.fields.set(.mailbox, to: name)
      try tree.append(event, owner: mailbox(name))
      if number % 500 == 0 { try tree.commit() }
    }
    try tree.commit()
    var problems: [VerifyProblem] = []
    let report = try TreeVerifier(root: directory.root).verify(TreeVerifier.Options()) { problems.append($0) }
    #expect(problems == [] && report.chained == 3000 && report.files == 21 && report.seals == 0)
  }

  @Test func theRetentionBreaksNoChain() throws {
    let site = try Site.full()
    let day: UInt64 = 86_400_000_000
    let retention = try TrailRetention(root: site.directory.root, calendar: .utc)
    // First only the first day, then all of them.
    var now = sampleTime + 3 * day
    #expect(try retention.removeExpired(now: now, newest: now, retention: 2 * day).filesRemoved == 2)
    #expect(!site.directory.exists("Audit/example.org/ann/HEAD"))
    let kept = DayCalendar.utc.firstKept(now: now, newest: now, retention: 2 * day)
    #expect(try site.verify(firstKept: kept).problems == [])
    _ = try site.tree.seal(at: sampleTime + 52 * 3_600_000_000)
    now = sampleTime + 9 * day
    let last = try site.lines(Self.third).last
    #expect(try retention.removeExpired(now: now, newest: now, retention: 2 * day).filesRemoved == 3)
    #expect(site.directory.exists("Audit/example.org/ann/HEAD"))
    #expect(try TrailReader(root: site.directory.root).trails() == [])
    // The seals stay twice as long, and the newest for good.
    #expect(site.directory.exists("Audit/" + Self.seals))
    // The chain goes on, also after a new start.
    var next = site
    next.tree = try Site.open(site.directory)
    try next.add([240, 241])
    let path = "example.org/ann/AUDIT-260311.log"
    #expect(RecordLink.read(try site.lines(path)[0][...]) == ChainHash(of: try #require(last)[...]))
    let late = DayCalendar.utc.firstKept(now: now, newest: now, retention: 2 * day)
    #expect(try site.verify(firstKept: late).problems == [])
    // And an edited HEAD is found, with a file behind it and without.
    let head = try #require(site.directory.read("Audit/example.org/ann/HEAD"))
    site.directory.write(Array(String(repeating: "0", count: 64).utf8) + [10], to: "Audit/example.org/ann/HEAD")
    #expect(try site.verify(firstKept: late).problems.first?.path == "example.org/ann/HEAD")
    run("rm", site.directory.root + "/" + path)
    #expect(try site.verify(firstKept: late).problems.map(\.path) == ["example.org/ann/HEAD"])
    site.directory.write(Array("x".utf8), to: "Audit/example.org/ann/HEAD")
    #expect(try site.verify(firstKept: late).problems.map(\.path) == ["example.org/ann/HEAD"])
    site.directory.write(head, to: "Audit/example.org/ann/HEAD")
    #expect(try site.verify(firstKept: late).problems == [])
  }

  @Test func theRetentionKeepsSealsTwiceAsLong() throws {
    let site = try Site()
    let day: UInt64 = 86_400_000_000
    for number in 0..<6 {
      try site.add([number * 24])
      _ = try site.tree.seal(at: sampleTime + UInt64(number) * day)
    }
    let now = sampleTime + 5 * day
    let retention = try TrailRetention(root: site.directory.root, calendar: .utc)
    #expect(try retention.removeExpired(now: now, newest: now, retention: 2 * day).filesRemoved == 3)
    #expect(
      try site.directory.treeFiles().keys.filter { $0.hasPrefix("_seals/") }.sorted().first == "_seals/SEAL-260302.log")
    let kept = DayCalendar.utc.firstKept(now: now, newest: now, retention: 2 * day)
    let (problems, report) = try site.verify(firstKept: kept)
    #expect(problems == [] && report.seals == 5)
  }

  /// After a stop the first seal takes in what came before it, and a torn seal is cut.
  @Test func sealsGoOnAfterAStop() throws {
    var site = try Site.full()
    let sealed = try #require(site.directory.read("Audit/" + Self.seals))
    site.directory.write(sealed + Array(#"{"seal":3,"trail":"x"#.utf8), to: "Audit/" + Self.seals)
    site.tree = try Site.open(site.directory)
    #expect(site.tree.sealBytesCut == 20)
    #expect(site.tree.lastSeal?.number == 2)
    #expect(site.directory.read("Audit/" + Self.seals) == sealed)
    let seal = try #require(try site.tree.seal(at: UInt64(time(nil)) * 1_000_000))
    #expect(seal.number == 3 && seal.files == 5)
    #expect(try site.tree.seal(at: UInt64(time(nil)) * 1_000_000) == nil)
    #expect(try site.verify().problems == [])
    // Now the end is sealed too.
    try site.edit(Self.third) { $0.removeLast() }
    #expect(try site.places() == [Self.third + ":7"])
  }

  /// What is edited between a commit and its seal is not sealed: the collector seals what it wrote.
  @Test func anEditBeforeTheSealIsNotSealed() throws {
    let site = try Site()
    try site.add([0, 1, 2])
    try site.edit(Self.first) { $0[2][60] ^= 1 }
    _ = try site.tree.seal(at: sampleTime + 3_600_000_000)
    // This seal was the first of the run, and yet it has the head that was written.
    #expect(try site.places() == [Self.first + ":3"])
  }

  // MARK: What somebody did

  @Test func anEditedByteIsFound() throws {
    for number in 0..<12 {
      let site = try Site.full()
      let count = try site.lines(Self.first).count
      try site.edit(Self.first) { $0[number][70] ^= 1 }
      let places = try site.places()
      // The line behind it does not follow it any more; at the end the seal tells.
      #expect(places.contains(Self.first + ":\(min(number + 2, count))"), "\(number): \(places)")
    }
  }

  @Test func aDroppedLineIsFound() throws {
    for number in 0..<11 {
      let site = try Site.full()
      try site.edit(Self.first) { $0.remove(at: number) }
      #expect(try site.places().contains(Self.first + ":\(number + 1)"), "\(number)")
    }
  }

  @Test func droppedLastLinesAreFound() throws {
    let site = try Site.full()
    let count = try site.lines(Self.second).count
    try site.edit(Self.second) { $0.removeLast(2) }
    let problems = try site.verify().problems
    #expect(problems.map(\.path).contains(Self.second))
    #expect(problems.contains { $0.line == count - 1 && $0.text.contains("its last lines were removed") })
    #expect(problems.allSatisfy { $0.before != nil || $0.after != nil })
  }

  /// Without a seal it is the next day's link that tells.
  @Test func aDroppedEndIsFoundWithoutSeals() throws {
    let site = try Site()
    try site.add([0, 1, 20, 21])
    try site.edit(Self.first) { $0.removeLast() }
    #expect(try site.places() == [Self.second + ":1"])
  }

  @Test func aDroppedFileIsFound() throws {
    for path in [Self.first, Self.second, Self.third] {
      let site = try Site.full()
      run("rm", site.directory.root + "/" + path)
      #expect(try site.places().contains(path))
    }
    let site = try Site.full()
    run("rm", "-r", site.directory.root + "/example.org/bob")
    #expect(
      try site.places() == ["example.org/bob/AUDIT-260301.log", "example.org/bob/AUDIT-260303.log"])
  }

  @Test func swappedLinesAreFound() throws {
    let site = try Site.full()
    try site.edit(Self.first) { $0.swapAt(3, 4) }
    #expect(Array(try site.places().prefix(3)) == [4, 5, 6].map { Self.first + ":\($0)" })
  }

  @Test func anInsertedLineIsFound() throws {
    let site = try Site.full()
    try site.edit(Self.first) { lines in
      var forged: [UInt8] = []
      var event = sampleEvent(99)
      event.fields.set(.mailbox, to: "ann@example.org")
      RecordLink.append(line(event)[...], after: ChainHash(of: lines[4][...]), to: &forged)
      lines.insert(Array(forged.dropLast()), at: 5)
    }
    #expect(try site.places().contains(Self.first + ":7"))
  }

  @Test func aLineWithoutALinkIsFound() throws {
    let site = try Site.full()
    try site.edit(Self.third) { lines in
      var event = sampleEvent(99, time: sampleTime + 46 * 3_600_000_000)
      event.fields.set(.mailbox, to: "ann@example.org")
      lines.append(Array(line(event).dropLast()))
    }
    #expect(try site.places() == [Self.third + ":8"])
  }

  @Test func aCopiedLineIsFound() throws {
    let site = try Site.full()
    let copied = try site.lines(Self.first)[3]
    try site.edit("example.org/bob/AUDIT-260301.log") { $0.append(copied) }
    let problems = try site.verify().problems
    #expect(problems.map(\.path).allSatisfy { $0 == "example.org/bob/AUDIT-260301.log" })
    #expect(problems.contains { $0.line == 3 && $0.text.contains("another mailbox") })
    #expect(problems.contains { $0.line == 3 && $0.text.contains("does not follow") })
    // And twice in its own file, without a chain.
    var plain = try Site()
    plain.tree = try Site.open(plain.directory, hasTamperEvidence: false)
    try plain.add([0, 1, 2])
    try plain.edit(Self.first) { $0.append($0[0]) }
    #expect(try plain.verify().problems.map(\.line) == [4])
    try plain.edit(Self.first) { $0[3] = Array("not a record".utf8) }
    #expect(try plain.verify().problems.map(\.line) == [4])
    run("mv", plain.directory.root + "/" + Self.first, plain.directory.root + "/example.org/ann/AUDIT-260310.log")
    #expect(try plain.verify().problems.count == 4)
  }

  @Test func anEditedSealIsFound() throws {
    let count = try Site.full().lines(Self.seals).count
    #expect(count == 9)
    for number in 0..<count {
      let site = try Site.full()
      // A digit of a hash, further on than all numbers.
      try site.edit(Self.seals) { lines in
        let place = lines[number].count - 10
        lines[number][place] = lines[number][place] == 48 ? 49 : 48
      }
      let places = try site.places()
      #expect(!places.isEmpty && places.allSatisfy { $0.hasPrefix(Self.seals) }, "\(number): \(places)")
    }
    for number in 0..<(count - 1) {
      let site = try Site.full()
      try site.edit(Self.seals) { $0.remove(at: number) }
      #expect(try !site.places().isEmpty, "\(number)")
    }
  }

  /// What is in the system journal cannot be sealed anew.
  @Test func theJournalKnowsBetter() throws {
    let site = try Site.full()
    let verifier = try TreeVerifier(root: site.directory.root)
    let seals = try verifier.seals()
    func problems(_ announced: [AnnouncedSeal], oldest: UInt64? = 1) throws -> (texts: [String], notes: [String]) {
      var options = TreeVerifier.Options()
      options.journal = (announced, oldest)
      var texts: [String] = []
      let report = try verifier.verify(options) { texts.append($0.text) }
      return (texts, report.notes)
    }
    let announced = seals.map {
      AnnouncedSeal(number: $0.number, root: $0.root, previous: $0.previous, time: $0.time + 10)
    }
    #expect(try problems(announced).texts == [])
    #expect(try problems(announced + announced).texts == [])
    #expect(try problems([announced[0]]).texts.count == 1)
    #expect(
      try problems([announced[0]])
        .texts[0].contains("has no seal 2"))
    let young = try problems([announced[1]], oldest: announced[0].time + 1)
    #expect(young.texts == [] && young.notes.count == 1)
    #expect(try problems([], oldest: nil).texts == [])
    var other = announced
    other[1].root = .zero
    #expect(try problems(other).texts.count == 1)
    var later = announced[1]
    later.number = 3
    #expect(try problems(announced + [later]).texts.first?.contains("seals were removed") == true)
    var older = announced[1]
    older.time = 1
    #expect(try problems([older] + announced).texts.first?.contains("begin anew") == true)
  }

  /// A rule may not forge a link, and a long record has room for one.
  @Test func linksAreOursOnly() throws {
    let site = try Site()
    var event = sampleEvent(0)
    for key in FieldKey.allCases { event.fields.set(key, to: String(repeating: "\u{1}", count: 3000)) }
    event.fields.set(.mailbox, to: "ann@example.org")
    try site.tree.append(event, owner: mailbox("ann@example.org"))
    try site.tree.commit()
    #expect(try site.verify().problems == [])
    #expect(try site.lines(Self.first)[0].count < RecordEncoder.maximumLineLength)
  }
}
