import Glibc
import LogSources
import Platform

/// Batches of stored entries in their order, read on other threads. Used by one thread.
protocol BatchSource {
  /// The next batch; nil when all have been read.
  ///
  /// - Throws: what the reading threw.
  func next() throws -> (batch: EntryBatch, notices: [SourceNotice])?

  /// Gives a batch back for the next reading.
  func recycle(_ batch: EntryBatch)

  /// Ends the reading.
  func stop()
}

extension SourceThread: BatchSource {
  func next() throws -> (batch: EntryBatch, notices: [SourceNotice])? {
    guard case .element(let message) = messages.receive() else { return nil }
    switch message {
    case .failed(let error): throw error
    case .batch(let batch, let notices, _, _): return (batch, notices)
    }
  }
}
