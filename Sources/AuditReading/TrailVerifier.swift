import AuditFiles
import AuditModel
import Glibc
import Platform

/// Checks the files of one trail: that each line is whole and a record of this trail and day, ids are unique, the chain
/// is unbroken, and what was sealed is there.
///
/// Memory is for a block of a file, the ids of one file up to a limit, and what the seals say of the trail.
struct TrailVerifier {
  private let directory: Directory
  private let trail: TrailPath
  /// What the seals say, by day, the shortest first.
  private let states: [Day: [SealVerifier.State]]
  private let days: [Day]
  private let head: TrailHead.Content
  private let sealedHeads: [ChainHash: Day]
  /// The trails that were moved into this one: their records name other mailboxes.
  private let sources: Set<TrailPath>
  private let problem: (VerifyProblem) -> Void
  private(set) var report: VerifyReport
  /// The hashes that first lines refer to, and the first day in which a line has it.
  private var wanted: [ChainHash: Day?] = [:]

  /// Ids of one file that are compared; beyond, the rest of the file is not.
  static let maximumIDs = 2_000_000

  init(
    _ directory: Directory, _ trail: TrailPath, _ states: [SealVerifier.State], sources: Set<TrailPath>,
    report: VerifyReport, _ problem: @escaping (VerifyProblem) -> Void
  ) throws(FileError) {
    self.directory = directory
    self.trail = trail
    self.sources = sources
    self.report = report
    self.problem = problem
    self.states = Dictionary(grouping: states, by: \.day).mapValues { $0.sorted { $0.length < $1.length } }
    days = try directory.names().compactMap(Day.init(fileName:)).filter { directory.isFile($0.fileName) }.sorted()
    head = try TrailHead.read(in: directory)
    sealedHeads = Dictionary(states.map { ($0.head, $0.day) }, uniquingKeysWith: min)
  }

  /// Sealed files that are gone although the retention keeps their days.
  static func checkMissing(
    _ states: [SealVerifier.State], of trail: TrailPath, present: Set<Day>, firstKept: Day?,
    _ problem: (VerifyProblem) -> Void
  ) {
    let missing = Dictionary(grouping: states, by: \.day).filter { day, _ in
      !present.contains(day) && firstKept.map { day >= $0 } ?? true
    }
    for (day, states) in missing.sorted(by: { $0.key < $1.key }) {
      guard let last = states.last else { continue }
      problem(
        VerifyProblem(
          trail.file(of: day),
          "is gone, but the retention keeps its day; it had \(last.length) bytes when seal \(last.seal) was made at "
            + VerifyProblem.text(of: last.time)))
    }
  }

  mutating func run(firstKept: Day?) throws(FileError) {
    Self.checkMissing(Array(states.values.joined()), of: trail, present: Set(days), firstKept: firstKept, problem)
    var oldestLink: ChainHash?
    for day in days {
      guard let link = try firstLink(of: day) else { continue }
      wanted[link] = .some(nil)
      if day == days.first { oldestLink = link }
    }
    checkHead(oldestLink)
    for day in days { try check(day) }
  }

  private func firstLink(of day: Day) throws(FileError) -> ChainHash? {
    guard let (file, _) = try directory.file(day.fileName, flags: O_RDONLY) else { return nil }
    var link: ChainHash?
    try LineScanner(file, path: directory.path + "/" + day.fileName).forward(from: 0) { line in
      link = RecordLink.read(line.bytes)
      return false
    }
    return link
  }

  private func checkHead(_ oldestLink: ChainHash?) {
    let path = trail.directory + "/" + TrailHead.fileName
    switch head {
    case .absent: break
    case .damaged: problem(VerifyProblem(path, line: 1, "is not the hash that the retention keeps: it was changed"))
    case .head(let hash):
      if let oldestLink, oldestLink != hash {
        problem(
          VerifyProblem(
            path, line: 1, "is not what the first line of \(days[0].fileName) follows: one of them was changed"))
      } else if !sealedHeads.isEmpty, sealedHeads[hash] == nil {
        problem(VerifyProblem(path, line: 1, "is no hash that was sealed for this trail: it was changed"))
      }
    }
  }

  // MARK: One file

  private struct FileState {
    var day: Day
    var path: String
    var line = 0
    var hash: ChainHash?
    var isChained = false
    var time: UInt64?
    var ids: Set<UInt64> = []
    var nextState = 0
    var hasSealProblem = false
    /// The first line follows what nobody knows: right only if what was sealed of this file is right.
    var hasUnknownStart = false
  }

  private mutating func check(_ day: Day) throws(FileError) {
    guard let (file, length) = try directory.file(day.fileName, flags: O_RDONLY) else { return }
    report.files += 1
    var state = FileState(day: day, path: trail.file(of: day))
    var torn: LineScanner.Line?
    try LineScanner(file, path: directory.path + "/" + day.fileName).forward(from: 0) { line in
      state.line += 1
      torn = line.isWhole ? nil : line
      if line.isWhole { check(line, &state) }
      return true
    }
    // While the collector writes, half a line may be there for a moment.
    let size = file.status().map { Int($0.st_size) } ?? length
    if let torn, torn.end >= size {
      report(state, "has no line end: the line is torn")
    }
    if let missing = states[day]?.dropFirst(state.nextState).last, !state.hasSealProblem {
      reportUnknownStart(state)
      problem(
        VerifyProblem(
          state.path, line: state.line + 1,
          "the file ends here with \(torn?.offset ?? size) bytes, but had \(missing.length) when seal \(missing.seal) was made at "
            + "\(VerifyProblem.text(of: missing.time)): its last lines were removed", before: state.time))
    }
  }

