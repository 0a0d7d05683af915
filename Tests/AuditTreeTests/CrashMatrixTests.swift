import AuditModel
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import AuditFiles
@testable import AuditWriting

/// Stops the program, or fails a call, at each system call of the write path in turn; afterwards the tree must hold the
/// very bytes that an undisturbed run gives: with tamper evidence, where a line's bytes depend on all before it, and in
/// the main tests without it too.
@Suite struct CrashMatrixTests {
  enum Trouble: CustomStringConvertible {
    /// Nothing is done any more from this call on.
    case crash(at: Int)
    /// A write gets so far, then nothing is done any more.
    case tornWrite(at: Int, bytes: Int)
    /// So many calls fail one after the other.
    case failure(at: Int, code: Int32, count: Int)

    var description: String {
      switch self {
      case .crash(let call): "crash at \(call)"
      case .tornWrite(let call, let bytes): "crash at \(call) after \(bytes) bytes"
      case .failure(let call, let code, let count): "errno \(code) at \(call), \(count) times"
      }
    }
  }

  /// What the disk may have of an intent that was written over another and not synchronized yet.
  enum Unsynced: CaseIterable {
    /// All of it, nothing, its first half, or its second half alone.
    case there, absent, firstHalf, secondHalf

    func bytes(_ old: [UInt8], _ new: [UInt8]) -> [UInt8] {
      let middle = new.count / 2
      // In place: what was longer stays, and what was not there before reads as zeros.
      let old = old + [UInt8](repeating: 0, count: max(0, new.count - old.count))
      switch self {
      case .there: return new
      case .absent: return old
      case .firstHalf: return Array(new[..<middle] + old[middle...])
      case .secondHalf: return Array(old[..<middle] + new[middle...])
      }
    }
  }

  /// Counts the calls and makes the trouble.
  final class Troublemaker: Sendable {
    private struct State {
      var count = 0
      var isCrashed = false
      /// The intents before the writes that no fdatasync has followed yet; nil when there are none.
      var durableIntents: [String: [UInt8]]?
      var isSynchronizing = false
    }

    private let trouble: Trouble?
    private let state = Mutex(State())
    /// Where the intents are that are to be remembered.
    private let directory: TemporaryDirectory?

    init(_ trouble: Trouble?, remembersIntentsIn directory: TemporaryDirectory? = nil) {
      self.trouble = trouble
      self.directory = directory
    }

    var count: Int { state.withLock { $0.count } }
    var isCrashed: Bool { state.withLock { $0.isCrashed } }
    var durableIntents: [String: [UInt8]]? { state.withLock { $0.durableIntents } }

    /// An intent is the only file that is written in place, and its fdatasync is the next.
    private func remember(_ call: SystemCalls.Call, _ state: inout State) {
      guard let directory else { return }
      if state.isSynchronizing { (state.durableIntents, state.isSynchronizing) = (nil, false) }
      if call == .overwrite, state.durableIntents == nil {
        var intents: [String: [UInt8]] = [:]
        for name in IntentLog.fileNames { intents[name] = directory.read("state/" + name) }
        state.durableIntents = intents
      }
      state.isSynchronizing = call == .synchronizeData && state.durableIntents != nil
    }

    var calls: SystemCalls { SystemCalls { self.next($0) } }

    private func next(_ call: SystemCalls.Call) -> SystemCalls.Fault? {
      state.withLock { state in
        let number = state.count
        state.count += 1
        if state.isCrashed { return .failure(EIO) }
        remember(call, &state)
        switch trouble {
        case .crash(number):
          state.isCrashed = true
          return .failure(EIO)
        case .tornWrite(number, let bytes):
          state.isCrashed = true
          return call == .write || call == .overwrite ? .shortWrite(bytes) : .failure(EIO)
        case .failure(let first, let code, let count) where (first..<(first + count)).contains(number):
          return .failure(code)
        default: return nil
        }
      }
    }
  }

  /// What a collector is to the tree: reads events from a position on, and saves the position after each commit.
  struct Collector {
    var directory: TemporaryDirectory
    var synchronizesFileSystem: Bool
    var hasTamperEvidence = true
    /// Whether the commit's number is saved with the position; without it the last commit counts as unfinished.
    var knowsCommit = true
    var savedPosition = 0
    var savedCommit: UInt64 = 0
    /// How long each file was after the last recovery or saved position: what a power cut cannot take.
    var durableLengths: [String: Int] = [:]

