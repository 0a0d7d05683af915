import AuditModel
import Platform
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditReading
@testable import AuditWriting

@Suite struct TreeFollowerTests {
  private let directory = TemporaryDirectory()

  private func write(_ numbers: Range<Int>, day: Int = 0, _ address: String) throws {
    let tree = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc)
    for number in numbers {
      let time = sampleTime + UInt64(day) * TimeSpan.day + UInt64(number) * TimeSpan.second
      try tree.append(sampleEvent(number, time: time), owner: mailbox(address))
    }
    try tree.commit()
  }

  private func numbers(_ follower: inout TreeFollower) throws -> [Int] {
    try follower.newLines().map { Int(try $0.line.event().id.detail) }
  }

  @Test func newLinesDaysAndMailboxesAreFoundOnce() throws {
    try write(0..<3, "ann@example.org")
    var follower = try TreeFollower(try TrailReader(root: directory.root)) { _ in true }
    #expect(try numbers(&follower) == [])
    try write(3..<5, "ann@example.org")
    #expect(try numbers(&follower) == [3, 4])
    try write(5..<6, "bob@example.org")
    try write(6..<7, "cat@example.com")
    #expect(try numbers(&follower) == [5, 6])
    try write(7..<8, day: 1, "ann@example.org")
    try write(8..<9, "bob@example.org")
    #expect(Set(try numbers(&follower)) == [7, 8])
    #expect(try numbers(&follower) == [])
  }

  @Test func aLineWithoutItsEndIsWaitedFor() throws {
    try write(0..<1, "ann@example.org")
    let trail = TrailPath(mailbox("ann@example.org"))
    let day = try #require(try TrailReader(root: directory.root).days(of: trail).last)
    let path = directory.root + "/" + trail.file(of: day)
    var follower = try TreeFollower(try TrailReader(root: directory.root)) { _ in true }
    let text = String(decoding: line(sampleEvent(1)), as: UTF8.self)
    try TestFiles.append(String(text.prefix(50)), to: path)
    #expect(try numbers(&follower) == [])
    try TestFiles.append(String(text.dropFirst(50)), to: path)
    #expect(try numbers(&follower) == [1])
  }

  @Test func unwantedTrailsAreNotFollowed() throws {
    try write(0..<1, "ann@example.org")
    var follower = try TreeFollower(try TrailReader(root: directory.root)) { $0.parent != "example.com" }
    try write(1..<2, "cat@example.com")
    try write(2..<3, "dan@example.org")
    #expect(try numbers(&follower) == [2])
  }
}
