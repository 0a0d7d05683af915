import ArgumentParser
import Bridge
import Glibc
import LogSources

/// `mailtrail ingest`: the program that a syslog daemon starts and hands its lines.
struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest", abstract: "Take lines from rsyslog or syslog-ng and write the audit trails.",
    discussion: """
      Reads one message on each line of standard input and writes the live tree as collect does, for hosts whose mail \
      logs do not reach a journal. rsyslog starts it through omprog with confirmMessages and useTransactions: what is \
      answered OK is on disk, and what rsyslog sends again is recognised by the @TOKEN in front of each line. syslog-ng \
      starts it through program(), which has no answers: lines are on disk within a second.

      All lines are believed: pass on the messages of this machine only, never unauthenticated ones from the network. \
      mailtrail-ingest(8) describes the configuration of the syslog daemon.

      Exits at the end of its input, or on SIGTERM, after everything that was read is on disk.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Option(help: ArgumentHelp("The format of the lines: \(TextLogFormat.names).", valueName: "format"))
  var format = TextLogFormat.syslog

  @Flag(
    inversion: .prefixedNo,
    help: "Answer each line as omprog expects it with confirmMessages. By default if standard output is a pipe.")
  var confirm: Bool?

  func validate() throws {
    guard format != .journalExport else {
      throw ValidationError(
        "--format journal-export is for files, its entries have many lines: let journalctl write -o json.")
    }
  }

  func run() throws {
    let configuration = try options.load()
    let ingestor = try Ingestor(
      configuration: configuration, table: try configuration.loadTable(),
      options: .init(
        format: format, confirms: confirm ?? Self.isOutputPipe, log: StandardError.log))
    try ingestor.run()
  }

  /// omprog gives a pipe when it waits for answers, /dev/null when not; syslog-ng always gives /dev/null.
  private static var isOutputPipe: Bool {
    var status = stat()
    return fstat(STDOUT_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }
}