    /// Runs to the end, or to the crash. A commit that fails is repeated, as on a disk that was full for a while.
    mutating func run(_ troublemaker: Troublemaker, batch: Int, forgetsSavesFrom forgotten: Int = .max) throws {
      var attempts = 0
      while true {
        do {
          try collect(troublemaker, batch, forgotten, &attempts)
          return
        } catch let error as FileError {
          attempts += 1
          if troublemaker.isCrashed { return }
          guard attempts < 20 else { throw error }
        }
      }
    }

    private mutating func collect(
      _ troublemaker: Troublemaker, _ batch: Int, _ forgotten: Int, _ attempts: inout Int
    ) throws {
      let tree = try AuditTree(
        root: directory.root, mode: .durable(state: directory.state), calendar: .utc,
        hasTamperEvidence: hasTamperEvidence, calls: troublemaker.calls)
      tree.writer.synchronizesFileSystem = synchronizesFileSystem
      try tree.recover(savedCommit: knowsCommit ? savedCommit : nil)
      // What it found it has written anew and synchronized.
      durableLengths = try directory.treeFiles().mapValues(\.count)
      var position = savedPosition
      while position < events.count {
        for (event, owner) in events[position..<min(position + batch, events.count)] {
          try tree.append(event, owner: owner)
        }
        position = min(position + batch, events.count)
        while true {
          do {
            try tree.commit()
            break
          } catch {
            attempts += 1
            guard !troublemaker.isCrashed, attempts < 20 else { throw error }
          }
        }
        if position >= forgotten { return }
        (savedPosition, savedCommit) = (position, tree.commitNumber)
        durableLengths = try directory.treeFiles().mapValues(\.count)
      }
    }
  }

  /// Seven owners, three days (the middle one with midnight within a batch), several events a file and batch.
  static let events: [(AuditEvent, TrailOwner)] = (0..<48).map { number in
    let owners: [TrailOwner] = [
      mailbox("ann@example.org"), mailbox("bob@example.org"), mailbox("ann@example.com"), .unknown,
      .panel(Array("acme".utf8)), .local(Array("www-data".utf8)), mailbox("..@.."), mailbox("ann@example.org"),
    ]
    let time = sampleTime + UInt64(number) * 3_600_000_000
    return (sampleEvent(number, time: time, text: "event \(number) \u{1}"), owners[number * number % 7])
  }
  private static let batch = 12

  private func undisturbed(
    hasTamperEvidence: Bool = true
  ) throws -> (files: [String: [UInt8]], calls: Int) {
    let troublemaker = Troublemaker(nil)
    var collector = Collector(
      directory: TemporaryDirectory(inMemory: true), synchronizesFileSystem: false,
      hasTamperEvidence: hasTamperEvidence)
    try collector.run(troublemaker, batch: Self.batch)
    let files = try collector.directory.treeFiles()
    #expect(files.values.joined().count { $0 == 10 } == Self.events.count)
    return (files, troublemaker.count)
  }

  /// What is wrong, in few words: whole files would bury the report.
  private func differences(_ files: [String: [UInt8]], _ expected: [String: [UInt8]]) -> [String] {
    Set(files.keys).union(expected.keys).sorted().filter { files[$0] != expected[$0] }.map { name in
      "\(name): \(files[name]?.count ?? -1) bytes for \(expected[name]?.count ?? -1)"
    }
  }

  private func check(
    _ troubles: [Trouble], synchronizesFileSystem: Bool = false, powerCut: Bool = false, intent: Unsynced = .there,
    hasTamperEvidence: Bool = true, knowsCommit: Bool = true, _ expected: [String: [UInt8]]
  ) throws {
    var collector = Collector(
      directory: TemporaryDirectory(inMemory: true), synchronizesFileSystem: synchronizesFileSystem,
      hasTamperEvidence: hasTamperEvidence, knowsCommit: knowsCommit)
    // Batches of another size after a restart: events that are there already come in other company.
    let batches = [Self.batch, 5, 7, 12]
    for (number, trouble) in troubles.enumerated() {
      let troublemaker = Troublemaker(trouble, remembersIntentsIn: powerCut ? collector.directory : nil)
      try collector.run(troublemaker, batch: batches[number])
      if powerCut && troublemaker.isCrashed {
        try loseUnsyncedData(collector)
        lose(intent, collector.directory, durable: troublemaker.durableIntents)
      }
    }
    tally.count.add(1, ordering: .relaxed)
    try collector.run(Troublemaker(nil), batch: batches[troubles.count])
    let files = try collector.directory.treeFiles()
    #expect(differences(files, expected) == [], "\(troubles), power cut: \(powerCut)")
  }

