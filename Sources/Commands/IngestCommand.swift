import ArgumentParser
import Bridge
import Glibc
import LogSources

/// `mailtrail ingest`: the program that a syslog daemon starts and hands its lines.
struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest", abstract: "Take lines from rsyslog or syslog-ng and write the audit trails.",
    discussion: """
      Reads one line a message on standard input and writes the live tree as collect does, for hosts whose mail logs \
      reach no journal. rsyslog starts it through omprog with confirmMessages and useTransactions: what is answered OK \
      is durable, and what rsyslog sends again is known by the @TOKEN in front of each line. syslog-ng starts it \
      through program(), which knows no answers: lines are durable within a second.

      The lines are believed, whoever a daemon's name was used by: hand over this machine's own sources only, never \
      what comes over the network unauthenticated. The syslog daemon's configuration is in README.md, "Without a \
      journal: rsyslog and syslog-ng".

      Ends with its input, or on SIGTERM, after everything read is durable.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Option(help: ArgumentHelp("The format of the lines: \(TextLogFormat.names).", valueName: "format"))
  var format = TextLogFormat.syslog

  @Flag(
    inversion: .prefixedNo,
    help: "Answer each line as omprog expects it with confirmMessages. Without either: when standard output is a pipe.")
  var confirm: Bool?

  func run() throws {
    let configuration = try options.load()
    let ingestor = try Ingestor(
      configuration: configuration, table: try configuration.loadTable(),
      options: .init(
        format: format, confirms: confirm ?? Self.isOutputPipe, report: { StandardError.write("mailtrail: " + $0) }))
    try ingestor.run()
  }

  /// omprog gives a pipe when it waits for answers, /dev/null when not; syslog-ng always gives /dev/null.
  private static var isOutputPipe: Bool {
    var status = stat()
    return fstat(STDOUT_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }
}
