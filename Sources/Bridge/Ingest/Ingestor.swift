import Configuration
import Glibc
import LogSources
import Platform
import RuleTable

/// `mailtrail ingest`: takes the lines that a syslog daemon writes into its standard input, and writes the audit tree.
/// What it acknowledges is durable.
package struct Ingestor {
  /// How to run.
  package struct Options: Sendable {
    /// How the lines are framed.
    package var format: TextLogFormat
    /// Whether each line is answered as rsyslog's omprog expects it with `confirmMessages`.
    package var confirms: Bool
    /// Where lines come from and answers go to.
    package var input: Int32
    package var output: Int32
    /// Where to say what is worth a line.
    package var log: Log

    package init(
      format: TextLogFormat = .syslog, confirms: Bool, input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO,
      log: Log
    ) {
      (self.format, self.confirms, self.input, self.output, self.log) = (format, confirms, input, output, log)
    }
  }

  private let service: Service
  private let signals = SignalThread()
  private let interrupt: @Sendable () -> Void

  package init(configuration: Configuration, table: CompiledTable, options: Options) throws {
    let signals = signals
    let input = try PipedInput(options, stateDirectory: configuration.state.directory + "/ingest") {
      signals.isStopWanted
    }
    interrupt = input.interrupt
    service = try Service(configuration, table: table, input: input, signals: signals, log: options.log)
  }

  /// Runs until the input ends or SIGTERM.
  ///
  /// What keeps it from running at all is thrown, or, where there are answers, sent with each until it is over.
  ///
  /// - Throws: also when the last lines are not durable.
  package func run() throws {
    signal(SIGPIPE, SIG_IGN)
    signals.start(onSignal: interrupt)
    try service.run()
  }
}