  /// The worst that the disk may do to what was not synchronized: a hole of zeros in one file, half of another.
  private func loseUnsyncedData(_ collector: Collector) throws {
    guard collector.directory.exists("Audit") else { return }
    for (place, (name, bytes)) in try collector.directory.treeFiles().sorted(by: { $0.key < $1.key }).enumerated() {
      let durable = collector.durableLengths[name] ?? 0
      guard bytes.count > durable else { continue }
      var bytes = bytes
      let middle = durable + (bytes.count - durable) / 2
      if place % 2 == 0 {
        bytes.removeSubrange(middle...)
      } else {
        for offset in durable + (middle - durable) / 2..<middle { bytes[offset] = 0 }
      }
      collector.directory.write(bytes, to: "Audit/" + name)
    }
  }

  /// Puts an intent that was not synchronized back to what the disk may have of it.
  private func lose(_ unsynced: Unsynced, _ directory: TemporaryDirectory, durable: [String: [UInt8]]?) {
    guard let durable else { return }
    for name in IntentLog.fileNames {
      guard let new = directory.read("state/" + name), new != durable[name] else { continue }
      directory.write(unsynced.bytes(durable[name] ?? [], new), to: "state/" + name)
    }
  }

  /// Says how many states a test has recovered from: the proof is as large as that.
  private final class Tally {
    private let test = Test.current?.name ?? ""
    let count = Atomic(0)

    deinit {
      let count = count.load(ordering: .relaxed)
      if count > 0 { print("crash matrix: \(test): \(count) states") }
    }
  }
  private let tally = Tally()

  @Test(arguments: [false, true], [false, true])
  func aStopAtEachCall(synchronizesFileSystem: Bool, hasTamperEvidence: Bool) throws {
    let (expected, calls) = try undisturbed(hasTamperEvidence: hasTamperEvidence)
    #expect(calls > 150)
    for call in 0..<calls {
      try check(
        [.crash(at: call)], synchronizesFileSystem: synchronizesFileSystem, hasTamperEvidence: hasTamperEvidence,
        expected)
    }
  }

  @Test func aStopWithinEachWrite() throws {
    let (expected, calls) = try undisturbed()
    for call in 0..<calls {
      for bytes in [1, 40, 150, 300] {
        try check([.tornWrite(at: call, bytes: bytes)], knowsCommit: bytes != 40, expected)
      }
    }
  }

  @Test("durability 28: a power cut at each call", arguments: [false, true])
  func aPowerCutAtEachCall(hasTamperEvidence: Bool) throws {
    let (expected, calls) = try undisturbed(hasTamperEvidence: hasTamperEvidence)
    for call in 0..<calls {
      for intent in Unsynced.allCases {
        try check([.crash(at: call)], powerCut: true, intent: intent, hasTamperEvidence: hasTamperEvidence, expected)
      }
    }
  }

  @Test("durability 26: an error at each call", arguments: [EIO, ENOSPC, EROFS], [1, 2, 3])
  func aFailureAtEachCall(code: Int32, count: Int) throws {
    let (expected, calls) = try undisturbed()
    for call in 0..<calls { try check([.failure(at: call, code: code, count: count)], expected) }
  }

  /// A failure, then a stop while it is dealt with.
  @Test func aStopAfterAFailure() throws {
    let (expected, calls) = try undisturbed()
    for call in stride(from: 0, to: calls, by: 3) {
      try check([.failure(at: call, code: EIO, count: 2), .crash(at: 11)], expected)
    }
  }

