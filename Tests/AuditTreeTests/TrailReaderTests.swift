import AuditModel
import Platform
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditReading
@testable import AuditWriting

@Suite struct TrailReaderTests {
  private let directory = TemporaryDirectory()
  private let ann = TrailPath(mailbox("ann@example.org"))

  /// One event an hour over several days.
  private func write(_ numbers: Range<Int>, text: String = "hello", owner: TrailOwner? = nil) throws {
    let tree = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc)
    for number in numbers {
      try tree.append(event(number, text), owner: owner ?? mailbox("ann@example.org"))
    }
    try tree.commit()
  }

  private func event(_ number: Int, _ text: String = "hello") -> AuditEvent {
    sampleEvent(number, time: sampleTime + UInt64(number) * 3_600_000_000, text: text)
  }

  private func numbers(_ lines: [TrailLine]) throws -> [Int] { try lines.map { Int(try $0.event().id.detail) } }

  @Test func listsTrails() throws {
    let owners: [TrailOwner] = [
      .panel(Array("acme".utf8)), .unknown, mailbox("ann@example.com"), mailbox("ann@example.org"),
      mailbox("Odd/One@example.org"),
    ]
    for owner in owners { try write(0..<1, owner: owner) }
    run("mkdir", "-p", directory.root + "/lost+found/x y", directory.root + "/Foreign/ann")
    #expect(Set(try TrailReader(root: directory.root).trails().map(\.owner)) == Set(owners))
  }

  @Test func aShortenedNameIsInTheRecords() throws {
    let long = String(repeating: "a", count: 300) + "@example.org"
    let address = try #require(MailboxAddress(Array(long.utf8)))
    var named = event(1)
    named.fields.set(.mailbox, to: long)
    let tree = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc)
    try tree.append(named, owner: .mailbox(address))
    // Such as only a forger makes: the record of one mailbox in the trail of another.
    let forged = mailbox(String(repeating: "b", count: 300) + "@example.org")
    try tree.append(named, owner: forged)
    try tree.append(named, owner: .panel(Array(repeating: UInt8(ascii: "c"), count: 300)))
    try tree.append(event(2), owner: .unknown)
    try tree.commit()
    let reader = try TrailReader(root: directory.root)
    #expect(TrailPath(.mailbox(address)).owner == nil)
    #expect(try reader.mailbox(of: TrailPath(.mailbox(address))) == address)
    // The newest line is of another version.
    let day = try #require(try reader.days(of: TrailPath(.mailbox(address))).last)
    let file = "Audit/" + TrailPath(.mailbox(address)).directory + "/" + day.fileName
    directory.write(try #require(directory.read(file)) + Array("something else\n".utf8), to: file)
    #expect(try reader.mailbox(of: TrailPath(.mailbox(address))) == address)
    #expect(try reader.trails().count == 4)
    #expect(try reader.trails().compactMap(reader.mailbox) == [address])
    #expect(try reader.mailbox(of: ann) == MailboxAddress(Array("ann@example.org".utf8)))
  }

  @Test func readsBothWays() throws {
    try write(0..<100)
    let reader = try TrailReader(root: directory.root)
    var lines: [TrailLine] = []
    try reader.forEachLine(of: ann) {
      lines.append($0)
      return true
    }
    #expect(try numbers(lines) == Array(0..<100))
    lines = []
    try reader.forEachLine(of: ann, order: .newestFirst) {
      lines.append($0)
      return lines.count < 70
    }
    #expect(try numbers(lines) == Array((30..<100).reversed()))
    #expect(try lines[0].event() == event(99))
    #expect(try reader.days(of: ann).count == 5)
  }

  @Test func findsTheTimesAskedFor() throws {
    try write(0..<100)
    let reader = try TrailReader(root: directory.root)
    for order in [TrailReader.Order.oldestFirst, .newestFirst] {
      var lines: [TrailLine] = []
      try reader.forEachLine(of: ann, in: event(13).time..<event(40).time, order: order) {
        lines.append($0)
        return true
      }
      #expect(try numbers(lines).sorted() == Array(13..<40))
    }
  }

  @Test(arguments: [0, 1, 2, 99, 100, 101, 1000])
  func theLastLines(count: Int) throws {
    // Lines of many lengths, so that block borders fall everywhere.
    for number in 0..<100 { try write(number..<(number + 1), text: String(repeating: "x", count: number * 20)) }
    let lines = try TrailReader(root: directory.root).last(count, of: ann)
    #expect(try numbers(lines) == Array((100 - min(count, 100))..<100))
  }

  @Test func backwardsIsForwardsReversed() throws {
    let lengths = [0, 1, 0, 65_535, 65_536, 65_537, 3, 131_071, 0, 200_000, 5]
    for isEnded in [true, false] {
      var bytes = Array(lengths.map { String(repeating: "x", count: $0) }.joined(separator: "\n").utf8)
      if isEnded { bytes.append(10) }
      directory.write(bytes, to: "lines")
      let file = try Directory.open(directory.path, create: false, calls: SystemCalls())
      let (descriptor, length) = try #require(try file.file("lines", flags: 0))
      let scanner = LineScanner(descriptor, path: "lines")
      var forward: [[Int]] = []
      var backward: [[Int]] = []
      try scanner.forward(from: 0) {
        forward.append([$0.offset, $0.bytes.count, $0.isWhole ? 1 : 0])
        return true
      }
      try scanner.backward(from: length) {
        backward.append([$0.offset, $0.bytes.count, $0.isWhole ? 1 : 0])
        return true
      }
      #expect(forward.map { $0[1] } == lengths)
      #expect(forward.last?[2] == (isEnded ? 1 : 0))
      #expect(backward == forward.reversed())
    }
  }

  @Test func goesOnFromAPosition() throws {
    try write(0..<3)
    let reader = try TrailReader(root: directory.root)
    var position = try reader.end(of: ann)
    func more() throws -> [Int] {
      var lines: [TrailLine] = []
      position = try reader.forEachLine(of: ann, after: position) { lines.append($0) }
      return try numbers(lines)
    }
    #expect(try more() == [])
    try write(3..<5)
    #expect(try more() == [3, 4])
    // Into the next day, and half a line.
    try write(5..<20)
    let file = "Audit/example.org/ann/AUDIT-260302.log"
    let whole = directory.read(file) ?? []
    directory.write(whole.dropLast(7) + [], to: file)
    #expect(try more() == Array(5..<19))
    directory.write(whole, to: file)
    #expect(try more() == [19])
    #expect(try reader.end(of: ann) == position)
    // From nothing: everything.
    position = nil
    #expect(try more() == Array(0..<20))
  }

  @Test func aTrailThatIsNotThereIsEmpty() throws {
    try write(0..<1)
    let reader = try TrailReader(root: directory.root)
    let bob = TrailPath(mailbox("bob@example.net"))
    #expect(try reader.last(5, of: bob).isEmpty)
    #expect(try reader.end(of: bob) == nil)
    #expect(try reader.forEachLine(of: bob, after: nil) { _ in } == nil)
  }

  @Test func aLineThatIsNoRecordIsShown() throws {
    try write(0..<1)
    let file = "Audit/example.org/ann/AUDIT-260301.log"
    directory.write((directory.read(file) ?? []) + Array("scribble\n".utf8), to: file)
    let lines = try TrailReader(root: directory.root).last(1, of: ann)
    #expect(lines.first?.bytes.elementsEqual("scribble".utf8) == true)
    #expect(throws: RecordError.self) { try lines[0].event() }
  }
}
