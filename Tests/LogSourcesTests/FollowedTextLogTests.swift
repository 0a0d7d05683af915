import Foundation
import Testing

@testable import LogSources

@Suite("Text logs that are followed")
struct FollowedTextLogTests {
  @Test("lines come as they are written; a torn one waits for its end")
  func appended() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    let reader = try fixture.follow()
    #expect(try reader.messages() == ["a"])
    let whole = line(2, "b")
    try fixture.append("mail.log", String(whole.prefix(20)))
    #expect(try reader.messages() == [])
    try fixture.append("mail.log", String(whole.dropFirst(20)) + line(3, "c"))
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["b", "c"])
    #expect(reader.drainNotices() == [])
  }

  @Test("a torn line waits over a stop too")
  func tornOverStop() throws {
    let fixture = TextLogFixture()
    let whole = line(2, "b")
    try fixture.write("mail.log", line(1, "a") + whole.prefix(20))
    let position = try {
      let reader = try fixture.follow()
      #expect(try reader.messages() == ["a"])
      return reader.position
    }()
    try fixture.append("mail.log", String(whole.dropFirst(20)))
    #expect(try fixture.follow(after: position).messages() == ["b"])
  }

  @Test("a rename: the old file is read to its end, late lines included, then the new one")
  func renamed() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    let reader = try fixture.follow()
    #expect(try reader.messages() == ["a"])
    try fixture.append("mail.log", line(2, "b"))
    try fixture.rename("mail.log", to: "mail.log.1")
    try fixture.append("mail.log.1", line(3, "c"))
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["b", "c"])
    try fixture.append("mail.log", line(4, "d"))
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["d"])
    try fixture.append("mail.log.1", line(5, "late"))
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["late"])
    try fixture.append("mail.log", line(6, "e"))
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["e"])
    #expect(reader.drainNotices() == [])
  }

  @Test("two rotations between two looks: the file in the middle is read too")
  func renamedTwice() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    let reader = try fixture.follow()
    #expect(try reader.messages() == ["a"])
    try fixture.rename("mail.log", to: "mail.log.2")
    try fixture.write("mail.log", line(2, "b"))
    try fixture.rename("mail.log", to: "mail.log.1")
    try fixture.write("mail.log", line(3, "c"))
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["b", "c"])
    #expect(reader.drainNotices() == [])
  }

  @Test("copytruncate: what was not read yet is read from the copy", arguments: [false, true])
  func truncated(compressed: Bool) throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    let reader = try fixture.follow()
    #expect(try reader.messages() == ["a"])
    try fixture.append("mail.log", line(2, "b"))
    try fixture.run("cp", fixture.path("mail.log"), fixture.path("mail.log.1"))
    if compressed { try fixture.run("gzip", fixture.path("mail.log.1")) }
    try #require(truncate(fixture.path("mail.log"), 0) == 0)
    try fixture.append("mail.log", line(3, "c"))
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["b", "c"])
    #expect(reader.drainNotices() == [])
  }

  @Test("a truncated log that has grown past our place again is known by its first bytes")
  func truncatedAndGrown() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    let reader = try fixture.follow()
    #expect(try reader.messages() == ["a"])
    try fixture.write("mail.log", line(2, "b") + line(3, "c"))
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["b", "c"])
    let notices = reader.drainNotices()
    #expect(notices.map(\.kind) == [.gap])
    #expect(notices.first?.reason.contains("truncated") == true)
  }

  @Test("the hole in a log that was truncated under a daemon that goes on at its old place", arguments: [100, 700_000])
  func hole(length: Int) throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    let reader = try fixture.follow()
    #expect(try reader.messages() == ["a"])
    let zeros = [UInt8](repeating: 0, count: length)
    try fixture.write("mail.log", bytes: zeros + Array((line(2, "b") + line(3, "c")).utf8))
    #expect(try reader.messagesWhenTheyCome(count: 2) == ["b", "c"])
  }

  @Test("a directory in which anybody may put another file in the log's place")
  func openDirectory() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    chmod(fixture.directory, 0o777)
    let reader = try fixture.follow()
    #expect(try reader.messages() == [])
    #expect(reader.drainNotices().first?.reason.contains("another file in its place") == true)
  }

  /// What may happen to the log while nobody reads it.
  enum Stop: String, CaseIterable {
    case nothing, rename, renameAndCompress, twoRotations, copyTruncate, copyTruncateAndCompress, dated, zstd
  }

  @Test("after a stop reading goes on in the right file, and in those that came after it", arguments: Stop.allCases)
  func stopped(stop: Stop) throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log.7", line(0, "old"), modified: 1_772_560_000)
    try fixture.write("mail.log", line(1, "a") + line(2, "b"))
    var expected = ["c", "d"]
    let position = try {
      let reader = try fixture.follow()
      #expect(try reader.messages() == ["old", "a", "b"])
      return reader.position
    }()
    try fixture.append("mail.log", line(3, "c"))
    switch stop {
    case .nothing: break
    case .rename: try fixture.rename("mail.log", to: "mail.log.1")
    case .renameAndCompress:
      try fixture.rename("mail.log", to: "mail.log.1")
      try fixture.run("gzip", fixture.path("mail.log.1"))
    case .zstd:
      try fixture.rename("mail.log", to: "mail.log.1")
      try fixture.run("zstd", "-q", "--rm", fixture.path("mail.log.1"))
    case .dated:
      try fixture.rename("mail.log", to: "mail.log-20260303")
      try fixture.run("xz", fixture.path("mail.log-20260303"))
    case .twoRotations:
      try fixture.rename("mail.log", to: "mail.log.2")
      try fixture.run("gzip", fixture.path("mail.log.2"))
      try fixture.write("mail.log.1", line(4, "between"))
      expected = ["c", "between", "d"]
    case .copyTruncate, .copyTruncateAndCompress:
      try fixture.run("cp", fixture.path("mail.log"), fixture.path("mail.log.1"))
      if stop == .copyTruncateAndCompress { try fixture.run("gzip", fixture.path("mail.log.1")) }
      try #require(truncate(fixture.path("mail.log"), 0) == 0)
    }
    try fixture.append("mail.log", line(5, "d"))
    let reader = try fixture.follow(after: position)
    #expect(try reader.messages() == expected)
    #expect(reader.drainNotices() == [])
    // And again, from there.
    let next = try fixture.follow(after: reader.position)
    #expect(try next.messages() == [])
    try fixture.append("mail.log", line(6, "e"))
    #expect(try next.messagesWhenTheyCome(count: 1) == ["e"])
  }

  @Test("a log that is gone is said, and the new one read from its start")
  func gone() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    let position = try {
      let reader = try fixture.follow()
      #expect(try reader.messages() == ["a"])
      return reader.position
    }()
    try fixture.write("new", line(2, "b"))
    try fixture.rename("new", to: "mail.log")
    let reader = try fixture.follow(after: position)
    #expect(try reader.messages() == ["b"])
    #expect(reader.drainNotices().map(\.kind) == [.gap])
  }

  @Test("at whatever line reading stops, the rest follows with the same identities")
  func everyStop() throws {
    let fixture = TextLogFixture()
    let text = (0..<60).map { line($0 / 7, "m\($0 % 2)") }
    try fixture.write("mail.log.1", text[..<25].joined())
    try fixture.write("mail.log", text[25...].joined())
    let whole = try fixture.reader("mail.log", "mail.log.1").entries().map(\.hash)
    #expect(Set(whole).count == 60)
    for limit in [1, 3, 7, 59] {
      var position: SourcePosition?
      var found: [UInt64] = []
      let batch = EntryBatch()
      for _ in 0..<80 {
        let reader = try fixture.follow(after: position)
        _ = try reader.read(into: batch, limit: limit)
        found += batch.entries.map(\.contentHash)
        position = batch.position
      }
      #expect(found == whole, "in pieces of \(limit)")
    }
  }

  @Test("a log that does not exist yet is waited for, and a directory too")
  func notYetThere() throws {
    let fixture = TextLogFixture()
    let reader = try fixture.follow()
    #expect(try reader.messages() == [])
    let notices = reader.drainNotices()
    #expect(notices.map(\.kind) == [.waiting])
    #expect(notices.first?.reason.contains("No such file") == true)
    try fixture.write("mail.log", line(1, "a"))
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["a"])
    #expect(reader.drainNotices().map(\.kind) == [.recovered])
  }

  @Test("a log that anybody may write to is not read until that has changed")
  func worldWritable() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    chmod(fixture.path("mail.log"), 0o666)
    let reader = try fixture.follow()
    #expect(try reader.messages() == [])
    #expect(reader.drainNotices().first?.reason.contains("everybody may write") == true)
    chmod(fixture.path("mail.log"), 0o640)
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["a"])
  }

  @Test("a pattern finds logs, new ones too, and not those that rotation put aside")
  func pattern() throws {
    let fixture = TextLogFixture()
    try fixture.write("a.log", line(1, "a"))
    try fixture.write("a.log.1", line(0, "before"))
    let reader = try fixture.follow("*log*")
    #expect(try reader.messages() == ["before", "a"])
    try fixture.write("b.log", line(2, "b"))
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["b"])
    #expect(Set(reader.position.textLogs.keys) == [fixture.path("a.log"), fixture.path("b.log")])
  }

  @Test("a symbolic link is followed to its log, wherever that lies")
  func symbolicLink() throws {
    let fixture = TextLogFixture()
    mkdir(fixture.path("elsewhere"), 0o755)
    try fixture.write("elsewhere/real", line(1, "a"))
    try #require(symlink(fixture.path("elsewhere/real"), fixture.path("mail.log")) == 0)
    let reader = try fixture.follow()
    #expect(try reader.messages() == ["a"])
    try fixture.append("elsewhere/real", line(2, "b"))
    #expect(try reader.messagesWhenTheyCome(count: 1) == ["b"])
  }

  @Test("waiting ends when it is woken")
  func woken() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log", line(1, "a"))
    let wake = try WakeDescriptor()
    let reader = try fixture.follow(wake: wake)
    #expect(try reader.messages() == ["a"])
    wake.wake()
    #expect(try reader.wait(timeoutMicroseconds: 10_000_000) == .woken)
  }

  @Test("only what is recent enough is read at the first start")
  func firstStart() throws {
    let fixture = TextLogFixture()
    try fixture.write("mail.log.1", line(1, "old"), modified: 1_772_560_801)
    try fixture.write("mail.log", line(10, "a") + line(20, "b"))
    let request = SourceRequest(
      text: TextLogRequest(followed: [.init(path: fixture.path("mail.log"), format: .syslog)]),
      start: .since(1_772_560_815_000_000))
    #expect(try SourceReader(request).messages() == ["b"])
  }
}
