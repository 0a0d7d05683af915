import Glibc

/// Tries again where a stream could not be read: during a rotation that passes.
struct EntryRetry {
  let origin: StreamOrigin
  let watches: Bool

  static let attempts = 3

  /// Waits a little longer with each attempt.
  static func pause(_ attempt: Int) { usleep(UInt32(10_000 << attempt)) }

  /// Decodes the current entry again, with new handles that take the place of the old one; nil when it is damaged.
  func run(
    _ handle: inout JournalHandle, decode: (JournalHandle) -> FieldDecoder.Result
  ) throws(JournalError) -> FieldDecoder.Result? {
    guard let cursor = handle.cursor() else { return nil }
    for attempt in 1...Self.attempts {
      Self.pause(attempt)
      handle = try JournalHandle(origin.opening, matches: origin.matches, watches: watches)
      guard handle.seek(cursor) >= 0, handle.next() > 0, let found = handle.cursor(), found.isSameEntry(as: cursor)
      else { return nil }
      let result = decode(handle)
      if case .failed = result { continue }
      return result
    }
    return nil
  }
}
