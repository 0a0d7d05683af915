import AuditFiles
import AuditModel
import Configuration

/// Tells the system journal of what is durable: events of the configured level and above, and seals.
final class Announcer: Sendable {
  private let directory: String
  private let level: Level?
  private let journal: SystemJournal
  /// Tells people what is worth a line.
  let report: @Sendable (String) -> Void

  init(_ audit: Configuration.Audit, journal: SystemJournal, report: @escaping @Sendable (String) -> Void) {
    (directory, level) = (audit.directory, audit.systemMessages)
    self.journal = journal
    self.report = report
  }

  func announce(_ event: AuditEvent) {
    if let level, event.level >= level { journal.send(event) }
  }

  func announce(_ seal: Seal) { journal.send(seal, of: directory) }
}
