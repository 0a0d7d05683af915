/// What a service does differently for its input. Times in microseconds.
struct ServiceTiming: Sendable {
  /// Events are written at the latest so long after they were emitted.
  var eventInterval: UInt64 = 200_000
  /// Whether events are written at once when everything was read that was there.
  var writesAtOnce = false
  /// A position without events is written so often.
  var positionInterval: UInt64
  /// How far the wall clock must be past a deadline before the clock may end a wait: entries reach us late.
  var grace: UInt64
  /// Whether nothing is read while a job is being written.
  var waitsForWriter = false
  /// How long a confirmation is waited for before it is refused; nil without confirmations.
  var confirmTimeout: UInt64?
  /// After a stop was asked for, so long is waited for a further line, and for the end of a transaction.
  var silence: UInt64 = 0
  var stopTimeout: UInt64 = 0
  /// How long the last job may take; nil for as long as it takes.
  var drainTimeout: UInt64?
  /// Whether SIGHUP reads configuration and rules anew; it ends the service otherwise.
  var isReloadable = true
  /// How often systemd wants to hear of the service; nil when it does not.
  var watchdogInterval: UInt64?

  /// The longest time without anything to do.
  var longestWait: UInt64 { watchdogInterval.map { $0 / 3 } ?? 10_000_000 }
}

/// How things stand when the engine decides.
struct ServiceSituation {
  enum Writer: Equatable {
    case idle, busy
    /// The last try to write something failed; it is tried again.
    case failing
  }

  /// The clocks, in microseconds.
  var monotonic: UInt64
  var realtime: UInt64
  var isStopWanted = false
  var isReloadWanted = false
  /// What was emitted and is in no job yet: events, and those of a replay or of a file that came late.
  var events = 0
  var additions = 0
  /// Whether more is to come of a file that came late.
  var isWithinLateFile = false
  /// Whether the input has moved on since the last job.
  var isPositionNew = false
  /// Whether a job exists that the writer had no room for.
  var isHeld = false
  var writer = Writer.idle
  /// Whether everything was read that was there.
  var isAtEnd = false
  /// Up to when everything that was logged has been read, by the wall clock; 0 when unknown.
  var quietUntil: UInt64 = 0
  /// Before this time (monotonic) the clock ends no waits.
  var settlesFrom: UInt64 = 0
  /// Whether what was read may be given up by who sent it: nothing is written meanwhile.
  var isHoldingBack = false
  /// When the next wait is over, microseconds since 1970.
  var nextDue: UInt64?
  /// The newest entry's time; 0 before the first.
  var newest: UInt64 = 0
  /// Whether a replay has brought something, and whether this service has read as far as the replay had.
  var isReplayWaiting = false
  var isReplayReady = false
  /// Whether a report would say something new, and whether it is something that must be known at once.
  var isReportNew = false
  var isReportUrgent = false

  var isAnythingUnwritten: Bool { events > 0 || additions > 0 || isPositionNew }
}