  private func report(_ state: FileState, _ text: String, after: UInt64? = nil) {
    problem(VerifyProblem(state.path, line: state.line, text, before: state.time, after: after))
  }

  private mutating func check(_ line: LineScanner.Line, _ state: inout FileState) {
    let hash = ChainHash(of: line.bytes)
    var event: AuditEvent?
    do {
      let decoded = try RecordDecoder().decode(line.bytes)
      event = decoded
      report.records += 1
      check(decoded, &state)
    } catch {
      report(state, "is no record: \(error.expected) expected at byte \(error.byte)")
    }
    checkLink(line, event?.time, &state)
    checkSeals(line, hash, event?.time, &state)
    state.hash = hash
    state.time = event?.time ?? state.time
    if let seen = wanted[hash], seen == nil { wanted[hash] = state.day }
  }

  private mutating func check(_ event: AuditEvent, _ state: inout FileState) {
    if state.ids.count < Self.maximumIDs {
      let packed = event.id.source &* 0x9e37_79b9_7f4a_7c15 ^ event.id.detail &<< 1 ^ (event.id.isBurst ? 1 : 0)
      if !state.ids.insert(packed).inserted {
        report(state, "has the id of an earlier line: the line was copied", after: event.time)
      }
      if state.ids.count == Self.maximumIDs {
        report.notes.append("\(state.path): only the first \(Self.maximumIDs) ids were compared")
      }
    }
    // Whatever time zone was set when it was written: 14 hours ahead of UTC to 12 behind it.
    let second = Int(event.time / 1_000_000)
    let start = state.day.number * CivilTime.secondsPerDay
    if second < start - 14 * 3600 || second >= start + 36 * 3600 {
      report(state, "is of another day than its file", after: event.time)
    }
    if trail.isOfMailbox, let child = trail.child, let name = event.fields[.mailbox],
      name.count < RecordEncoder.maximumValueLength
    {
      let owner = MailboxAddress(Array(name)).map { TrailPath(.mailbox($0)) }
      if owner != TrailPath(parent: trail.parent, child: child), !isMoved(event, of: owner) {
        report(state, "is of another mailbox than its file: the line was copied", after: event.time)
      }
    }
  }

  /// Whether a record that names another mailbox is of a trail that was moved into this one.
  private func isMoved(_ event: AuditEvent, of owner: TrailPath?) -> Bool {
    if sources.isEmpty { return false }
    if let owner, sources.contains(owner) { return true }
    let origins = (event.fields[.movedFrom] ?? []).split(separator: 0)
      .map { $0.prefix { $0 != UInt8(ascii: " ") } }
    return sources.contains { source in origins.contains { $0.elementsEqual(source.directory.utf8) } }
  }

  // MARK: The chain

  private mutating func checkLink(_ line: LineScanner.Line, _ time: UInt64?, _ state: inout FileState) {
    guard let link = RecordLink.read(line.bytes) else {
      if state.isChained {
        report(
          state, "has no prev, but the line before has: it was put in, or tamper evidence was switched off here",
          after: time)
      }
      state.isChained = false
      return
    }
    report.chained += 1
    state.isChained = true
    if let before = state.hash {
      if link != before {
        report(
          state,
          "does not follow the line before: line \(state.line - 1) was changed, or lines between them were removed, "
            + "put in or put in another order", after: time)
      }
    } else {
      checkFirst(link, line, time, &state)
    }
  }

  /// The first line of a file follows a line of an earlier one, or is a trail's first of all.
  private mutating func checkFirst(
    _ link: ChainHash, _ line: LineScanner.Line, _ time: UInt64?, _ state: inout FileState
  ) {
    if let seen = wanted[link], let seen, seen < state.day { return }
    if link == TrailHead.beginning(of: trail) || head == .head(link) { return }
    if let sealed = sealedHeads[link], sealed <= state.day { return }
    let earlier = states.keys.filter { $0 < state.day }
    let mayBeGone = state.day == days.first || !earlier.allSatisfy(days.contains)
    let isSealed = states[state.day]?.contains { $0.length >= line.end } ?? false
    if mayBeGone, head == .absent, isSealed || earlier.isEmpty {
      state.hasUnknownStart = isSealed
      if !isSealed { report.notes.append("\(state.path): follows a file that is gone, of which no seal knows") }
      return
    }
    report(
      state,
      "does not follow a line of an earlier day: the end of that day's file was changed or removed, or the "
        + "beginning of this one", after: time)
  }

  private func reportUnknownStart(_ state: FileState) {
    guard state.hasUnknownStart else { return }
    problem(
      VerifyProblem(
        state.path, line: 1,
        "follows no line that is known, and what was sealed of this file does not fit: lines in front of it were "
          + "probably removed"))
  }

  private func checkSeals(
    _ line: LineScanner.Line, _ hash: ChainHash, _ time: UInt64?, _ state: inout FileState
  ) {
    guard let sealed = states[state.day] else { return }
    while state.nextState < sealed.count, sealed[state.nextState].length <= line.end {
      let one = sealed[state.nextState]
      state.nextState += 1
      if one.length == line.end, one.head == hash { continue }
      guard !state.hasSealProblem else { continue }
      state.hasSealProblem = true
      reportUnknownStart(state)
      let reason =
        one.length == line.end
        ? "is not the line that ended here" : "reaches over byte \(one.length), where a line ended"
      report(
        state,
        "\(reason) when seal \(one.seal) was made at \(VerifyProblem.text(of: one.time)): this line or one before "
          + "it was changed, removed or put in", after: time)
    }
  }
}
