import Glibc

/// A thread of the operating system: sd-journal wants its handle on one (sd-journal(3)).
package enum WorkerThread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a thread; the result is for `join`. nil when none can be had (TasksMax of the unit, RLIMIT_NPROC).
  package static func startIfPossible(_ run: @escaping @Sendable () -> Void) -> pthread_t? {
    // The box is retained for the thread, which releases it when it takes it over.
    let box = Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { argument in
        // The one reference that passRetained made for this thread.
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard result == 0 else {
      box.release()
      return nil
    }
    return thread
  }

  /// Starts a thread without which nothing works; the result is for `join`.
  package static func start(_ run: @escaping @Sendable () -> Void) -> pthread_t {
    guard let thread = startIfPossible(run) else {
      fatalError("mailtrail cannot start a thread; raise TasksMax of the unit")
    }
    return thread
  }

  /// Waits for the thread's end (pthread_join(3)).
  package static func join(_ thread: pthread_t) { pthread_join(thread, nil) }
}
