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
      TraceCommand.self, SourceCommand.self, MailboxesCommand.self, LastCommand.self, RulesCommand.self,
      StatusCommand.self, RetentionCommand.self, DoctorCommand.self, VerifyCommand.self, RecordCommand.self,
      AccountsCommand.self, MergeCommand.self,
    ])

  package init() {}

  /// Runs the program and ends the process with the exit status of journalctl(1): 0, also with nothing to show; 1 for
  /// an error, or when `--grep` found nothing; 64 for a wrong command line.
  package static func runAndExit() -> Never {
    let arguments = ArgumentNormalizer.normalize(
      Array(CommandLine.arguments.dropFirst()), options: CommandOptions.mailtrail)
    do {
      try UnknownCommand.check(arguments)
      var command = try MailtrailCommand.parseAsRoot(arguments)
      try command.run()
      exit(0)
    } catch let failure as CommandFailure {
      StandardError.write(failure.description)
      exit(failure.status)
    } catch let error as FileError where error.code == EACCES && Self.isReading(arguments) {
      let remedy = ReadingGroup.remedy(for: error.path)
      StandardError.log.error(
        remedy.map { FileError(error.operation, path: error.path, code: EACCES, remedy: $0) } ?? error)
      exit(1)
    } catch {
      let code = MailtrailCommand.exitCode(for: error)
      if code == .validationFailure || code == .success || error is ExitCode { MailtrailCommand.exit(withError: error) }
      StandardError.log.error(error)
      exit(1)
    }
  }

  /// Whether the command is one for everybody who may read the trails.
  private static func isReading(_ arguments: [String]) -> Bool {
    ["show", "search", "trace", "source", "mailboxes", "last", "status", "verify", "doctor"].contains(arguments.first)
  }

  /// Ends the process; an answer that could not be written whole is an error whatever the command found.
  private static func exit(_ status: Int32) -> Never {
    guard let code = StandardOutput.finish() else { Glibc.exit(status) }
    StandardError.log.error(OutputError(errno: code))
    Glibc.exit(max(status, 1))
  }
}

/// A first word that is no command.
enum UnknownCommand {
  /// - Throws: `CommandFailure` that names the nearest command.
  static func check(_ arguments: [String]) throws {
    guard let word = arguments.first, !word.hasPrefix("-"), word != "help" else { return }
    let names = MailtrailCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    guard !names.contains(word) else { return }
    let hint = Suggestion.nearest(to: word, among: names).map { "did you mean ‘mailtrail \($0)’?" }
    throw CommandFailure(
      "mailtrail: there is no command ‘\(word)’; \(hint ?? "‘mailtrail --help’ lists them")", status: 64)
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
