import Configuration
import LogSources
import Platform
import RuleTable

/// `mailtrail collect`: follows the sources of the configuration and writes the audit tree.
package struct Collector {
  /// How to run.
  package struct Options: Sendable {
    /// Read to the end of the sources, make everything durable and return.
    package var untilEnd: Bool
    /// Reads the configuration and the tables anew, for SIGHUP.
    package var reload: @Sendable () throws -> (Configuration, CompiledTable)
    /// Where to say what is worth a line in the system journal.
    package var log: Log

    package init(
      untilEnd: Bool = false, reload: @escaping @Sendable () throws -> (Configuration, CompiledTable),
      log: Log
    ) {
      self.untilEnd = untilEnd
      self.reload = reload
      self.log = log
    }
  }

  private let service: Service
  private let signals = SignalThread()
  private let interrupt: @Sendable () -> Void

  package init(configuration: Configuration, table: CompiledTable, options: Options) throws {
    let input = try JournalInput(configuration, follows: !options.untilEnd, log: options.log)
    interrupt = input.interrupt
    service = try Service(
      configuration, table: table, input: input, signals: signals, log: options.log, reload: options.reload)
  }

  /// Runs until SIGTERM, or to the end of the sources.
  ///
  /// - Throws: what keeps the service from running at all; everything else is reported and waited for.
  package func run() throws {
    signals.start(onSignal: interrupt)
    try service.run()
  }
}
