import AuditModel
import Glibc
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditReading
@testable import AuditWriting

@Suite struct TrailRetentionTests {
  private let directory = TemporaryDirectory()
  private let day: UInt64 = 86_400_000_000

  private func tree(days: Range<Int>, of owners: [TrailOwner]) throws -> AuditTree {
    let tree = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc)
    for owner in owners {
      for number in days { try tree.append(sampleEvent(number, time: sampleTime + UInt64(number) * day), owner: owner) }
    }
    try tree.commit()
    return tree
  }

  @Test func removesWholeDaysOnly() throws {
    let tree = try tree(days: 0..<10, of: [mailbox("ann@example.org"), .unknown, .panel([97])])
    // The day of sample event 9 is the last; five days before its noon lie within the day of event 4.
    let now = sampleTime + 9 * day
    let report = try tree.removeExpired(now: now, newest: now, retention: 5 * day)
    #expect(report == RetentionReport(filesRemoved: 12, directoriesRemoved: 0))
    let days = try TrailReader(root: directory.root).days(of: TrailPath(.unknown))
    #expect(days.map(\.fileName).first == "AUDIT-260305.log" && days.count == 6)
  }

  @Test func aClockThatJumpsErasesNothing() throws {
    let tree = try tree(days: 0..<3, of: [.unknown])
    let newest = sampleTime + 2 * day
    #expect(try tree.removeExpired(now: newest * 2, newest: newest, retention: 5 * day).filesRemoved == 0)
    #expect(try tree.removeExpired(now: newest, newest: newest * 2, retention: 5 * day).filesRemoved == 0)
    #expect(try tree.removeExpired(now: newest, newest: 0, retention: 5 * day).filesRemoved == 0)
    #expect(try tree.removeExpired(now: 1, newest: newest, retention: 5 * day).filesRemoved == 0)
  }

  @Test func emptyDirectoriesGoAndOthersStay() throws {
    let tree = try tree(days: 0..<2, of: [mailbox("ann@example.org"), mailbox("bob@example.org"), mailbox("x@y")])
    directory.write("", to: "Audit/example.org/bob/notes.txt")
    directory.write("", to: "Audit/example.org/bob/AUDIT-260301.log.gz")
    run("mkdir", directory.path + "/outside", directory.root + "/Foreign")
    directory.write("", to: "outside/AUDIT-200101.log")
    directory.write("", to: "Audit/Foreign/AUDIT-200101.log")
    symlink(directory.path + "/outside", directory.root + "/example.org/link")
    symlink(directory.path + "/outside/AUDIT-200101.log", directory.root + "/example.org/bob/AUDIT-200102.log")
    let now = sampleTime + 100 * day
    let report = try tree.removeExpired(now: now, newest: now, retention: day)
    #expect(report == RetentionReport(filesRemoved: 6, directoriesRemoved: 3))
    #expect(!directory.exists("Audit/y") && !directory.exists("Audit/example.org/ann"))
    for path in [
      "Audit/example.org/bob/notes.txt", "Audit/example.org/bob/AUDIT-260301.log.gz", "outside/AUDIT-200101.log",
      "Audit/Foreign/AUDIT-200101.log", "Audit/example.org/link", "Audit/example.org/bob/AUDIT-200102.log",
    ] {
      #expect(directory.exists(path), "\(path)")
    }
    // The tree writes on where directories are gone.
    try tree.append(sampleEvent(1), owner: mailbox("x@y"))
    try tree.commit()
    #expect(directory.exists("Audit/y/x/AUDIT-260301.log"))
  }
}
