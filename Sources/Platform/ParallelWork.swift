import Glibc

/// A few threads for calls that wait for the disk or the kernel: several at once are served much faster than in turn.
package enum ParallelWork {
  /// Does the work for each number below the count; the first error of each thread's share ends no other.
  package static func run(
    count: Int, threads: Int, _ work: @escaping @Sendable (Int) throws(FileError) -> Void
  ) throws(FileError) {
    let width = max(1, min(threads, count))
    let results = map(threads: width) { (first) -> FileError? in
      var error: FileError?
      for number in stride(from: first, to: count, by: width) {
        do throws(FileError) { try work(number) } catch let fault { error = error ?? fault }
      }
      return error
    }
    for case let error? in results { throw error }
  }

  /// Calls the work on as many threads, with their numbers from 0 on, and waits for all; number 0 runs on this one.
  package static func map<Result>(threads: Int, _ work: @escaping @Sendable (Int) -> Result) -> [Result] {
    let shares = (0..<threads).map { Share(number: $0, work: work) }
    let started = shares.dropFirst().map { share in (share, WorkerThread.startIfPossible { share.run() }) }
    shares[0].run()
    for (share, thread) in started {
      // Where no thread could be had (TasksMax of the unit), the share is done here.
      if let thread { WorkerThread.join(thread) } else { share.run() }
    }
    return shares.compactMap(\.result)
  }

  /// The work of one thread.
  ///
  /// `@unchecked Sendable`, because until pthread_join(3) returns only the thread that runs it touches `result`, and after
  /// that only the one that started it; the rest never changes.
  private final class Share<Result>: @unchecked Sendable {
    private let number: Int
    private let work: @Sendable (Int) -> Result
    private(set) var result: Result?

    init(number: Int, work: @escaping @Sendable (Int) -> Result) {
      self.number = number
      self.work = work
    }

    func run() { result = work(number) }
  }
}
