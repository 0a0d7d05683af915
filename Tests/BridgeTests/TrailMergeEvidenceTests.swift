import AuditModel
import Configuration
import Glibc
import Platform
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditReading
@testable import AuditWriting
@testable import Bridge

/// What a merge leaves to `mailtrail verify`: nothing that somebody did is harder to see after it.
@Suite struct TrailMergeEvidenceTests {
  typealias Site = TrailMergeSite

  @Test func aChangedSourceIsNotMoved() throws {
    for change in 0..<3 {
      let site = try Site()
      let path = "mx/ann/AUDIT-260302.log"
      var lines = try #require(try site.lines()[path])
      switch change {
      case 0: lines[1][60] ^= 1
      case 1: lines.removeLast()
      default: lines.swapAt(0, 1)
      }
      try site.write(lines, to: path)
      let before = try site.lines()
      #expect(throws: TrailMergeError.self) { try site.merge() }
      #expect(throws: TrailMergeError.self) { try site.merger().plan() }
      #expect(try site.lines() == before)
    }
    let site = try Site()
    #expect(try TestProcess.run("rm", [site.root + "/mx/ann/AUDIT-260301.log"]).status == 0)
    #expect(throws: TrailMergeError.self) { try site.merge() }
  }

  /// Also where everything behind the change is linked anew: the seals say what the source was.
  @Test func aChangeAfterTheMergeIsFound() throws {
    for number in 0..<8 {
      let site = try Site()
      try site.merge()
      let path = "example.org/ann/AUDIT-260301.log"
      var lines = try #require(try site.lines()[path])
      #expect(lines.count == 8)
      if number == 7 {
        lines.remove(at: 4)
      } else {
        let text = String(decoding: lines[number], as: UTF8.self)
        let offset = try #require(text.split(separator: "hour ").first?.utf8.count)
        lines[number][offset + 5] ^= 1
      }
      var hash = RecordLink.read(lines[0][...])
      for index in lines.indices {
        var linked: [UInt8] = []
        RecordLink.append(RecordLink.removed(from: lines[index][...]) + [10], after: try #require(hash), to: &linked)
        lines[index] = linked.dropLast()
        hash = ChainHash(of: linked.dropLast())
      }
      try site.write(lines, to: path)
      let problems = try site.problems()
      #expect(problems.contains { $0.hasPrefix(path) }, "\(number): \(problems)")
      // The first two are the target's own.
      let isFoundInSource = problems.contains { $0.hasPrefix("mx/ann/AUDIT-260301.log") }
      #expect(isFoundInSource == (number >= 2), "\(number): \(problems)")
    }
  }

  /// A record of a merge that was none explains nothing.
  @Test func aForgedRecordExplainsNoRemoval() throws {
    let site = try Site()
    #expect(try TestProcess.run("rm", ["-r", site.root + "/mx"]).status == 0)
    let tree = try site.open()
    let forged = BridgeEvents.merged(
      TrailMerge(source: Site.source, target: Site.target, records: 13), identity: 1, lastHash: nil, user: "root",
      at: Site.now)
    try tree.append(forged.event, owner: .bridge)
    try tree.commit()
    _ = try tree.seal(at: Site.now)
    #expect(try site.problems().filter { $0.contains("is gone") }.count == 3)
  }

  /// Copies without the origin do not prove what the source was; without seals there is nothing to prove.
  @Test func recordsThatSomebodyCopied() throws {
    for hasTamperEvidence in [true, false] {
      let site = try Site(hasTamperEvidence: hasTamperEvidence)
      let before = try site.lines()
      let lines = try #require(before["mx/ann/AUDIT-260302.log"])
      try site.write(lines, to: "example.org/ann/AUDIT-260302.log")
      if hasTamperEvidence {
        #expect(throws: TrailMergeError.self) { try site.merge() }
        #expect(site.has("mx/ann/AUDIT-260302.log"))
      } else {
        #expect(try site.merger().plan().map(\.present) == [0, 3, 0])
        #expect(try site.merge() == TrailMerger.Outcome(records: 13, moved: 10))
        #expect(Site.bare(try site.lines()) == Site.expected(before))
      }
    }
  }

  @Test func mergedOnAndBack() throws {
    let site = try Site()
    let before = try site.lines()
    try site.merge(into: "x@example.net")
    try site.merge("x@example.net", into: "ann@example.org")
    #expect(try site.problems() == [])
    try site.merge("ann@example.org", into: "ann@mx")
    #expect(try site.problems() == [])
    #expect(try site.lines().filter { $0.key.hasPrefix("mx/") }.values.joined().count == 17)
    try site.merge()
    #expect(try site.problems() == [])
    // Every line of old can still be restored.
    let moved = try MovedLines(root: site.root)
    for (path, lines) in before where path.hasPrefix("mx/") {
      let day = try #require(Day(fileName: String(path.dropFirst(7))))
      let length = lines.reduce(0) { $0 + $1.count + 1 }
      let end = MovedLines.End(length: length, head: ChainHash(of: try #require(lines.last)[...]))
      #expect(try moved.ends(of: Site.source, on: day, in: Site.target).contains(end))
    }
  }

  @Test func whatCameUnderTheOldNameOnceMoreIsMergedToo() throws {
    let site = try Site()
    try site.merge()
    let tree = try site.open()
    try site.add([6, 47], to: "ann@mx", in: tree)
    _ = try tree.seal(at: Site.now + Site.hour)
    try site.add([48], to: "ann@mx", in: tree)
    #expect(try site.problems() == [])
    #expect(try site.merge() == TrailMerger.Outcome(records: 3, moved: 3))
    #expect(try site.problems() == [])
    #expect(try site.lines().filter { $0.key.hasPrefix("_bridge/") }.values.joined().count == 2)
  }

  @Test func theRetentionTakesWhatWasMoved() throws {
    let site = try Site()
    try site.merge()
    for days: UInt64 in [2, 1] {
      let now = Site.start + 72 * Site.hour
      _ = try TrailRetention(root: site.root, calendar: .utc)
        .removeExpired(now: now, newest: now, retention: days * 24 * Site.hour)
      let kept = DayCalendar.utc.firstKept(now: now, newest: now, retention: days * 24 * Site.hour)
      #expect(try site.problems(firstKept: kept) == [])
    }
  }

  @Test func somethingElseInTheTrailsDirectoryIsNotLost() throws {
    let site = try Site()
    try TestFiles.write("keep", to: site.root + "/mx/ann/notes.txt")
    #expect(throws: TrailMergeError.self) { try site.merge() }
    #expect(site.has("mx/ann/notes.txt") && site.has("mx/ann/AUDIT-260301.log"))
  }

  /// Tamper evidence that was switched on in the middle: the first lines have no links.
  @Test func linesWithoutLinks() throws {
    var site = try Site(hasTamperEvidence: false)
    var configuration = site.configuration
    configuration.audit.hasTamperEvidence = true
    site = TrailMergeSite(directory: site.directory, configuration: configuration)
    let tree = try site.open()
    try site.add([6, 19, 49], to: "ann@mx", in: tree)
    _ = try tree.seal(at: Site.start + 64 * Site.hour)
    let before = try site.lines()
    try site.merge()
    #expect(Site.bare(try site.lines()) == Site.expected(before))
    #expect(try site.problems() == [])
  }
}
