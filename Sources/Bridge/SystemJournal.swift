import AuditFiles
import AuditModel
import Glibc
import Platform
import Synchronization

/// The system journal as a reader of events and seals. Everything that goes there is in the tree already, so that what
/// journald does not take is said, once until it takes something again, and not tried again.
final class SystemJournal: Sendable {
  private let log: Log
  private let isFailing = Atomic(false)

  init(log: Log) { self.log = log }

  func send(_ event: AuditEvent) { take(SystemMessages.send(event)) }

  func send(_ seal: Seal, of directory: String) { take(SystemMessages.send(seal, of: directory)) }

  /// - Parameter code: 0 or an errno value.
  func take(_ code: Int32) {
    guard code != 0 else { return isFailing.store(false, ordering: .relaxed) }
    guard !isFailing.exchange(true, ordering: .relaxed) else { return }
    log.warning(
      "the system journal did not take a message (\(String(cString: strerror(code)))): look whether systemd-journald "
        + "runs and has room; the trails have the event all the same")
  }
}
