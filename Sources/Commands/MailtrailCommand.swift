import ArgumentParser
import AuditOutput
import Glibc
import Platform

/// `mailtrail`: one program, a subcommand for each thing that people do with audit trails.
package struct MailtrailCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "mailtrail", abstract: "An audit trail for every mailbox of a mail server.",
    discussion: """
      Reads what mail daemons write to the systemd journal, maps it to events with tables of rules, and keeps one trail \
      for each mailbox: who logged in from where, what was sent, delivered, deleted, refused.
      """,
    version: "0.1.0",
    subcommands: [
      CollectCommand.self, IngestCommand.self, ReplayCommand.self, ShowCommand.self, SearchCommand.self,
      MailboxesCommand.self, LastCommand.self, RulesCommand.self, StatusCommand.self, RetentionCommand.self,
      DoctorCommand.self, VerifyCommand.self, RecordCommand.self, AccountsCommand.self, MergeCommand.self,
    ])

  package init() {}

  /// Runs the program and ends the process with the exit status of journalctl(1): 0, also with nothing to show; 1 for
  /// an error, or when `--grep` found nothing; 64 for a wrong command line.
  package static func runAndExit() -> Never {
    let arguments = ArgumentNormalizer.normalize(
      Array(CommandLine.arguments.dropFirst()), options: CommandOptions.mailtrail)
    do {
      var command = try MailtrailCommand.parseAsRoot(arguments)
      try command.run()
      Glibc.exit(0)
    } catch let failure as CommandFailure {
      StandardError.write(failure.description)
      Glibc.exit(failure.status)
    } catch {
      let code = MailtrailCommand.exitCode(for: error)
      if code == .validationFailure || code == .success || error is ExitCode { MailtrailCommand.exit(withError: error) }
      StandardError.log.error(error)
      Glibc.exit(1)
    }
  }
}

/// A command that ended badly after saying why.
struct CommandFailure: Error, CustomStringConvertible {
  var description: String
  var status: Int32 = 1

  init(_ description: String, status: Int32 = 1) {
    self.description = description
    self.status = status
  }
}

/// Messages to people.
enum StandardError {
  /// Writes lines. They may repeat what a log or a stranger said: control characters are shown, never sent.
  static func write(_ text: String) { write(text, before: "") }

  /// The log of a service. Where the journal reads standard error, each line bears its severity.
  static let log: Log = {
    let hasSeverity = Log.isJournal()
    return Log { severity, text in
      write("mailtrail: " + text, before: hasSeverity ? "<\(severity.rawValue)>" : "")
    }
  }()

  private static func write(_ text: String, before prefix: String) {
    guard !text.isEmpty else { return }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { prefix + TerminalText.safe($0.utf8) }
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    bytes.withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
