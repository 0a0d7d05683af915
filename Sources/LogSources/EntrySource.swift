/// Where entries come from: the journal, or entries held in memory for the tests of the layers above.
///
/// A source belongs to the thread that made it (sd-journal(3) asks for that).
public protocol EntrySource {
  /// Empties the batch, then reads on: at most `limit` entries, wanted or not.
  ///
  /// Throws `JournalError` when the source cannot be read at all; damage in single entries or files becomes a notice.
  mutating func read(into batch: EntryBatch, limit: Int) throws -> ReadOutcome

  /// Waits for more entries, at most so long; a timeout of `UInt64.max` waits for ever.
  mutating func wait(timeoutMicroseconds: UInt64) throws -> WaitOutcome

  /// Where to go on after what was read last.
  var position: SourcePosition { get }

  /// What people have to know since the last call: gaps and warnings.
  mutating func drainNotices() -> [SourceNotice]
}

/// How a call of `EntrySource.read` ended.
public enum ReadOutcome: Sendable, Equatable {
  /// There may be more to read at once.
  case more
  /// Everything that is there now has been read.
  case end
}

/// How a call of `EntrySource.wait` ended.
public enum WaitOutcome: Sendable, Equatable {
  /// There may be new entries; there need not be.
  case changed
  case timedOut
  /// The wake-up descriptor was written to.
  case woken
}

/// Something about a source that people have to know.
public struct SourceNotice: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// Entries are missing or may be missing.
    case gap
    /// Something is in disorder, but no entry is known to be missing.
    case warning
    /// Something cannot be read at the moment; it is tried again.
    case waiting
    /// What was waited for is there.
    case recovered
  }

  public var kind: Kind
  /// Which writer or file it is about: a key of `SourcePosition` or a path.
  public var subject: String
  /// What happened, for people.
  public var reason: String
  /// The last moment before the gap, microseconds since 1970; nil when unknown.
  public var from: UInt64?
  /// The first moment after the gap; nil when unknown.
  public var to: UInt64?
  /// How many entries are known to be missing; nil when unknown.
  public var count: Int?

  public init(
    kind: Kind, subject: String, reason: String, from: UInt64? = nil, to: UInt64? = nil, count: Int? = nil
  ) {
    self.kind = kind
    self.subject = subject
    self.reason = reason
    self.from = from
    self.to = to
    self.count = count
  }
}
