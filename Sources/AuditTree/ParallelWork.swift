import Glibc

/// A few threads for calls that wait for the disk: it serves several such calls at once much faster than in turn.
enum ParallelWork {
  typealias Work = @Sendable (Int) throws(TreeError) -> Void

  /// Does the work for each number below the count; the first error by number of thread, after all have ended.
  static func run(
    count: Int, threads: Int, _ work: @escaping Work
  ) throws(TreeError) {
    let width = max(1, min(threads, count))
    let shares = (0..<width).map { Share(first: $0, step: width, count: count, work: work) }
    let started = shares.dropFirst().map { share in (share, start(share)) }
    shares[0].run()
    for (share, thread) in started {
      // Where no thread could be had (TasksMax of the unit), the share is done here.
      if let thread { pthread_join(thread, nil) } else { share.run() }
    }
    for share in shares { if let error = share.error { throw error } }
  }

  /// The numbers that one thread works through.
  ///
  /// `@unchecked Sendable`: until pthread_join(3) returns only the thread that runs it touches `error`, and after
  /// that only the one that started it; the rest never changes.
  private final class Share: @unchecked Sendable {
    private let numbers: StrideTo<Int>
    private let work: Work
    private(set) var error: TreeError?

    init(first: Int, step: Int, count: Int, work: @escaping Work) {
      numbers = stride(from: first, to: count, by: step)
      self.work = work
    }

    func run() {
      for number in numbers {
        do { try work(number) } catch let fault { error = error ?? fault }
      }
    }
  }

  private static func start(_ share: Share) -> pthread_t? {
    var thread = pthread_t()
    let reference = Unmanaged.passRetained(share)
    let result = pthread_create(
      &thread, nil,
      { argument in
        // The one reference that passRetained made for this thread.
        Unmanaged<Share>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, reference.toOpaque())
    guard result == 0 else {
      reference.release()
      return nil
    }
    return thread
  }
}
