import Glibc
import Platform
import Synchronization

/// Turns SIGTERM, SIGINT and SIGHUP into flags: a thread waits for them (sigwait(3)), no handler runs anywhere.
final class SignalThread: Sendable {
  private let wantsStop = Atomic(false)
  private let wantsReload = Atomic(false)

  var isStopWanted: Bool { wantsStop.load(ordering: .acquiring) }

  /// Whether a reload was asked for since the last call.
  func takeReload() -> Bool { wantsReload.exchange(false, ordering: .acquiringAndReleasing) }

  /// Blocks the signals in this thread and those it starts, and waits for them.
  ///
  /// - Parameter onSignal: called on the waiting thread behind each signal.
  func start(onSignal: @escaping @Sendable () -> Void) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waited = signals
    let thread = WorkerThread.start { [self] in
      var set = waited
      while true {
        var number: Int32 = 0
        guard sigwait(&set, &number) == 0 else { continue }
        if number == SIGHUP {
          wantsReload.store(true, ordering: .releasing)
        } else {
          wantsStop.store(true, ordering: .releasing)
        }
        onSignal()
      }
    }
    pthread_detach(thread)
  }
}
