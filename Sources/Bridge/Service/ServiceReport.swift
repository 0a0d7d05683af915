import AuditModel
import Correlation
import Glibc
import LogSources
import Platform

/// What a service says of itself: the status file that `mailtrail status` reads, the state that systemd shows, and a
/// line in the log when something goes wrong or right again.
struct ServiceReport {
  private(set) var status = CollectorStatus()
  private let directory: String
  private let writingTrouble: String
  private let log: Log
  private var isUrgent = false
  private var reportedJobs: UInt64 = 0
  private var isCaughtUp = false

  init(directory: String, writingTrouble: String, log: Log) {
    (self.directory, self.writingTrouble, self.log) = (directory, writingTrouble, log)
    (status.pid, status.started) = (getpid(), SystemClock.realtime())
  }

  mutating func count(_ batch: EntryBatch) {
    status.entriesRead += UInt64(batch.examinedCount)
    status.truncated += UInt64(batch.truncatedCount)
  }

  mutating func countGaps(_ count: Int) { status.gaps += UInt64(count) }

  /// Says what an input has noticed.
  mutating func take(_ notice: SourceNotice) {
    let text = "\(notice.subject): \(notice.reason)"
    switch notice.kind {
    case .gap: log.error(text)
    case .waiting:
      log.warning(text)
      status.waitingFor[notice.subject] = notice.reason
    case .recovered:
      log.notice(text)
      status.waitingFor[notice.subject] = nil
    case .warning: return log.warning(text)
    }
    isUrgent = true
  }

  /// Caught up is who has read everything and written what came of it; new events of the moment do not change that.
  mutating func rememberCaughtUp(_ now: ServiceSituation) {
    if !now.isAtEnd || now.writer == .failing {
      isCaughtUp = false
    } else if now.writer == .idle, !now.isHeld, now.events + now.additions == 0 {
      isCaughtUp = true
    }
  }

  /// Says once what is not as somebody asked for, and when it is mended.
  ///
  /// - Parameter reason: nil when all is well.
  mutating func setTrouble(_ subject: String, _ reason: String?) {
    guard status.troubles[subject] != reason else { return }
    if let reason { log.error("\(subject): \(reason)") } else { log.notice("\(subject): as it should be again") }
    status.troubles[subject] = reason
    isUrgent = true
  }

  /// - Parameter error: why the last reload was none; nil when it was one.
  mutating func setReloadError(_ error: (any Error)?) {
    setTrouble(
      "reload",
      error.map { "the running configuration and rules are kept, because the new ones are not usable:\n\($0)" })
  }

  /// - Parameter keys: of the configuration, which a reload has not applied.
  mutating func setUnapplied(_ keys: [String]) {
    let reason = "the change of \(keys.joined(separator: ", ")) counts from the next start: systemctl restart mailtrail"
    setTrouble("configuration", keys.isEmpty ? nil : reason)
  }

  /// What stands in the way at the moment.
  struct Facts {
    var writer: WriterThread.Status
    var readingError: String?
    var complaints: [String: String]
    var newest: UInt64

    var lastError: String { writer.lastError ?? readingError ?? "" }
  }

  func isUrgent(_ facts: Facts) -> Bool { isUrgent || facts.lastError != status.lastError }

  func isNew(_ facts: Facts) -> Bool {
    facts.newest != status.newestEntry || isCaughtUp != status.isCaughtUp || facts.writer.jobsDone != reportedJobs
  }

  /// - Parameter notifies: whether systemd hears of an error.
  mutating func write(_ facts: Facts, _ pipeline: Pipeline, notifies: Bool) {
    isUrgent = false
    reportedJobs = facts.writer.jobsDone
    if facts.lastError != status.lastError { logLastError(facts, notifies: notifies) }
    status.lastError = facts.lastError
    status.reported = SystemClock.realtime()
    status.newestEntry = facts.newest
    status.isCaughtUp = isCaughtUp
    status.waitingFor.merge(facts.complaints) { $1 }
    status.take(pipeline)
    status.eventsWritten = facts.writer.eventsWritten
    status.checkpoint = facts.writer.checkpointTime
    status.eventCounts = facts.writer.eventCounts
    status.write(in: directory)
  }

  private func logLastError(_ facts: Facts, notifies: Bool) {
    let lastError = facts.lastError
    if notifies { SystemMessages.notify("STATUS=" + (lastError.isEmpty ? "Going on again" : "Waiting: " + lastError)) }
    if let reason = facts.writer.lastError {
      log.error(reason + "; " + writingTrouble)
    } else if !lastError.isEmpty {
      log.warning(lastError)
    } else {
      log.notice("going on again")
    }
  }
}
