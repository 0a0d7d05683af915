import AuditFiles
import AuditWriting
import Configuration
import Glibc
import Platform

/// Removes old day files on a thread of its own: a walk through a large tree takes longer than a loop may wait.
enum RetentionThread {
  /// - Parameters:
  ///   - newest: the time of the newest entry that was read, microseconds since 1970.
  ///   - log: gets what was removed, or why it could not be.
  static func start(
    audit: Configuration.Audit, calendar: DayCalendar, newest: UInt64, log: Log
  ) {
    let (root, retention) = (audit.directory, audit.retention.microseconds)
    let thread = WorkerThread.start {
      do {
        let result = try TrailRetention(root: root, calendar: calendar)
          .removeExpired(now: SystemClock.realtime(), newest: newest, retention: retention)
        if result.filesRemoved > 0 { log.info("retention: removed \(result.filesRemoved) daily files") }
      } catch { log.error("retention: \(error)") }
    }
    pthread_detach(thread)
  }
}
