import Configuration
import Correlation
import Glibc
import LogSources
import Platform

/// The sources of the configuration, journals and text logs, as a service's input; and the replays that ask it to add
/// events.
final class JournalInput: ServiceInput {
  private let sources: SourceThread
  private let request: SourceRequest
  private let retention: UInt64
  private let log: Log
  private var faults: JournalFaults?
  private var backfill: BackfillServer?

  let serviceName = "mailtrail"
  let timing: ServiceTiming
  let stateDirectory: String
  let lockTimeout: UInt64 = 0
  let mayComeAgain = false
  let isNotifying = true
  let writingTrouble = "reading has stopped until there is room, nothing is lost"
  let isReadAgain = true

  /// What no reading of a batch takes on a sound disk, in microseconds.
  private static let longReading: UInt64 = 60_000_000

  /// - Parameter follows: whether to wait for more at the end.
  init(_ configuration: Configuration, follows: Bool, log: Log) throws {
    sources = try SourceThread()
    request = SourceRequest(configuration.sources, follows: follows)
    retention = configuration.audit.retention.microseconds
    stateDirectory = configuration.state.directory
    self.log = log
    // A line of a text log bears the second that it was written in, and may come at its end.
    timing = ServiceTiming(
      writesAtOnce: true, positionInterval: 10_000_000, grace: request.text.isEmpty ? 200_000 : 1_200_000,
      drainTimeout: 2_000_000, watchdogInterval: SystemMessages.watchdogInterval())
  }

  // MARK: State

  func restore(_ chunk: [UInt8], to correlator: Correlator) -> Bool { correlator.restore(chunk) }
  func encodeState(of correlator: Correlator) -> [UInt8] { correlator.encodeState() }
  func encodeChanges(of correlator: Correlator) -> [UInt8] { correlator.encodeChanges() }

  // MARK: Reading

  func refuse(_ error: any Error) throws -> Bool { throw error }

  func start(_ content: CheckpointStore.Content?, interest: any EntryInterest) throws -> [SourceNotice] {
    let now = SystemClock.realtime()
    let earliest = now > retention ? now - retention : 0
    var request = request
    let faults = JournalFaults(directory: stateDirectory)
    request.journal?.excludedFiles = faults.excluded
    request.start = content.map { .after($0.position, newWritersSince: earliest) } ?? .since(earliest)
    self.faults = faults
    if request.follows { listen() }
    sources.start(request, interest: interest)
    return faults.notices
  }

  /// Lets replays bring what is missing. Without the socket they cannot; everything else goes on.
  private func listen() {
    do {
      let server = try BackfillServer(directory: stateDirectory)
      server.start(onBatch: interrupt)
      backfill = server
    } catch { log.error(error) }
  }

  func receive(timeout: UInt64) throws -> InputEvent {
    switch sources.messages.receive(timeoutMicroseconds: timeout) {
    case .element(.batch(let batch, let notices, let isAtEnd, let readAt)):
      quietUntil = isAtEnd && request.follows ? readAt : 0
      self.isAtEnd = isAtEnd
      if isAtEnd { faults?.settle() }
      return .batch(batch, notices: notices, moves: batch.examinedCount > 0 || batch.lateFile != nil)
    case .element(.failed(let error)): throw error
    case .timedOut:
      if quietUntil > 0 { quietUntil = SystemClock.realtime() }
      return .timedOut
    case .closed: return .ended
    }
  }

  func recycle(_ batch: EntryBatch) { sources.recycle(batch) }

  var interrupt: @Sendable () -> Void { { [messages = sources.messages] in messages.interrupt() } }

  func takeReplay() -> BackfillServer.Batch? { backfill?.take() }

  func acknowledge() {}
  func confirm(_ error: String?) {}
  func end() -> [SourceNotice] { [] }

  func stop() {
    backfill?.stop()
    sources.stop()
  }

  // MARK: How things stand

  private(set) var isAtEnd = false
  /// Where the sources end the clock ends no waits: closing them takes a while too, and what waits is the next start's.
  private(set) var quietUntil: UInt64 = 0
  let settlesFrom: UInt64 = 0
  let isHoldingBack = false
  let complaints: [String: String] = [:]

  func isPastEarlierRuns(newest: UInt64) -> Bool { isAtEnd }

  var readingError: String? { Self.timeoutError(ofReadingFor: sources.readingTime) }

  /// A reader that hangs, in the journal library or on a dead network file system, looks like a quiet journal otherwise.
  /// The watchdog does not wait for it: killed and started again, a slow reading would begin anew forever.
  static func timeoutError(ofReadingFor time: UInt64) -> String? {
    guard time > longReading else { return nil }
    return
      "the same \(SourceThread.batchSize) entries are being read for more than a minute: the journal's disk is very slow, "
      + "or a file of it is damaged (journalctl --verify)"
  }
}
