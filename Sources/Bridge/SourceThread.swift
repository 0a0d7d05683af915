import Glibc
import LogSources
import Platform
import Synchronization

/// Reads the sources on a thread of its own, which owns the sd_journal handles, and hands over whole batches.
///
/// Sendable: the source lives on the thread alone; everything shared is a channel, a lock or an atomic.
final class SourceThread: @unchecked Sendable {
  enum Message {
    /// `isAtEnd`: everything that was there at `readAt` (wall clock, µs) has been read.
    case batch(EntryBatch, notices: [SourceNotice], isAtEnd: Bool, readAt: UInt64)
    case failed(any Error)
  }

  let messages: Channel<Message>
  private let empty: Channel<EntryBatch>
  private let wake: WakeDescriptor
  private let isStopping = Atomic(false)
  /// When the reading of a batch began that has not ended, by the monotonic clock in microseconds; 0 for none.
  private let readingSince = Atomic<UInt64>(0)
  private var thread: pthread_t?

  /// Entries a batch.
  static let batchSize = 1024

  init(batches: Int = 4) throws {
    messages = Channel(capacity: batches)
    empty = Channel(capacity: batches)
    wake = try WakeDescriptor()
    for _ in 0..<batches { _ = empty.trySend(EntryBatch()) }
  }

  /// Gives a batch back for the next reading.
  func recycle(_ batch: EntryBatch) { _ = empty.trySend(batch) }

  /// For how long one batch is being read already, in microseconds; 0 while the reader waits.
  var readingTime: UInt64 {
    let since = readingSince.load(ordering: .relaxed)
    let now = SystemClock.monotonic()
    return since > 0 && now > since ? now - since : 0
  }

  /// - Parameter follows: whether to wait for more at the end.
  func start(_ request: SourceRequest, interest: any EntryInterest) {
    thread = WorkerThread.start { [self] in
      readingSince.store(SystemClock.monotonic(), ordering: .relaxed)
      defer { readingSince.store(0, ordering: .relaxed) }
      do {
        let source = try SourceReader(request, interest: interest, wakeDescriptor: wake)
        try read(source, follows: request.follows)
      } catch {
        _ = messages.send(.failed(error))
      }
      messages.close()
    }
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    empty.close()
    wake.wake()
    messages.close()
    if let thread { WorkerThread.join(thread) }
    thread = nil
  }

  private func read(_ source: SourceReader, follows: Bool) throws {
    var wasAtEnd = false
    while !isStopping.load(ordering: .acquiring) {
      readingSince.store(0, ordering: .relaxed)
      guard case .element(let batch) = empty.receive() else { return }
      let readAt = SystemClock.realtime()
      readingSince.store(SystemClock.monotonic(), ordering: .relaxed)
      let outcome = try source.read(into: batch, limit: Self.batchSize)
      readingSince.store(0, ordering: .relaxed)
      let notices = source.drainNotices()
      let isAtEnd = outcome == .end
      if isAtEnd, wasAtEnd, batch.examinedCount == 0, notices.isEmpty {
        recycle(batch)
      } else {
        guard messages.send(.batch(batch, notices: notices, isAtEnd: isAtEnd, readAt: readAt)) else { return }
      }
      wasAtEnd = isAtEnd
      guard isAtEnd else { continue }
      guard follows else { return }
      _ = try source.wait(timeoutMicroseconds: .max)
    }
  }
}
