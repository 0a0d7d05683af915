import AuditModel
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditWriting

@Suite struct AuditTreeTests {
  private let directory = TemporaryDirectory()

  private func liveTree() throws -> AuditTree {
    let tree = try AuditTree(root: directory.root, mode: .durable(state: directory.state), calendar: .utc)
    try tree.recover()
    return tree
  }

  private let ann = mailbox("ann@example.org")
  private let annFile = "Audit/example.org/ann/AUDIT-260301.log"

  @Test func writesLinesInTheOrderTheyCame() throws {
    let tree = try liveTree()
    for number in 0..<10 { #expect(try tree.append(sampleEvent(number), owner: number % 2 == 0 ? ann : .unknown)) }
    #expect(tree.pendingEvents == 10 && directory.read(annFile) == nil)
    try tree.commit()
    #expect(tree.pendingBytes == 0)
    #expect(directory.read(annFile) == [0, 2, 4, 6, 8].flatMap { line(sampleEvent($0)) })
    #expect(directory.read("Audit/_unknown/AUDIT-260301.log") == [1, 3, 5, 7, 9].flatMap { line(sampleEvent($0)) })
    var status = stat()
    #expect(stat(directory.path + "/" + annFile, &status) == 0 && status.st_mode & 0o7777 & ~0o640 == 0)
    #expect(stat(directory.path + "/Audit/example.org/ann", &status) == 0 && status.st_mode & 0o7777 & ~0o750 == 0)
  }

  @Test func theDayIsThatOfTheTimeZone() throws {
    let calendar = DayCalendar(rules: try #require(TimeZoneRules(posix: "CET-1")))
    let tree = try AuditTree(root: directory.root, mode: .bulk, calendar: calendar)
    let midnight = sampleTime + 13 * 3_600_000_000
    try tree.append(sampleEvent(1, time: midnight - 1), owner: ann)
    try tree.append(sampleEvent(2, time: midnight), owner: ann)
    try tree.commit()
    #expect(directory.read(annFile) == line(sampleEvent(1, time: midnight - 1)))
    #expect(directory.exists("Audit/example.org/ann/AUDIT-260302.log"))
  }

  @Test func bulkIsTheSameAsDurable() throws {
    let live = try liveTree()
    let other = TemporaryDirectory()
    let bulk = try AuditTree(root: other.root, mode: .bulk, calendar: .utc)
    // More than the bound, so that the bulk tree writes in between.
    let text = String(repeating: "x", count: 2000)
    for number in 0..<16_000 {
      let event = sampleEvent(number, text: text)
      let owner = mailbox("user\(number % 300)@example.org")
      try live.append(event, owner: owner)
      try bulk.append(event, owner: owner)
    }
    #expect(live.isFull && !bulk.isFull)
    try live.commit()
    try bulk.commit()
    let files = try directory.treeFiles()
    #expect(files.count == 300)
    #expect(try other.treeFiles() == files)
  }

  /// Many files, several threads and one syncfs; and a call that fails on any of the threads fails the whole.
  @Test func aBulkOfManyFiles() throws {
    let count = AuditTree.maximumTouched + 1000
    let fault = Mutex<(SystemCalls.Call, Int)?>((.write, count - 100))
    let seen = Mutex<[SystemCalls.Call: Int]>([:])
    let calls = SystemCalls { call in
      let number = seen.withLock { seen in
        seen[call, default: 0] += 1
        return seen[call] ?? 0
      }
      return fault.withLock { $0 ?? (.open, 0) == (call, number) ? .failure(EIO) : nil }
    }
    let directory = TemporaryDirectory(inMemory: true)
    let tree = try AuditTree(root: directory.root, mode: .bulk, calendar: .utc, calls: calls)
    for number in 0..<(2 * count) {
      try tree.append(sampleEvent(number), owner: mailbox("user\(number % count)@example.org"))
    }
    let error = #expect(throws: FileError.self) { try tree.commit() }
    #expect(error?.code == EIO)
    #expect(try directory.treeFiles().values.allSatisfy(\.isEmpty))
    fault.withLock { $0 = nil }
    try tree.commit()
    #expect(seen.withLock { $0[.synchronizeFileSystem] == 1 && $0[.synchronizeData] == 1 }, "but for FORMAT")
    let files = try directory.treeFiles()
    #expect(files.count == count)
    for number in 0..<count {
      let lines = line(sampleEvent(number, time: nil)) + line(sampleEvent(number + count))
      #expect(files["example.org/user\(number)/AUDIT-260301.log"] == lines)
    }
  }

  @Test func refusesMoreThanItsLimit() throws {
    let tree = try liveTree()
    let event = sampleEvent(1, text: String(repeating: "\u{1}", count: 2000))
    let error = #expect(throws: FileError.self) {
      while true { try tree.append(event, owner: ann) }
    }
    #expect(error?.code == ENOBUFS)
    #expect(tree.pendingBytes >= AuditTree.limit && tree.pendingBytes < AuditTree.limit + (1 << 20))
  }

  // MARK: What others do to the tree

  @Test("durability 30: what was removed is made anew") func makesAnewWhatWasRemoved() throws {
    let tree = try liveTree()
    for (number, victim) in ["", annFile, "Audit/example.org/ann", "Audit/example.org"].enumerated() {
      if !victim.isEmpty { run("rm", "-r", directory.path + "/" + victim) }
      try tree.append(sampleEvent(number), owner: ann)
      try tree.commit()
      #expect(directory.read(annFile) == line(sampleEvent(number)), "\(victim)")
    }
  }

  @Test(
    "durability 30: a link, a file or a FIFO in the way is refused",
    arguments: ["example.org", "example.org/ann", "example.org/ann/AUDIT-260301.log"], ["link", "file", "fifo"])
  func refusesForeignObjects(place: String, object: String) throws {
    let tree = try liveTree()
    let path = directory.root + "/" + place
    run("mkdir", "-p", directory.path + "/outside", path)
    rmdir(path)
    directory.write("", to: "outside/AUDIT-260301.log")
    let isDayFile = place.hasSuffix("log")
    switch object {
    case "link": symlink(directory.path + "/outside" + (isDayFile ? "/AUDIT-260301.log" : ""), path)
    case "file": if isDayFile { mkdir(path, 0o750) } else { directory.write("", to: "Audit/" + place) }
    default: mkfifo(path, 0o600)
    }
    try tree.append(sampleEvent(1), owner: ann)
    let error = #expect(throws: FileError.self) { try tree.commit() }
    #expect(error?.path == path)
    #expect(error?.description.contains("move it aside") == true, "\(String(describing: error))")
    #expect(directory.read("outside/AUDIT-260301.log") == [])
    // Once it is out of the way nothing is lost.
    run("rm", "-r", path)
    try tree.commit()
    #expect(directory.read(annFile) == line(sampleEvent(1)))
  }

  @Test(arguments: ["x@..", "x@.", "x@a/b", "..@example.org", ".@x", "a\0b@c\0d", "../../x@../..", "x@_panel"])
  func neverLeavesTheTree(address: String) throws {
    let tree = try liveTree()
    try tree.append(sampleEvent(1), owner: mailbox(address))
    try tree.append(sampleEvent(1), owner: .panel(Array(address.utf8)))
    try tree.commit()
    let files = try directory.treeFiles()
    #expect(files.count == 2 && files.values.allSatisfy { $0 == line(sampleEvent(1)) })
    #expect(Set(try Directory.open(directory.path, create: false, calls: SystemCalls()).names()) == ["Audit", "state"])
  }

  @Test func theRootIsNoLink() throws {
    run("mkdir", directory.path + "/elsewhere")
    symlink(directory.path + "/elsewhere", directory.root)
    #expect(throws: FileError.self) { try AuditTree(root: directory.root, mode: .bulk, calendar: .utc) }
  }

  @Test func aForeignLineWithoutEndDoesNotSpoilOurs() throws {
    let tree = try liveTree()
    run("mkdir", "-p", directory.root + "/example.org/ann")
    directory.write("scribble", to: annFile)
    try tree.append(sampleEvent(1), owner: ann)
    try tree.commit()
    #expect(directory.read(annFile) == Array("scribble\n".utf8) + line(sampleEvent(1)))
    // Nor does one that comes between a commit and a restart hide what stands before it.
    directory.write((directory.read(annFile) ?? []) + Array("graffiti\n".utf8) + line(sampleEvent(2)), to: annFile)
    let report = try liveTree().recover()
    #expect(report.linesFound == 2 && report.foreignLines == 1 && report.bytesCut == 0)
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere: run the tests as an ordinary user too"))
  func aReadOnlyDirectoryIsAnError() throws {
    let tree = try liveTree()
    chmod(directory.root, 0o550)
    defer { chmod(directory.root, 0o750) }
    try tree.append(sampleEvent(1), owner: ann)
    let error = #expect(throws: FileError.self) { try tree.commit() }
    #expect(error?.code == EACCES && error?.description.contains("0750") == true)
    chmod(directory.root, 0o750)
    try tree.commit()
    #expect(directory.read(annFile) == line(sampleEvent(1)))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file to another user"))
  func aFileOfAnotherUserIsRefused() throws {
    let tree = try liveTree()
    run("mkdir", "-p", directory.root + "/example.org/ann")
    directory.write("", to: annFile)
    chown(directory.path + "/" + annFile, 65_534, 65_534)
    try tree.append(sampleEvent(1), owner: ann)
    #expect(throws: FileError.self) { try tree.commit() }
    #expect(directory.read(annFile) == [])
  }

  static let canMount: Bool = {
    guard geteuid() == 0 else { return false }
    let directory = TemporaryDirectory()
    guard run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory.path) == 0 else { return false }
    return run("umount", directory.path) == 0
  }()

  /// A real full disk: what fitted in part is taken back, and comes whole when there is room.
  @Test(
    "durability 26: a full disk is waited for",
    .enabled(if: AuditTreeTests.canMount, "needs root and the right to mount a tmpfs"))
  func aFullDisk() throws {
    let tree = try liveTree()
    try #require(run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", directory.root) == 0)
    defer { run("umount", directory.root) }
    let full = try AuditTree(root: directory.root, mode: .durable(state: directory.state), calendar: .utc)
    #expect(full.writer.synchronizesFileSystem && !tree.writer.synchronizesFileSystem)
    try full.recover()
    directory.write([UInt8](repeating: 1, count: 150_000), to: "Audit/ballast")
    let events = (0..<1000).map { sampleEvent($0) }
    for (number, event) in events.enumerated() { try full.append(event, owner: mailbox("u\(number % 3)@example.org")) }
    let error = #expect(throws: FileError.self) { try full.commit() }
    #expect(error?.code == ENOSPC)
    #expect(try directory.treeFiles().filter { $0.key != "ballast" }.values.allSatisfy(\.isEmpty))
    unlink(directory.root + "/ballast")
    try full.commit()
    let files = try directory.treeFiles()
    for user in 0..<3 {
      let expected = events.enumerated().filter { $0.offset % 3 == user }.flatMap { line($0.element) }
      #expect(files["example.org/u\(user)/AUDIT-260301.log"] == expected)
    }
  }

  // MARK: Merging

  @Test(arguments: [false, true])
  func aMergeAddsOnlyWhatIsMissing(isLive: Bool) throws {
    func tree() throws -> AuditTree {
      isLive ? try liveTree() : try AuditTree(root: directory.root, mode: .bulk, calendar: .utc)
    }
    let first = try tree()
    for number in stride(from: 0, to: 60, by: 2) { try first.append(sampleEvent(number), owner: ann) }
    try first.commit()
    // A torn line at the end, as a stop without an intent leaves it.
    let before = try #require(directory.read(annFile))
    directory.write(before + line(sampleEvent(60)).prefix(50), to: annFile)
    let second = try tree()
    second.skipsPresent = true
    var added = 0
    for number in 0..<62 {
      if try second.append(sampleEvent(number), owner: ann) { added += 1 }
      if number % 20 == 0 { try second.commit() }
    }
    try second.commit()
    #expect(added == 32)
    let missing = stride(from: 1, to: 60, by: 2).map { $0 } + [60, 61]
    #expect(directory.read(annFile) == before + missing.flatMap { line(sampleEvent($0)) })
  }

  @Test func aMergeForgetsAndReadsAgain() throws {
    var present = PresentLines()
    let key = PendingLines.Key(owner: ann, day: Day(number: 1))
    let burst = EventID(source: 5, detail: 6, isBurst: true)
    present.insert([burst], for: key)
    #expect(present.contains(burst, in: key) == true)
    #expect(present.contains(EventID(source: 5, detail: 6), in: key) == false)
    let ids = (0..<1_000_000).map { EventID(source: UInt64($0), detail: 0) }
    present.insert(ids, for: PendingLines.Key(owner: .unknown, day: Day(number: 1)))
    #expect(present.contains(burst, in: key) == true)
    present.insert(ids, for: PendingLines.Key(owner: .unknown, day: Day(number: 2)))
    #expect(present.contains(burst, in: key) == nil)
  }
}
