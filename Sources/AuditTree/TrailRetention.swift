import AuditModel
import Glibc

/// What a run of the retention removed.
public struct RetentionReport: Sendable, Hashable {
  public var filesRemoved = 0
  public var directoriesRemoved = 0
}

/// Removes day files that nobody is to keep any longer (`audit.retention`).
public struct TrailRetention {
  private let root: Directory
  private let calendar: DayCalendar

  /// Opens the tree; throws a `TreeError` when it does not exist or is a symbolic link.
  public init(root path: String, calendar: DayCalendar) throws(TreeError) {
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
  /// everything behind a symbolic link is left alone. Throws a `TreeError` when something cannot be listed or removed.
  public func removeExpired(now: UInt64, newest: UInt64, retention: UInt64) throws(TreeError) -> RetentionReport {
    let reference = min(now, newest)
    guard reference > retention else { return RetentionReport() }
    // The first day that is kept: its end lies behind the limit.
    var calendar = calendar
    let limit = reference - retention
    var firstKept = calendar.day(of: limit)
    while calendar.end(of: Day(number: firstKept.number - 1)) > limit { firstKept = Day(number: firstKept.number - 1) }
    var report = RetentionReport()
    for trail in try TrailListing(root: root).trails() {
      try removeExpired(trail, before: firstKept, &report)
    }
    return report
  }

  private func removeExpired(
    _ trail: TrailPath, before firstKept: Day, _ report: inout RetentionReport
  ) throws(TreeError) {
    var walker = TreeWalker(root: root)
    guard let directory = try walker.directory(trail, create: false) else { return }
    let names = try directory.names()
    var left = names.count
    for name in names {
      guard let day = Day(fileName: name), day < firstKept else { continue }
      // unlink(2) removes a link itself, but a link is none of ours; a directory it refuses.
      guard directory.isFile(name), try directory.remove(name, isDirectory: false) else { continue }
      report.filesRemoved += 1
      left -= 1
    }
    guard left == 0, let child = trail.child else { return }
    let parentPath = TrailPath(parent: trail.parent, child: nil)
    guard let parent = try walker.directory(parentPath, create: false) else { return }
    if try parent.remove(child, isDirectory: true) { report.directoriesRemoved += 1 }
    if try root.remove(trail.parent, isDirectory: true) { report.directoriesRemoved += 1 }
  }
}
