/// Moves a stream's handle to where the reading begins, and says where it stands then.
struct StreamSeek {
  let handle: JournalHandle
  let origin: StreamOrigin

  struct Landing: ~Copyable {
    enum Standing {
      /// The next entry has to be asked for.
      case between
      /// On an entry that is to be read.
      case onUnread
      /// On an entry of another stream, which counts as read.
      case onForeign
    }

    var standing = Standing.between
    /// The entry that counts as read last.
    var last: CursorText?
    /// The entry that a seek to a cursor found, and whether it is the cursor's own.
    var found: Cursor?
    var isTheEntry = false
    /// The entry from which the sequence is counted.
    var counted: Cursor?
    /// Whether the reading goes on where an earlier one stopped, so that nothing may be missing.
    var isComplete = false
    var notice: SourceNotice?
  }

  func seek(to start: StartPoint) throws(JournalError) -> Landing {
    switch start {
    case .head: try check(handle.seekHead())
    case .tail: return try seekTail()
    case .since(let moment): try check(handle.seek(realtime: moment))
    case .at(let cursor): return try seek(to: cursor, skips: false)
    case .afterCursor(let cursor): return try seek(to: cursor, skips: true)
    case .after(let position, let moment):
      if let cursor = position.cursors[origin.key] { return try resume(after: cursor) }
      if origin.isRest, let cursor = position.newestCursor(of: origin.name) {
        // Until now one stream read them all.
        return try seek(to: cursor, skips: true)
      }
      try check(moment == 0 ? handle.seekHead() : handle.seek(realtime: moment))
    }
    return Landing()
  }

  /// Goes to an entry, or the nearest later one when it is gone; behind it when it is there and skipped.
  func seek(behind cursor: Cursor) throws(JournalError) -> Landing { try seek(to: cursor, skips: true) }

  /// Goes to the first entry with a sequence number or a higher one; its cursor, or nil when there is none.
  func seek(sequenceID: ID128, number: UInt64) throws(JournalError) -> Cursor? {
    try check(handle.seek(sequenceID: sequenceID, number: number))
    let result = handle.next()
    try check(result)
    return result > 0 ? handle.cursor() : nil
  }

  private func check(_ result: Int32) throws(JournalError) {
    if result < 0 {
      throw JournalError(operation: "cannot seek in the journal", subject: origin.key, code: -result)
    }
  }

  /// seek_tail with next would give an old entry of each file; an empty journal is read from its head.
  private func seekTail() throws(JournalError) -> Landing {
    try check(handle.seekTail())
    if handle.previous() > 0, let text = handle.cursorText() { return Landing(last: text) }
    try check(handle.seekHead())
    return Landing()
  }

  private func seek(to cursor: Cursor, skips: Bool) throws(JournalError) -> Landing {
    try check(handle.seek(cursor))
    let result = handle.next()
    try check(result)
    guard result > 0, let text = handle.cursorText(), let found = text.cursor else { return Landing() }
    var landing = Landing()
    landing.found = found
    landing.isTheEntry = found.isSameEntry(as: cursor)
    if landing.isTheEntry && skips {
      landing.counted = found
      landing.last = consume text
    } else {
      landing.standing = origin.isRest && handle.has("_MACHINE_ID") ? .onForeign : .onUnread
    }
    return landing
  }

  /// Goes on behind an entry that an earlier process read, and says what is missing when it is gone.
  private func resume(after cursor: Cursor) throws(JournalError) -> Landing {
    var landing = try seek(to: cursor, skips: true)
    if landing.isTheEntry {
      landing.isComplete = true
    } else if let later = landing.found {
      if !origin.isRest {
        landing.notice = SourceNotice(
          kind: .gap, subject: origin.key,
          reason: "the entry read last is no longer in the journal; entries after it may have been removed unread",
          from: cursor.realtime, to: later.realtime, count: later.distance(from: cursor))
      }
    } else {
      try check(handle.seekHead())
      let oldest = handle.next() > 0 ? handle.realtime() : nil
      try check(handle.seekHead())
      landing.notice = SourceNotice(
        kind: .gap, subject: origin.key,
        reason: "the position saved lies after everything in the journal (clock set back, or the journal was "
          + "replaced); reading it again from its head", from: cursor.realtime, to: oldest)
    }
    return landing
  }
}
