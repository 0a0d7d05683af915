import AuditFiles
import AuditModel
import AuditReading
import AuditWriting
import Configuration
import Glibc
import Platform

/// Moves a trail that was written under a wrong name into the right one, as `mailtrail merge` does.
///
/// In this order, each durable before the next: a record in `_bridge` says what is moved, by whom; the records are appended
/// to the target, chained there; what the target has then is compared with the source; a seal covers all of it, the source
/// too; what is known of its logins becomes the target's; the source goes. After a stop anywhere the same merge goes on: what the target has already is known by its ids.
package struct TrailMerger {
  /// What was done.
  package struct Outcome: Sendable, Equatable {
    /// The records of the source, and those of them that were moved now; the others were in the target.
    package var records = 0
    package var moved = 0
    /// Whether the table of logins had something of it.
    package var hasLogins = false
  }

  /// What a day's file has.
  package struct DayCount: Sendable, Equatable {
    package var day: Day
    /// Records that the target lacks, and those that it has.
    package var missing = 0
    package var present = 0
  }

  private struct SourceFile {
    var day: Day
    var records = 0
    var end = MovedLines.End(length: 0, head: .zero)
  }

  private let configuration: Configuration
  private let source: TrailPath
  private let target: MailboxAddress
  private let firstKept: Day?
  private let user: String
  private let announcer: Announcer
  private let calls: SystemCalls

  private var root: String { configuration.audit.directory }
  private var targetTrail: TrailPath { TrailPath(.mailbox(target)) }

  /// - Parameters:
  ///   - source: a trail with a directory of its own below its domain's.
  ///   - firstKept: the first day whose files the retention keeps; nil when it keeps all.
  ///   - user: who merges, for the record.
  package init(
    _ configuration: Configuration, source: TrailPath, target: MailboxAddress, firstKept: Day?, user: String, log: Log,
    calls: SystemCalls = SystemCalls()
  ) {
    (self.configuration, self.source, self.target) = (configuration, source, target)
    (self.firstKept, self.user, self.calls) = (firstKept, user, calls)
    announcer = Announcer(configuration.audit, journal: SystemJournal(log: log), log: log)
  }

  /// What a merge would do, by day. Changes nothing, and may run beside the collector.
  ///
  /// - Throws: `FileError`, or `TrailMergeError` when the source would be refused.
  package func plan() throws -> [DayCount] {
    try check(try TrailRemoval(root: root, trail: source))
    let reader = try TrailReader(root: root)
    var present: [Day: Set<EventID>] = [:]
    for day in try reader.days(of: source) { present[day] = [] }
    let decoder = RecordDecoder()
    try reader.forEachLine(of: targetTrail) { line in
      if let id = decoder.identity(of: line.bytes)?.id { present[line.day]?.insert(id) }
      return true
    }
    var counts: [DayCount] = []
    try reader.forEachLine(of: source) { line in
      guard let id = decoder.identity(of: line.bytes)?.id else { return true }
      if counts.last?.day != line.day { counts.append(DayCount(day: line.day)) }
      if present[line.day]?.contains(id) == true {
        counts[counts.count - 1].present += 1
      } else {
        counts[counts.count - 1].missing += 1
      }
      return true
    }
    return counts
  }

  /// Merges, or goes on with a merge that was not finished. The audit and the state directory must be locked.
  ///
  /// - Parameter now: the time of the record in `_bridge` and of the seal, microseconds since 1970.
  /// - Throws: `FileError`, after which it is called again; or `TrailMergeError`, and then nothing was removed.
  package func run(now: UInt64) throws -> Outcome {
    let removal = try TrailRemoval(root: root, trail: source, calls: calls)
    let tree = try AuditTree(
      root: root, mode: .durable(state: configuration.state.directory),
      calendar: DayCalendar(configuration.audit.timeZone),
      hasTamperEvidence: configuration.audit.hasTamperEvidence, calls: calls)
    try tree.recover()
    // The last run may have ended between a seal and its announcement.
    if configuration.audit.hasTamperEvidence, let seal = tree.lastSeal { announcer.announce(seal) }
    var outcome = Outcome()
    guard try !TrailReader(root: root).days(of: source).isEmpty else {
      outcome.hasLogins = try moveLogins(at: now)
      try removal.run()
      return outcome
    }
    let keepsOrigin = try check(removal) || configuration.audit.hasTamperEvidence
    let files = try files()
    outcome.records = files.reduce(0) { $0 + $1.records }
    try record(files, outcome.records, in: tree, at: now)
    outcome.moved = try move(into: tree, keepsOrigin: keepsOrigin)
    if keepsOrigin { try compare(files) }
    if let seal = try tree.seal(at: now) { announcer.announce(seal) }
    outcome.hasLogins = try moveLogins(at: now)
    try removal.run()
    return outcome
  }

  // MARK: - Steps

  /// Whether the source is as mailtrail wrote it: moved, what somebody did to it would be harder to see.
  ///
  /// - Returns: whether anything in the tree says what the source must be, so that its lines must be restorable.
  @discardableResult
  private func check(_ removal: TrailRemoval) throws -> Bool {
    if let name = try removal.foreignName() {
      throw TrailMergeError.foreignFile("\(root)/\(source.directory)/\(name)")
    }
    var options = TreeVerifier.Options()
    (options.trails, options.firstKept) = ([source], firstKept)
    var first: VerifyProblem?
    let report = try TreeVerifier(root: root).verify(options) { first = first ?? $0 }
    if let first {
      throw TrailMergeError.unsound(
        source.directory, problem: "\(first.path):" + (first.line.map { "\($0):" } ?? "") + " " + first.text)
    }
    return report.chained > 0 || report.seals > 0
  }

  /// The source's files and where they end.
  private func files() throws(FileError) -> [SourceFile] {
    var files: [SourceFile] = []
    try TrailReader(root: root).forEachLine(of: source) { line in
      var file = files.popLast() ?? SourceFile(day: line.day)
      if file.day != line.day {
        files.append(file)
        file = SourceFile(day: line.day)
      }
      file.records += 1
      file.end = MovedLines.End(length: line.offset + line.bytes.count + 1, head: ChainHash(of: line.bytes))
      files.append(file)
      return true
    }
    return files
  }

  /// Appends what the target lacks, and makes it durable; how many records that were.
  private func move(into tree: AuditTree, keepsOrigin: Bool) throws(FileError) -> Int {
    var moved = 0
    try TrailReader(root: root).forEachLine(of: source) { (line) throws(FileError) in
      // Checked before: each line is a record.
      guard let id = RecordDecoder().identity(of: line.bytes)?.id else { return true }
      let record =
        keepsOrigin
        ? RecordOrigin.line(line.bytes, movedFrom: source) : RecordLink.removed(from: line.bytes)
      if try tree.append(record, id: id, owner: .mailbox(target), day: line.day) { moved += 1 }
      if tree.isFull { try tree.commit() }
      return true
    }
    try tree.commit()
    return moved
  }

  private func moveLogins(at now: UInt64) throws(FileError) -> Bool {
    try LoginTable(root: root, isDurable: true, calls: calls).move(source, to: target, now: now)
  }

  /// Before anything goes: whether the source can be restored from the target, line for line.
  private func compare(_ files: [SourceFile]) throws {
    let moved = try MovedLines(root: root)
    for file in files where try !moved.ends(of: source, on: file.day, in: targetTrail).contains(file.end) {
      throw TrailMergeError.different(source.file(of: file.day), target: targetTrail.file(of: file.day))
    }
  }

  /// Says in `_bridge` what is moved, once.
  private func record(_ files: [SourceFile], _ count: Int, in tree: AuditTree, at now: UInt64) throws {
    var identity = StableHash()
    identity.combine(source.directory.utf8)
    identity.combine(targetTrail.directory.utf8)
    for file in files {
      identity.combine(UInt64(bitPattern: Int64(file.day.number)))
      identity.combine(file.end.head.description.utf8)
    }
    let merge = TrailMerge(source: source, target: targetTrail, records: count)
    let event = BridgeEvents.merged(
      merge, identity: identity.value, lastHash: files.last.map(\.end.head), user: user, at: now)
    guard try !MergeHistory(root: root).ids.contains(event.event.id) else { return }
    try tree.append(event.event, owner: event.owner)
    try tree.commit()
    announcer.announce(event.event)
  }
}

/// Why a trail is not merged. Nothing of it was removed.
package enum TrailMergeError: Error, CustomStringConvertible {
  /// The trail's directory, and what is wrong in it.
  case unsound(String, problem: String)
  /// The path of something that is none of mailtrail's.
  case foreignFile(String)
  /// The source's file, and the target's.
  case different(String, target: String)

  package var description: String {
    switch self {
    case .unsound(let trail, let problem):
      "\(trail) is not merged, because it is not as mailtrail wrote it, and that would be harder to see afterwards: "
        + "\(problem). ‘mailtrail verify’ has all of it; a trail that was changed stays where it is"
    case .foreignFile(let path):
      "\(path) is none of mailtrail's files and would be lost with the trail; move it away first"
    case .different(let file, let target):
      "\(target) has records with the ids of \(file), but not as a merge moves them, so that the file cannot be removed "
        + "without a loss of evidence; it stays. Has somebody copied them? ‘mailtrail verify’ says which lines"
    }
  }
}
