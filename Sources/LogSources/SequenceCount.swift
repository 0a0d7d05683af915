/// Counts the entries of a stream against the journal's sequence numbers.
///
/// libsystemd skips a damaged entry without an error, but the sequence numbers say how many there were.
struct SequenceCount {
  /// Where the counting began, and how many entries were read since.
  private var start: Cursor?
  private var readCount = 0
  /// Whether a hole in the sequence is a gap: from the position of an earlier reader, or from the first end on. In what
  /// is older, users' files may have been removed by right.
  var isComplete = false

  mutating func addRead() { readCount += 1 }

  /// Counts again from behind an entry that was read.
  mutating func restart(after cursor: Cursor) { (start, readCount) = (cursor, 0) }

  /// The gap that the numbers show up to the entry read last; counts again from there.
  mutating func gap(upTo cursor: Cursor, of origin: StreamOrigin) -> SourceNotice? {
    guard cursor != start else { return nil }
    defer { restart(after: cursor) }
    guard isComplete, origin.readsWholeSequence, let start, let between = cursor.distance(from: start),
      between > readCount - 1
    else { return nil }
    return SourceNotice(
      kind: .gap, subject: origin.key, reason: "entries are missing in the journal's sequence: damaged, or removed",
      from: start.realtime, to: cursor.realtime, count: between - (readCount - 1))
  }

  /// The gap that files left that were removed unread: how many entries are missing between the one read last and the
  /// one that comes next, from which the counting begins again.
  mutating func removal(between last: Cursor, next: Cursor, of origin: StreamOrigin) -> SourceNotice? {
    guard let missing = next.distance(from: last), missing > 0 else { return nil }
    (start, readCount) = (next, -1)
    return SourceNotice(
      kind: .gap, subject: origin.key, reason: "journal files were removed before they were read",
      from: last.realtime, to: next.realtime, count: missing)
  }
}
