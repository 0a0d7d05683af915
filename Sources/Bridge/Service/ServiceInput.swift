import Configuration
import Correlation
import LogSources

/// Where a service's entries come from: the sources of the configuration, or standard input. Used by one thread, but for
/// what `interrupt` hands out.
protocol ServiceInput: AnyObject {
  /// What the service is called in its own events and messages.
  var serviceName: String { get }
  var timing: ServiceTiming { get }
  /// Where the checkpoint and the rest of the service's state lie.
  var stateDirectory: String { get }
  /// How long another process may take to end that writes the tree, in microseconds.
  var lockTimeout: UInt64 { get }
  /// Whether what an earlier run had written may come again, behind its checkpoint too.
  var mayComeAgain: Bool { get }
  /// Whether systemd itself started the service and hears its states (sd_notify(3)).
  var isNotifying: Bool { get }
  /// What it means for people when nothing can be written.
  var writingTrouble: String { get }
  /// Whether what could not be written at the end comes again by itself.
  var isReadAgain: Bool { get }

  // MARK: State

  /// Takes up a part of the last checkpoint's state; false when it is damaged.
  func restore(_ chunk: [UInt8], to correlator: Correlator) -> Bool
  func encodeState(of correlator: Correlator) -> [UInt8]
  /// What changed since the last encoding.
  func encodeChanges(of correlator: Correlator) -> [UInt8]

  // MARK: Reading

  /// Called when the service cannot begin; whether it should try again. What waits for an answer gets the error.
  ///
  /// - Throws: the error where nobody waits for one.
  func refuse(_ error: any Error) throws -> Bool
  /// Begins behind the checkpoint.
  func start(_ content: CheckpointStore.Content?, interest: any EntryInterest) throws -> [SourceNotice]
  /// Waits for entries at most so long, in microseconds.
  ///
  /// - Throws: what ends the service.
  func receive(timeout: UInt64) throws -> InputEvent
  /// Gives a batch back for the next reading.
  func recycle(_ batch: EntryBatch)
  /// Ends a waiting `receive`; called on other threads.
  var interrupt: @Sendable () -> Void { get }
  /// What a replay wants added; nil when there is nothing.
  func takeReplay() -> BackfillServer.Batch?
  /// Everything that was handed out is durable.
  func acknowledge()
  /// Answers whoever waits for a confirmation; nil for no error.
  func confirm(_ error: String?)
  /// No more will be received; what is to be said of the end.
  func end() -> [SourceNotice]
  /// Ends the input's threads.
  func stop()

  // MARK: How things stand

  /// As in `ServiceSituation`.
  var isAtEnd: Bool { get }
  var quietUntil: UInt64 { get }
  var settlesFrom: UInt64 { get }
  var isHoldingBack: Bool { get }
  /// Whether what comes from here on nobody can have written before.
  func isPastEarlierRuns(newest: UInt64) -> Bool
  /// Why nothing is read although there may be something; nil when all is well.
  var readingError: String? { get }
  /// What is wrong with what comes in, by subject, for the report.
  var complaints: [String: String] { get }
}

/// What an input has brought.
enum InputEvent {
  /// `moves`: whether the checkpoint has to follow, also without events.
  case batch(EntryBatch, notices: [SourceNotice], moves: Bool)
  case timedOut
  /// Somebody waits until everything is durable.
  case confirmationWanted
  case ended
}
