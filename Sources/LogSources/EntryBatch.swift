/// Entries and their bytes, read at one go. Made once and reused: after some batches reading allocates nothing.
///
/// Sendable, because a batch has one owner at a time: a source fills it inside one call, then it is handed over whole
/// (through a queue that orders memory) and given back when its reader has done with it. Nothing keeps a reference
/// while another thread owns it. That discipline is the proof for `@unchecked`.
public final class EntryBatch: @unchecked Sendable {
  /// The longest field that is kept, in bytes; longer ones are cut and `isMessageTruncated` says so.
  public static let fieldLimit = 65_536

  /// A batch ends early when its bytes grow past this, so that long messages do not cost unbounded memory.
  static let byteLimit = 4 << 20

  /// The entries, in the order of the source.
  public internal(set) var entries: [JournalEntry] = []
  /// How many entries were read, wanted or not.
  public internal(set) var examinedCount = 0
  /// What the interest found in the entries: see `EntryFinding`.
  public var ranges: [FoundRange] = []
  /// How many wanted entries the interest had no need to keep.
  public var leftOutCount = 0
  /// The newest time of the wanted entries, kept or not; 0 when there was none.
  public internal(set) var newestTime: UInt64 = 0
  /// How many messages were cut at `fieldLimit`.
  public internal(set) var truncatedCount = 0
  /// Where to go on reading after this batch; it counts the entries that were read but not wanted too.
  public internal(set) var position = SourcePosition()

  /// The path of the file that came late and that all entries are from; nil for entries in the order of the journal.
  public internal(set) var lateFile: String?
  /// Whether these were the last entries of `lateFile`.
  public internal(set) var isEndOfLateFile = false

  @usableFromInline var buffer = ByteBuffer(capacity: 1 << 16)

  public init() {}

  deinit { buffer.deallocate() }

  /// Calls the body with the bytes of a field of one of this batch's entries. They do not outlive the call.
  @inlinable
  public func withBytes<Result, Failure: Error>(
    of range: FieldRange, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(Int(range.offset) + Int(range.length) <= buffer.count, "a range of another batch")
    return try body(UnsafeRawBufferPointer(start: buffer.start + Int(range.offset), count: Int(range.length)))
  }

  /// Calls the body with the bytes of all fields of all entries: `FieldRange.offset` counts from their start.
  @inlinable
  public func withAllBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: buffer.start, count: buffer.count))
  }

  /// A copy of the bytes of a field.
  public func bytes(of range: FieldRange) -> [UInt8] { withBytes(of: range) { Array($0) } }

  /// The bytes of a field as text, for messages to people; what is not UTF-8 is replaced.
  public func text(of range: FieldRange) -> String { String(decoding: bytes(of: range), as: UTF8.self) }

  /// Empties the batch and keeps its memory.
  public func removeAll() {
    entries.removeAll(keepingCapacity: true)
    buffer.rollBack(to: 0)
    ranges.removeAll(keepingCapacity: true)
    leftOutCount = 0
    newestTime = 0
    examinedCount = 0
    truncatedCount = 0
    position = SourcePosition()
    lateFile = nil
    isEndOfLateFile = false
  }

  /// Keeps the bytes of a field that is not in the source as it stands.
  func append(_ bytes: [UInt8]) -> FieldRange {
    bytes.withUnsafeBytes { part in part.baseAddress.map { buffer.append($0, part.count) } ?? .absent }
  }

  /// Keeps an entry.
  func append(_ entry: JournalEntry) {
    newestTime = max(newestTime, entry.realtime)
    entries.append(entry)
  }

  /// Whether the next entry should wait for the next batch.
  var isFull: Bool { buffer.count >= Self.byteLimit }
}
