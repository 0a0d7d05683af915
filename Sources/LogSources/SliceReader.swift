/// Reads slices of a stored journal, any in any order. Belongs to the thread that made it.
public final class SliceReader {
  /// How a call of `read` ended.
  public enum Outcome: Sendable {
    case more
    case endOfSlice
    /// Nothing of the request follows, in whatever slice.
    case endOfJournal
  }

  private let slices: JournalSlices
  private let stream: JournalStream
  private let filter: CompiledFilter?
  private var decoder: FieldDecoder
  private let thread = ThreadConfinement()
  /// The first entry behind the slice; nil when none is there.
  private var end: Cursor?

  /// - Throws: `JournalError` when the journal cannot be read.
  public init(_ request: SourceRequest, _ slices: JournalSlices, interest: (any EntryInterest)?) throws(JournalError) {
    self.slices = slices
    filter = CompiledFilter(request.filter)
    decoder = FieldDecoder(interest: interest)
    stream = try JournalStream(slices.origin, start: request.start, until: request.until, watches: false)
  }

  /// Goes to the start of a slice.
  ///
  /// - Throws: `JournalError` when libsystemd cannot go there.
  public func begin(_ slice: Int) throws(JournalError) {
    thread.check()
    end = slice + 1 < slices.count ? try go(to: slice + 1) : nil
    if slice == 0 { try stream.goToStart() } else { _ = try go(to: slice) }
  }

  private func go(to slice: Int) throws(JournalError) -> Cursor? {
    try stream.go(toSequence: slices.sequenceID, number: slices.starts[slice])
  }

  /// Empties the batch and reads on in the slice: at most `limit` entries.
  ///
  /// - Throws: `JournalError` when the journal cannot be read on.
  public func read(into batch: EntryBatch, limit: Int) throws(JournalError) -> Outcome {
    thread.check()
    batch.removeAll()
    while batch.examinedCount < limit, !batch.isFull {
      guard try stream.advance(remembering: false) else { return .endOfJournal }
      if let end, stream.stands(at: end) { return .endOfSlice }
      try stream.read(&decoder, filter, into: batch)
    }
    return .more
  }

  /// What people have to know since the last call.
  public func drainNotices() -> [SourceNotice] {
    thread.check()
    return stream.drainNotices()
  }
}
