import Glibc
import LogSources
import Platform
import Synchronization

/// Reads a stored journal in slices on several threads, and hands over the batches in the journal's order.
///
/// Sendable: each reader lives on its thread alone; everything shared is a channel or an atomic. What is not, the place
/// in the order, belongs to the one thread that receives.
final class SliceThreads: BatchSource, @unchecked Sendable {
  private enum Message {
    case batch(EntryBatch, notices: [SourceNotice], outcome: SliceReader.Outcome)
    case failed(any Error)
  }

  /// A thread that reads every so many-th slice, its batches, and where they come back to.
  private final class Lane: @unchecked Sendable {
    let filled = Channel<Message>(capacity: SliceThreads.batches)
    let empty = Channel<EntryBatch>(capacity: SliceThreads.batches)
    var thread: pthread_t?
  }

  private let lanes: [Lane]
  private let isStopping = Atomic(false)
  /// The slice whose batches come next, and whether the journal's end has come.
  private var slice = 0
  private var hasEnded = false
  private var notices: [SourceNotice]
  /// The batches that were handed out, and whose they are: a lane that gave its batches away would stand still.
  private var lent: [(batch: EntryBatch, lane: Lane)] = []

  /// A slice and a half, so that a reader is busy while the others' slices are taken.
  private static let batches = 6
  private static let batchSize = 1024

  init(_ request: SourceRequest, _ slices: JournalSlices, readers: Int, recognizer: EntryRecognizer) {
    notices = slices.notices
    lanes = (0..<readers).map { _ in Lane() }
    for (number, lane) in lanes.enumerated() {
      for _ in 0..<Self.batches { _ = lane.empty.trySend(EntryBatch()) }
      let recognizer = number == 0 ? recognizer : recognizer.twin()
      lane.thread = WorkerThread.start { [self] in
        do {
          let reader = try SliceReader(request, slices, interest: recognizer)
          for slice in stride(from: number, to: slices.count, by: readers) {
            guard try read(slice, reader, lane) else { break }
          }
        } catch {
          _ = lane.filled.send(.failed(error))
        }
        lane.filled.close()
      }
    }
  }

  /// Reads one slice; false when nothing is to be read behind it.
  private func read(_ slice: Int, _ reader: SliceReader, _ lane: Lane) throws -> Bool {
    try reader.begin(slice)
    while !isStopping.load(ordering: .acquiring) {
      guard case .element(let batch) = lane.empty.receive() else { return false }
      let outcome = try reader.read(into: batch, limit: Self.batchSize)
      guard lane.filled.send(.batch(batch, notices: reader.drainNotices(), outcome: outcome)) else { return false }
      if case .endOfSlice = outcome { return true }
      if case .endOfJournal = outcome { return false }
    }
    return false
  }

  func next() throws -> (batch: EntryBatch, notices: [SourceNotice])? {
    let lane = lanes[slice % lanes.count]
    guard !hasEnded, case .element(let message) = lane.filled.receive() else { return nil }
    switch message {
    case .failed(let error): throw error
    case .batch(let batch, var found, let outcome):
      found = notices + found
      notices = []
      switch outcome {
      case .more: break
      case .endOfSlice: slice += 1
      case .endOfJournal: hasEnded = true
      }
      lent.append((batch, lane))
      return (batch, found)
    }
  }

  func recycle(_ batch: EntryBatch) {
    guard let index = lent.firstIndex(where: { $0.batch === batch }) else { return }
    _ = lent.remove(at: index).lane.empty.trySend(batch)
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    for lane in lanes {
      lane.empty.close()
      lane.filled.close()
    }
    for lane in lanes {
      if let thread = lane.thread { WorkerThread.join(thread) }
      lane.thread = nil
    }
  }
}
