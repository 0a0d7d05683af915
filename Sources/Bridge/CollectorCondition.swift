/// What a person, or whoever watches over the machine, has to know of the collector first.
package enum CollectorCondition: String, Sendable {
  /// It runs, and has read and written all that there is.
  case caughtUp = "caught-up"
  /// It runs, and has not read all yet.
  case behind
  /// It runs, and cannot do all that it is asked to.
  case troubled
  case stopped

  package init(_ status: CollectorStatus, isRunning: Bool) {
    if !isRunning {
      self = .stopped
    } else if !status.lastError.isEmpty || !status.waitingFor.isEmpty || !status.troubles.isEmpty {
      self = .troubled
    } else {
      self = status.isCaughtUp ? .caughtUp : .behind
    }
  }

  /// The exit status of `mailtrail status`: that of systemctl(1) for a service that does not run is 3.
  package var exitStatus: Int32 {
    switch self {
    case .caughtUp: 0
    case .behind, .troubled: 1
    case .stopped: 3
    }
  }
}
