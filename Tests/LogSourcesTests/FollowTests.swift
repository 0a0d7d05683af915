import Foundation
import Testing

@testable import LogSources

@Suite("Following a journal")
struct FollowTests {
  typealias Entry = JournalFixture.Entry

  private func follow(
    _ fixture: JournalFixture, from start: StartPoint = .head, wake: WakeDescriptor? = nil
  ) throws -> JournalReader {
    try JournalReader(
      JournalRequest(selection: fixture.wholeDirectory, start: start, follows: true), wakeDescriptor: wake)
  }

  @Test("what is appended to a file, and files that appear, are read once")
  func appended() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", [Entry(1, "m1"), Entry(2, "m2")])
    let reader = try follow(fixture, from: .tail)
    #expect(try reader.messages() == [])
    try fixture.write("a.journal", [Entry(3, "m3")])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["m3"])
    try fixture.write("b.journal", [Entry(4, "m4"), Entry(5, "m5")])
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["m4", "m5"])
    #expect(reader.drainNotices() == [])
  }

  @Test("an empty directory is followed from its first file on, under the key that a later reader knows")
  func fromNothing() throws {
    let fixture = JournalFixture()
    let reader = try follow(fixture, from: .tail)
    #expect(try reader.messages() == [])
    #expect(reader.position.isEmpty)
    try fixture.write("a.journal", [Entry(1, "m1")])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["m1"])
    let resumed = try follow(fixture, from: .after(reader.position, newWritersSince: 0))
    #expect(try resumed.messages() == [])
  }

  @Test("a second machine that begins to write into the directory is read, and the first goes on")
  func newMachine() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", [Entry(10, "a10")])
    let reader = try follow(fixture)
    #expect(try reader.messages() == ["a10"])
    try fixture.write("b.journal", [Entry(5, "b5"), Entry(20, "b20")].map { $0.on(machine: JournalFixture.machineB) })
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["b5", "b20"])
    try fixture.write("a.journal", [Entry(15, "a15")])
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["a15"])
    #expect(reader.position.cursors.keys.filter { !$0.hasSuffix("#none") }.count == 2)
  }

  @Test("durability 8: files removed before they were read are let go of, and nothing comes twice")
  func removedWhileReading() throws {
    let fixture = JournalFixture()
    let path = try fixture.write("a.journal", (1...5).map { Entry(UInt64($0), "m\($0)") })
    let reader = try follow(fixture)
    let batch = EntryBatch()
    _ = try reader.read(into: batch, limit: 2)
    try #require(unlink(path) == 0)
    try fixture.write("b.journal", [Entry(9, "m9")])
    #expect(try reader.wait(timeoutMicroseconds: 10_000_000) == .changed)
    // Entries that the reader still has mapped may come; what must not come is one twice.
    let rest = try reader.messagesWhenTheyCome(count: 1)
    #expect(rest.last == "m9")
    #expect(Set(rest).count == rest.count)
    #expect(!rest.contains("m1") && !rest.contains("m2"))
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
    #expect(!open.contains("\(path) (deleted)"))
  }

  @Test("nothing happens: the wait times out; a wake-up ends it, also one that came before")
  func waking() throws {
    let fixture = JournalFixture()
    try fixture.write("a.journal", [Entry(1, "m1")])
    let wake = try WakeDescriptor()
    let reader = try follow(fixture, wake: wake)
    _ = try reader.messages()
    // What inotify still has to tell of the file's creation is taken up first.
    while try reader.wait(timeoutMicroseconds: 0) == .changed {}
    #expect(try reader.wait(timeoutMicroseconds: 1_000) == .timedOut)
    wake.wake()
    wake.wake()
    #expect(try reader.wait(timeoutMicroseconds: 60_000_000) == .woken)
    #expect(try reader.wait(timeoutMicroseconds: 0) == .timedOut)
    let thread = Thread { wake.wake() }
    thread.start()
    #expect(try reader.wait(timeoutMicroseconds: .max) == .woken)
  }
}
