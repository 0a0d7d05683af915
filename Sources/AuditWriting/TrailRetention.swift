import AuditFiles
import AuditModel
import Glibc
import Platform

/// What a run of the retention removed.
package struct RetentionReport: Sendable, Hashable {
  package var filesRemoved = 0
  package var directoriesRemoved = 0
}

/// Removes day files that nobody is to keep any longer (`audit.retention`).
package struct TrailRetention {
  private let root: Directory
  private let calendar: DayCalendar

  /// Opens the tree; throws a `FileError` when it does not exist or is a symbolic link.
  package init(root path: String, calendar: DayCalendar) throws(FileError) {
    self.init(root: try Directory.open(path, create: false, calls: SystemCalls()), calendar: calendar)
  }

  init(root: Directory, calendar: DayCalendar) {
    self.root = root
    self.calendar = calendar
  }

  /// Removes the day files whose whole day lies before the limit, and mailbox directories that are empty then.
  ///
  /// The limit is the earlier of `now` and `newest` (the newest entry's time), less `retention`; all in microseconds.
  /// The earlier of the two, because a clock that jumps ahead must not erase evidence. Names that are none of ours and
  /// everything behind a symbolic link is left alone. Of a trail with tamper evidence the last hash stays, in `HEAD`,
  /// when its last file goes; seals stay twice as long. Throws a `FileError` when something cannot be listed, written
  /// or removed.
  package func removeExpired(now: UInt64, newest: UInt64, retention: UInt64) throws(FileError) -> RetentionReport {
    var report = RetentionReport()
    guard let firstKept = calendar.firstKept(now: now, newest: newest, retention: retention) else { return report }
    for trail in try TrailListing(root: root).trails() {
      try removeExpired(trail, before: firstKept, &report)
    }
    if let firstSeal = calendar.firstKept(now: now, newest: newest, retention: 2 * retention) {
      try SealLog.removeExpired(before: firstSeal, in: root)
    }
    return report
  }

  private func removeExpired(
    _ trail: TrailPath, before firstKept: Day, _ report: inout RetentionReport
  ) throws(FileError) {
    var walker = TreeWalker(root: root)
    guard let directory = try walker.directory(trail, create: false) else { return }
    let names = try directory.names()
    // unlink(2) removes a link itself, but a link is none of ours; a directory it refuses.
    let days = names.compactMap(Day.init(fileName:)).filter { directory.isFile($0.fileName) }.sorted()
    let expired = days.filter { $0 < firstKept }
    var left = names.count
    if let newest = expired.last { left += try keepHead(of: newest, isLast: newest == days.last, directory) }
    for day in expired where try directory.remove(day.fileName, isDirectory: false) {
      report.filesRemoved += 1
      left -= 1
    }
    guard left == 0, let child = trail.child else { return }
    let parentPath = TrailPath(parent: trail.parent, child: nil)
    guard let parent = try walker.directory(parentPath, create: false) else { return }
    if try parent.remove(child, isDirectory: true) { report.directoriesRemoved += 1 }
    if try root.remove(trail.parent, isDirectory: true) { report.directoriesRemoved += 1 }
  }

  /// Before the newest expired file goes: keeps its last hash when no file is left that carries on the chain; an older
  /// hash is of no use when one is. By how much the number of names changes.
  private func keepHead(of day: Day, isLast: Bool, _ directory: Directory) throws(FileError) -> Int {
    let hadHead = directory.isFile(TrailHead.fileName)
    if isLast {
      guard let line = try TrailHead.lastLine(directory, day), RecordLink.read(line) != nil else { return 0 }
      try TrailHead.write(ChainHash(of: line), in: directory)
      return hadHead ? 0 : 1
    }
    guard hadHead else { return 0 }
    return try directory.remove(TrailHead.fileName, isDirectory: false) ? -1 : 0
  }
}
