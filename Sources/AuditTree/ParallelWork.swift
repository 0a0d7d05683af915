import Glibc

/// A few threads for calls that wait for the disk or the kernel: several at once are served much faster than in turn.
enum ParallelWork {
  /// Does the work for each number below the count; the first error of each thread's share ends no other.
  static func run(
    count: Int, threads: Int, _ work: @escaping @Sendable (Int) throws(TreeError) -> Void
  ) throws(TreeError) {
    let width = max(1, min(threads, count))
    let results = map(threads: width) { (first) -> TreeError? in
      var error: TreeError?
      for number in stride(from: first, to: count, by: width) {
        do throws(TreeError) { try work(number) } catch let fault { error = error ?? fault }
      }
      return error
    }
    for case let error? in results { throw error }
  }

  /// Calls the work on as many threads, with their numbers from 0 on, and waits for all; number 0 runs on this one.
  static func map<Result>(threads: Int, _ work: @escaping @Sendable (Int) -> Result) -> [Result] {
    let shares = (0..<threads).map { Share(number: $0, work: work) }
    let started = shares.dropFirst().map { share in (share, start(share)) }
    shares[0].run()
    for (share, thread) in started {
      // Where no thread could be had (TasksMax of the unit), the share is done here.
      if let thread { pthread_join(thread, nil) } else { share.run() }
    }
    return shares.compactMap(\.result)
  }

  /// What a thread runs, without the type of its result: a C function has no generic context.
  private class Runnable {
    func run() {}
  }

  /// The work of one thread.
  ///
  /// It crosses to its thread as a raw pointer, which nobody checks. It is safe because until pthread_join(3) returns
  /// only the thread that runs it touches `result`, and after that only the one that started it; the rest never changes.
  private final class Share<Result>: Runnable {
    private let number: Int
    private let work: @Sendable (Int) -> Result
    private(set) var result: Result?

    init(number: Int, work: @escaping @Sendable (Int) -> Result) {
      self.number = number
      self.work = work
    }

    override func run() { result = work(number) }
  }

  private static func start(_ share: Runnable) -> pthread_t? {
    var thread = pthread_t()
    let reference = Unmanaged.passRetained(share)
    let result = pthread_create(
      &thread, nil,
      { argument in
        // The one reference that passRetained made for this thread.
        Unmanaged<Runnable>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, reference.toOpaque())
    guard result == 0 else {
      reference.release()
      return nil
    }
    return thread
  }
}
