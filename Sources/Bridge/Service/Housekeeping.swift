/// What a service does from time to time beside its work.
struct Housekeeping {
  private let watchdogInterval: UInt64?
  private let isReloadable: Bool
  private var lastWatchdog: UInt64?
  private var lastReport: UInt64?
  private var lastRetention: UInt64?

  /// In microseconds.
  static let reportInterval: UInt64 = 2_000_000
  static let retentionInterval: UInt64 = 3_600_000_000

  init(_ timing: ServiceTiming) {
    watchdogInterval = timing.watchdogInterval
    isReloadable = timing.isReloadable
  }

  /// What is due now.
  mutating func actions(_ now: ServiceSituation) -> [ServiceEngine.Action] {
    var actions: [ServiceEngine.Action] = []
    if now.isReloadWanted, isReloadable { actions.append(.reload) }
    if let watchdogInterval, Self.isOver(lastWatchdog, watchdogInterval / 4, now) {
      lastWatchdog = now.monotonic
      actions.append(.feedWatchdog)
    }
    if now.isReportUrgent || (now.isReportNew && Self.isOver(lastReport, Self.reportInterval, now)) {
      lastReport = now.monotonic
      actions.append(.report)
    }
    // Not before everything was read: a clock that is far ahead must not remove what the entries' own time would keep.
    if now.newest > 0, now.isAtEnd, Self.isOver(lastRetention, Self.retentionInterval, now) {
      lastRetention = now.monotonic
      actions.append(.removeExpired)
    }
    return actions
  }

  /// When the next of it will be due, monotonic.
  func next(_ now: ServiceSituation) -> UInt64 {
    var next = UInt64.max
    if now.isReportNew { next = min(next, (lastReport ?? now.monotonic) + Self.reportInterval) }
    if now.newest > 0, now.isAtEnd { next = min(next, (lastRetention ?? now.monotonic) + Self.retentionInterval) }
    return next
  }

  private static func isOver(_ last: UInt64?, _ interval: UInt64, _ now: ServiceSituation) -> Bool {
    last.map { now.monotonic >= $0 + interval } ?? true
  }
}
