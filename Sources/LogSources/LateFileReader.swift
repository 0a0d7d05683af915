/// Reads the entries of a file that came late, as far as they are older than what its writer had read by then. The
/// newer ones come through the writer's own handle, which has taken the file in.
final class LateFileReader {
  let path: String
  let fileID: ID128
  /// The key of the journal that the file belongs to.
  let name: String

  private let handle: JournalHandle
  /// The first entry that is not late; nil when all are.
  private let end: Cursor?
  /// The last entry that was there: what is appended now is the writer's.
  private let last: Cursor?
  private var hasEnded = false
  private(set) var readCount = 0

  /// Nil when the file has no entry older than `bound`.
  ///
  /// - Parameter since: entries before this moment are not asked for, microseconds since 1970.
  init?(
    path: String, fileID: ID128, origin: StreamOrigin, before bound: Cursor, since: UInt64
  ) throws(JournalError) {
    (self.path, self.fileID, name) = (path, fileID, origin.name)
    handle = try JournalHandle(.files([path]), matches: origin.matches, watches: false)
    // libsystemd's own order decides what lies before the bound.
    end = handle.seek(bound) >= 0 && handle.next() > 0 ? handle.cursor() : nil
    last = handle.seekTail() >= 0 && handle.previous() > 0 ? handle.cursor() : nil
    guard last != nil, since == 0 ? handle.seekHead() >= 0 : handle.seek(realtime: since) >= 0, handle.next() > 0,
      let first = handle.cursor(), first != end
    else { return nil }
    guard since == 0 ? handle.seekHead() >= 0 : handle.seek(realtime: since) >= 0 else { return nil }
  }

  /// Reads at most `limit` entries; true when these were the last.
  func read(
    _ decoder: inout FieldDecoder, _ filter: CompiledFilter?, isRest: Bool, into batch: EntryBatch, limit: Int
  ) -> Bool {
    while batch.examinedCount < limit, !batch.isFull {
      guard !hasEnded, handle.next() > 0, let cursor = handle.cursor(), cursor != end else { return true }
      batch.examinedCount += 1
      readCount += 1
      hasEnded = cursor == last
      if isRest, handle.has("_MACHINE_ID") { continue }
      read(cursor, &decoder, filter, into: batch)
    }
    return hasEnded
  }

  private func read(_ cursor: Cursor, _ decoder: inout FieldDecoder, _ filter: CompiledFilter?, into batch: EntryBatch)
  {
    var entry = JournalEntry()
    let start = batch.buffer.count
    (entry.realtime, entry.bootID, entry.monotonic) = (cursor.realtime, cursor.bootID, cursor.monotonic)
    entry.contentHash = cursor.contentHash
    guard case .kept = decoder.decode(handle.pointer, into: &entry, of: batch) else { return }
    if let filter, !filter.passes(entry, of: batch) { return batch.buffer.rollBack(to: start) }
    batch.append(entry)
  }
}
