import AuditFiles
import AuditModel
import Configuration
import Platform

/// Tells the system journal of what is durable: events of the configured level and above, and seals.
final class Announcer: Sendable {
  private let directory: String
  private let level: Level?
  private let journal: SystemJournal
  let log: Log

  init(_ audit: Configuration.Audit, journal: SystemJournal, log: Log) {
    (directory, level) = (audit.directory, audit.systemMessages)
    self.journal = journal
    self.log = log
  }

  func announce(_ event: AuditEvent) {
    if let level, event.level >= level { journal.send(event) }
  }

  func announce(_ seal: Seal) { journal.send(seal, of: directory) }
}
