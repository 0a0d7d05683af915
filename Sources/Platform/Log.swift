import Glibc

/// What a service says of itself, each message with its severity.
package struct Log: Sendable {
  /// The severities of syslog(3) that are used here.
  package enum Severity: Int, Sendable {
    /// Something was lost, or nothing is recorded until somebody acts.
    case error = 3
    /// Something is in disorder; nothing is lost yet.
    case warning = 4
    /// Somebody should know it, nothing is wrong.
    case notice = 5
    case info = 6
  }

  private let write: @Sendable (Severity, String) -> Void

  package init(_ write: @escaping @Sendable (Severity, String) -> Void) { self.write = write }

  package func error(_ text: String) { write(.error, text) }
  package func warning(_ text: String) { write(.warning, text) }
  package func notice(_ text: String) { write(.notice, text) }
  package func info(_ text: String) { write(.info, text) }

  /// What could not be done: the error's operation, subject, reason and remedy, and what comes of it.
  package func error(_ error: any Error, consequence: String? = nil) {
    write(.error, "\(error)" + (consequence.map { "; " + $0 } ?? ""))
  }
}

extension Log {
  /// Whether standard error goes to the system journal, which takes a severity in front of a line as `<4>`
  /// (sd-daemon(3)).
  ///
  /// - Parameter stream: JOURNAL_STREAM of systemd.exec(5), the device and inode of what the journal reads.
  package static func isJournal(
    _ stream: String? = getenv("JOURNAL_STREAM").map { String(cString: $0) }
  ) -> Bool {
    var status = stat()
    guard let stream, fstat(STDERR_FILENO, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }
}