  /// A second stop during the recovery from the first, or soon after it, and a third.
  @Test func severalStops() throws {
    let (expected, calls) = try undisturbed()
    for first in stride(from: 0, to: calls, by: 5) {
      for second in stride(from: 2, to: 120, by: 7) {
        try check([.crash(at: first), .tornWrite(at: second, bytes: 60)], knowsCommit: second % 2 == 0, expected)
      }
      try check([.tornWrite(at: first, bytes: 90), .crash(at: 31), .crash(at: 17)], powerCut: true, expected)
    }
  }

  /// The program ends after a commit and before its position is saved: the whole batch comes again.
  @Test func aStopBeforeThePositionIsSaved() throws {
    let (expected, _) = try undisturbed()
    for end in stride(from: Self.batch, through: Self.events.count, by: Self.batch) {
      for second in stride(from: 0, to: 80, by: 3) {
        var collector = Collector(directory: TemporaryDirectory(inMemory: true), synchronizesFileSystem: false)
        try collector.run(Troublemaker(nil), batch: Self.batch, forgetsSavesFrom: end)
        #expect(collector.savedPosition == end - Self.batch)
        try collector.run(Troublemaker(.crash(at: second)), batch: 5)
        try collector.run(Troublemaker(nil), batch: 7)
        tally.count.add(1, ordering: .relaxed)
        #expect(differences(try collector.directory.treeFiles(), expected) == [], "\(end), \(second)")
      }
    }
  }

  /// Durability 15, for the intent: whatever length it has, it is whole or it does not count.
  @Test func anIntentCutAtEachByte() {
    let entries = [
      IntentLog.Entry(path: TrailPath(.unknown), day: Day(number: 20_000), length: 17),
      IntentLog.Entry(path: TrailPath(mailbox("a b@example.org")), day: Day(number: 20_001), length: 0),
    ]
    let lines = [
      IntentLog.Line(directory: .max, id: EventID(source: 1, detail: 2, isBurst: true), time: 3, isTaken: true),
      IntentLog.Line(directory: 4, id: EventID(source: .max, detail: 6), time: sampleTime, isTaken: false),
    ]
    let bytes = IntentLog.serialize(7, entries, lines, base: 5)
    #expect(IntentLog.parse(bytes)?.base == 5)
    #expect(IntentLog.parse(IntentLog.serialize(7, entries, lines)).map(\.base) == .some(nil))
    #expect(IntentLog.parse(bytes)?.entries == entries)
    #expect(IntentLog.parse(bytes)?.lines == lines)
    #expect(IntentLog.parse(bytes + Array("left over".utf8))?.entries == entries)
    for length in 0..<bytes.count { #expect(IntentLog.parse(Array(bytes.prefix(length))) == nil) }
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1
      #expect(IntentLog.parse(damaged) == nil, "byte \(place)")
    }
  }

  /// A torn intent over the older file leaves the newer one, whose unfinished lines still count.
  @Test func theIntentBeforeATornOneCounts() throws {
    let directory = TemporaryDirectory(inMemory: true)
    var collector = Collector(directory: directory, synchronizesFileSystem: false)
    try collector.run(Troublemaker(nil), batch: Self.batch, forgetsSavesFrom: 2 * Self.batch)
    // The third intent would go into the second file.
    var torn = IntentLog.serialize(3, [])
    torn[40] ^= 1
    directory.write(torn, to: "state/" + IntentLog.fileNames[1])
    let tree = try AuditTree(root: directory.root, mode: .durable(state: directory.state), calendar: .utc)
    let report = try tree.recover()
    #expect(report.tornIntents == 1 && report.foundIntent)
    #expect(report.linesFound == Self.batch && report.bytesCut == 0)
  }

  /// Stops again and again, and what was written without its position being saved never comes again (its entries were
  /// vacuumed): a restart does not look through what was finished since, and in the end gives up.
  @Test func whatNeverComesAgainIsNoBurden() throws {
    let directory = TemporaryDirectory(inMemory: true)
    func start(_ saved: UInt64) throws -> (AuditTree, RecoveryReport) {
      let tree = try AuditTree(root: directory.root, mode: .durable(state: directory.state), calendar: .utc)
      return (tree, try tree.recover(savedCommit: saved))
    }
    func commit(_ tree: AuditTree, _ numbers: Range<Int>) throws {
      for (event, owner) in Self.events[numbers] { try tree.append(event, owner: owner) }
      try tree.commit()
    }
    let (first, _) = try start(0)
    try commit(first, 0..<4)
    let (second, report) = try start(0)
    #expect(report.linesFound == 4)
    try commit(second, 4..<8)
    let saved = second.commitNumber
    for _ in 0..<3 {
      let (again, report) = try start(saved)
      #expect(report.linesFound == 0 && report.filesExamined == 0)
      // What is not known to be over is still waited for.
      #expect(try again.append(Self.events[0].0, owner: Self.events[0].1) == false)
    }
    let (last, _) = try start(saved)
    last.forgetRecovered(before: Self.events[3].0.time)
    #expect(try last.append(Self.events[0].0, owner: Self.events[0].1))
    #expect(try last.append(Self.events[3].0, owner: Self.events[3].1) == false)
  }

