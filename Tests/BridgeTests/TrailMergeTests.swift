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

/// `TrailMerger`: each record is in the target once, whatever ends the merge, and what somebody did stays visible.
@Suite struct TrailMergeTests {
  typealias Site = TrailMergeSite

  @Test(arguments: [false, true])
  func everyRecordIsInTheTargetsFileOfItsDay(hasTamperEvidence: Bool) throws {
    let site = try Site(hasTamperEvidence: hasTamperEvidence)
    let before = try site.lines()
    let plan = try site.merger().plan()
    #expect(plan.map(\.missing) == [6, 3, 4] && plan.allSatisfy { $0.present == 0 })
    #expect(try site.lines() == before)
    #expect(try site.merge() == TrailMerger.Outcome(records: 13, moved: 13))
    let after = try site.lines()
    #expect(Site.bare(after) == Site.expected(before))
    #expect(!site.has("mx"))
    #expect(try site.problems() == [])
    let record = try #require(after.first { $0.key.hasPrefix("_bridge/") }?.value)
    #expect(record.count == 1)
    let event = try RecordDecoder().decode(record[0])
    #expect(TrailMerge(event) == TrailMerge(source: Site.source, target: Site.target, records: 13))
    #expect(event.fields[.actorName]?.elementsEqual("eve (as uid 0)".utf8) == true)
    let last = try #require(before["mx/ann/AUDIT-260303.log"]?.last)
    #expect(String(decoding: event.fields[.reason] ?? [], as: UTF8.self).contains("\(ChainHash(of: last[...]))"))
    // Where nothing is linked, nothing of a record changes.
    if !hasTamperEvidence {
      #expect(after["example.org/ann/AUDIT-260302.log"] == before["mx/ann/AUDIT-260302.log"])
    }
  }

  @Test func aTargetWithoutATrailGetsOne() throws {
    let site = try Site()
    try site.merge(into: "new@example.net")
    #expect(try site.lines().keys.filter { $0.hasPrefix("example.net/new/") }.count == 3)
    #expect(try site.problems() == [])
  }

  /// More than is written in one commit.
  @Test func aLargeTrail() throws {
    let site = try Site()
    let tree = try site.open()
    let text = String(repeating: "x", count: 2000)
    for number in 0..<7000 {
      var fields = FieldSet()
      fields.set(.mailbox, to: "ann@mx")
      fields.set(.reason, to: text)
      let event = AuditEvent(
        id: EventID(source: UInt64(number), detail: 1), time: Site.start + UInt64(number % 3) * 24 * Site.hour,
        kind: .messageExpunged, level: .normal, fields: fields)
      try tree.append(event, owner: .mailbox(Site.address("ann@mx")))
      if tree.isFull { try tree.commit() }
    }
    try tree.commit()
    let before = try site.lines()
    #expect(try site.merge() == TrailMerger.Outcome(records: 7013, moved: 7013))
    #expect(Site.bare(try site.lines()) == Site.expected(before))
    #expect(try site.problems() == [])
  }

  // MARK: Stops

  /// The merge ends at each of its system calls in turn, or within the write there, and is run again.
  @Test("durability 28: a merge that is stopped at each call is finished by the next", arguments: [false, true])
  func aStopAtEachCall(hasTamperEvidence: Bool) throws {
    let trap = CallTrap()
    let undisturbed = try Site(hasTamperEvidence: hasTamperEvidence)
    _ = try undisturbed.merger(calls: trap.calls).run(now: Site.now)
    let expected = try undisturbed.lines()
    #expect(trap.count > 60)
    for call in 0..<trap.count {
      for bytes in [nil, 50] {
        let site = try Site(hasTamperEvidence: hasTamperEvidence)
        do { _ = try site.merger(calls: CallTrap(last: call, bytes: bytes).calls).run(now: Site.now) } catch {
          #expect(error is FileError, "\(call): \(error)")
        }
        try site.merge()
        let after = try site.lines()
        #expect(after.keys.sorted() == expected.keys.sorted() && after == expected, "\(call), \(bytes ?? 0)")
        #expect(!site.has("mx"), "\(call)")
        #expect(try site.problems() == [], "\(call)")
      }
    }
  }

  /// Between the stop and the next try the collector starts, and records under the old name once more.
  @Test(arguments: [false, true])
  func theCollectorBetweenTwoTries(hasTamperEvidence: Bool) throws {
    let trap = CallTrap()
    let undisturbed = try Site(hasTamperEvidence: hasTamperEvidence)
    _ = try undisturbed.merger(calls: trap.calls).run(now: Site.now)
    for call in stride(from: 0, to: trap.count, by: 3) {
      let site = try Site(hasTamperEvidence: hasTamperEvidence)
      let before = try site.lines()
      _ = try? site.merger(calls: CallTrap(last: call).calls).run(now: Site.now)
      let tree = try site.open()
      try site.add([18, 44], to: "ann@mx", in: tree)
      try site.add([6, 45], to: "ann@example.org", in: tree)
      _ = try tree.seal(at: Site.start + 63 * Site.hour)
      let between = try site.problems()
      #expect(between == [], "\(call): \(between)")
      try site.merge()
      let records = Site.bare(try site.lines()).values.joined().map { String(decoding: $0, as: UTF8.self) }.sorted()
      #expect(records.count == Set(records).count && records.count == before.values.joined().count + 4, "\(call)")
      #expect(!site.has("mx"), "\(call)")
      let after = try site.problems()
      #expect(after == [], "\(call): \(after)")
    }
  }

  /// A commit of the collector that it had not finished is found by it afterwards all the same.
  @Test func theCollectorsUnfinishedCommitIsNotForgotten() throws {
    let site = try Site()
    let tree = try site.open()
    let saved = tree.commitNumber
    try site.add([70, 71], to: "ann@example.org", in: tree)
    try site.merge()
    let next = try AuditTree(
      root: site.root, mode: .durable(state: site.configuration.state.directory), calendar: .utc,
      hasTamperEvidence: true)
    let report = try next.recover(savedCommit: saved)
    next.skipsPresent = report.hasForeignCommits
    try site.add([70, 71, 72], to: "ann@example.org", in: next)
    #expect(try site.lines()["example.org/ann/AUDIT-260304.log"]?.count == 3)
    #expect(try site.problems() == [])
  }
}
