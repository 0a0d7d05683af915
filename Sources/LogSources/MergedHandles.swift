import CSystemd
import Glibc

/// Several handles of libsystemd read as one journal, in the order in which one handle would give their entries.
///
/// For journals of more files than one handle opens. The handles belong to the `JournalHandle` that owns this.
struct MergedHandles {
  private enum Head {
    /// Its next entry has to be asked for.
    case unknown
    case atEnd
    /// It stands on this entry, which has not been given yet.
    case on(Cursor)
  }

  let parts: [OpaquePointer]
  private var heads: [Head]
  private var current: Int?
  private var last: Cursor?

  init(_ parts: [OpaquePointer]) {
    self.parts = parts
    heads = parts.map { _ in .unknown }
  }

  /// After all parts were moved by a seek.
  mutating func forgetPositions() {
    for index in heads.indices { heads[index] = .unknown }
    (current, last) = (nil, nil)
  }

  /// After something was added to a part that was at its end.
  mutating func lookAgain() {
    for index in heads.indices { if case .atEnd = heads[index] { heads[index] = .unknown } }
  }

  /// Goes to the next entry of all: what sd_journal_next(3) gives, and the handle that stands on it.
  mutating func next() -> (result: Int32, pointer: OpaquePointer?) {
    if let current { heads[current] = .unknown }
    current = nil
    while true {
      if heads.allSatisfy({ if case .atEnd = $0 { true } else { false } }) { lookAgain() }
      for index in heads.indices {
        guard case .unknown = heads[index] else { continue }
        let result = sd_journal_next(parts[index])
        if result < 0 { return (result, nil) }
        heads[index] = result == 0 ? .atEnd : Self.cursor(parts[index]).map { .on($0) } ?? .unknown
      }
      guard let (index, cursor) = first() else { return (0, nil) }
      if let last, cursor.isSameEntry(as: last) {
        // One entry in two files counts once.
        heads[index] = .unknown
        continue
      }
      (current, last) = (index, cursor)
      return (1, parts[index])
    }
  }

  /// Goes to the last entry before the position that all parts were moved to.
  mutating func previous() -> (result: Int32, pointer: OpaquePointer?) {
    var found: (index: Int, cursor: Cursor)?
    for (index, part) in parts.enumerated() {
      let result = sd_journal_previous(part)
      if result < 0 { return (result, nil) }
      heads[index] = .unknown
      guard result > 0, let cursor = Self.cursor(part) else { continue }
      if found.map({ $0.cursor.precedes(cursor) }) ?? true { found = (index, cursor) }
    }
    guard let found else { return (0, nil) }
    (current, last) = (found.index, found.cursor)
    return (1, parts[found.index])
  }

  private func first() -> (Int, Cursor)? {
    var first: (index: Int, cursor: Cursor)?
    for (index, head) in heads.enumerated() {
      guard case .on(let cursor) = head else { continue }
      if first.map({ cursor.precedes($0.cursor) }) ?? true { first = (index, cursor) }
    }
    return first
  }

  private static func cursor(_ part: OpaquePointer) -> Cursor? {
    var text: UnsafeMutablePointer<CChar>?
    guard sd_journal_get_cursor(part, &text) >= 0, let text else { return nil }
    defer { free(text) }
    return Cursor(cString: text)
  }
}
