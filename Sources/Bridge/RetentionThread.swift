import AuditFiles
import AuditWriting
import Configuration
import Glibc
import Platform

/// Removes old day files on a thread of its own: a walk through a large tree takes longer than a loop may wait.
enum RetentionThread {
  /// - Parameters:
  ///   - newest: the time of the newest entry that was read, microseconds since 1970.
  ///   - report: called with what was removed, or why it could not be.
  static func start(
    audit: Configuration.Audit, calendar: DayCalendar, newest: UInt64, report: @escaping @Sendable (String) -> Void
  ) {
    let (root, retention) = (audit.directory, audit.retention.microseconds)
    let thread = WorkerThread.start {
      do {
        let result = try TrailRetention(root: root, calendar: calendar)
          .removeExpired(now: SystemClock.realtime(), newest: newest, retention: retention)
        if result.filesRemoved > 0 { report("retention: removed \(result.filesRemoved) daily files") }
      } catch { report("retention: \(error)") }
    }
    pthread_detach(thread)
  }
}