  private func start(_ directory: TemporaryDirectory, _ saved: UInt64?) throws -> (AuditTree, RecoveryReport) {
    let tree = try AuditTree(root: directory.root, mode: .durable(state: directory.state), calendar: .utc)
    return (tree, try tree.recover(savedCommit: saved))
  }

  private func commit(_ tree: AuditTree, _ number: Int) throws {
    try tree.append(Self.events[number].0, owner: Self.events[number].1)
    try tree.commit()
  }

  /// Nothing is known of what a first start finds, or has just made: it may be in memory only.
  @Test func aFirstStartSynchronizes() throws {
    let directory = TemporaryDirectory(inMemory: true)
    let made = Mutex<[SystemCalls.Call]>([])
    func start(_ savedCommit: UInt64?) throws -> [SystemCalls.Call] {
      let calls = SystemCalls { call in
        made.withLock { $0.append(call) }
        return nil
      }
      let tree = try AuditTree(
        root: directory.root, mode: .durable(state: directory.state), calendar: .utc, calls: calls)
      try tree.recover(savedCommit: savedCommit)
      return made.withLock { calls in
        defer { calls = [] }
        return calls
      }
    }
    let first = try start(nil)
    let (root, state) = (first.firstIndex(of: .makeDirectory), first.lastIndex(of: .makeDirectory))
    #expect(first.count { $0 == .makeDirectory } == 2 && root != state)
    // FORMAT's as well.
    #expect(first.count { $0 == .synchronizeDirectory } == 3)
    #expect(first.last == .synchronizeFileSystem)
    #expect(try start(nil).last == .synchronizeFileSystem)
    #expect(try start(0).allSatisfy { $0 == .open })
  }

  /// A program with a position of its own wrote to the tree meanwhile.
  @Test func commitsOfAnotherAreNoticed() throws {
    let directory = TemporaryDirectory(inMemory: true)
    let (first, _) = try start(directory, nil)
    try commit(first, 0)
    let (other, _) = try start(directory, nil)
    for number in 1..<4 {
      let (_, report) = try start(directory, first.commitNumber)
      #expect(report.hasForeignCommits == (number > 2), "\(number)")
      try commit(other, number)
    }
  }

  /// However often a commit is tried from one position, killed before it is saved or held up by a full disk: the last
  /// intent lists all that is unfinished.
  @Test func triesFromOnePositionAreNoCommitsOfOthers() throws {
    let directory = TemporaryDirectory(inMemory: true)
    let fault = Mutex<SystemCalls.Call?>(nil)
    let (first, _) = try start(directory, nil)
    try commit(first, 0)
    for number in 1..<6 {
      let calls = SystemCalls { call in fault.withLock { $0 == call ? .failure(ENOSPC) : nil } }
      let tree = try AuditTree(
        root: directory.root, mode: .durable(state: directory.state), calendar: .utc, calls: calls)
      let report = try tree.recover(savedCommit: first.commitNumber)
      #expect(!report.hasForeignCommits, "\(number)")
      // What the runs before have written comes again, and is there.
      for earlier in 1..<number {
        #expect(try tree.append(Self.events[earlier].0, owner: Self.events[earlier].1) == false)
      }
      try tree.append(Self.events[number].0, owner: Self.events[number].1)
      fault.withLock { $0 = .write }
      for _ in 0..<3 { #expect(throws: FileError.self) { try tree.commit() } }
      fault.withLock { $0 = nil }
      try tree.commit()
    }
    #expect(try directory.treeFiles().values.joined().count { $0 == 10 } == 6)
  }
}

private let events = CrashMatrixTests.events
