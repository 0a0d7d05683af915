/// Entries made from fields in memory, read as a journal is read: the double for tests of the layers above.
public struct InMemoryEntrySource: EntrySource {
  /// One entry as a test states it.
  public struct Entry: Sendable {
    /// Microseconds since 1970.
    public var realtime: UInt64
    /// Fields by their journal names: `MESSAGE`, `SYSLOG_IDENTIFIER`, `_UID` …
    public var fields: [String: String]
    /// A message that is not text; used instead of `MESSAGE`.
    public var messageBytes: [UInt8]?

    public init(realtime: UInt64, fields: [String: String], messageBytes: [UInt8]? = nil) {
      self.realtime = realtime
      self.fields = fields
      self.messageBytes = messageBytes
    }
  }

  private var entries: [Entry]
  private var next = 0
  private let interest: (any EntryInterest)?
  private let bootID: ID128
  private let sequenceID = ID128(high: 0x6d65_6d6f_7279, low: 1)
  private var notices: [SourceNotice] = []

  /// The key of the one writer in the position.
  public static let key = "memory"

  public init(
    _ entries: [Entry], after position: SourcePosition = SourcePosition(), interest: (any EntryInterest)? = nil,
    bootID: ID128 = ID128(high: 1, low: 1)
  ) {
    self.entries = entries
    self.interest = interest
    self.bootID = bootID
    next = position.cursors[Self.key].flatMap { Int(exactly: $0.sequenceNumber) } ?? 0
  }

  /// Adds an entry, as a daemon that goes on logging would.
  public mutating func append(_ entry: Entry) { entries.append(entry) }

  /// Adds a notice that the next `drainNotices` gives.
  public mutating func append(_ notice: SourceNotice) { notices.append(notice) }

  public var position: SourcePosition {
    next == 0 ? SourcePosition() : SourcePosition(cursors: [Self.key: cursor(ofEntryBefore: next)])
  }

  public mutating func read(into batch: EntryBatch, limit: Int) -> ReadOutcome {
    batch.removeAll()
    while batch.examinedCount < limit, next < entries.count, !batch.isFull {
      next += 1
      batch.examinedCount += 1
      let entry = entries[next - 1]
      if wants(entry) { append(entry, to: batch) }
    }
    batch.position = position
    return next < entries.count || batch.examinedCount == limit ? .more : .end
  }

  /// Never waits: what is there can be read at once.
  public mutating func wait(timeoutMicroseconds: UInt64) -> WaitOutcome {
    next < entries.count ? .changed : .timedOut
  }

  public mutating func drainNotices() -> [SourceNotice] {
    defer { notices = [] }
    return notices
  }

  private func wants(_ entry: Entry) -> Bool {
    guard let interest else { return true }
    if entry.fields["SYSLOG_IDENTIFIER"] == "systemd-journald" { return true }
    var identifier = entry.fields["SYSLOG_IDENTIFIER"]
    var command = entry.fields["_COMM"]
    return identifier?.withUTF8 { interest.wants(identifier: UnsafeRawBufferPointer($0)) } ?? false
      || command?.withUTF8 { interest.wants(command: UnsafeRawBufferPointer($0)) } ?? false
  }

  private func cursor(ofEntryBefore index: Int) -> Cursor {
    let entry = entries[index - 1]
    return Cursor(
      sequenceID: sequenceID, sequenceNumber: UInt64(index), bootID: bootID, monotonic: UInt64(index),
      realtime: entry.realtime, contentHash: UInt64(index))
  }

  private func append(_ source: Entry, to batch: EntryBatch) {
    let cursor = cursor(ofEntryBefore: next)
    var entry = JournalEntry()
    entry.realtime = source.realtime
    entry.monotonic = cursor.monotonic
    entry.bootID = bootID
    entry.contentHash = cursor.contentHash
    func copy(_ bytes: [UInt8]) -> FieldRange {
      bytes.withUnsafeBytes {
        guard let start = $0.baseAddress else { return .absent }
        return batch.buffer.append(start, min($0.count, EntryBatch.fieldLimit))
      }
    }
    func field(_ name: String) -> FieldRange { copy(Array((source.fields[name] ?? "").utf8)) }
    let message = source.messageBytes ?? Array((source.fields["MESSAGE"] ?? "").utf8)
    entry.isMessageTruncated = message.count > EntryBatch.fieldLimit
    if entry.isMessageTruncated { batch.truncatedCount += 1 }
    entry.hasMessage = source.messageBytes != nil || source.fields["MESSAGE"] != nil
    entry.message = copy(message)
    entry.identifier = field("SYSLOG_IDENTIFIER")
    entry.unit = field("_SYSTEMD_UNIT")
    entry.slice = field("_SYSTEMD_SLICE")
    entry.command = field("_COMM")
    entry.executable = field("_EXE")
    entry.hostname = field("_HOSTNAME")
    entry.objectUnit = field("OBJECT_SYSTEMD_UNIT")
    entry.managedUnit = field("UNIT")
    entry.coredumpUnit = field("COREDUMP_UNIT")
    entry.containerName = field("CONTAINER_NAME")
    entry.isFromContainer = source.fields.keys.contains {
      ["CONTAINER_NAME", "CONTAINER_ID", "CONTAINER_ID_FULL"].contains($0)
    }
    entry.machineID = source.fields["_MACHINE_ID"].flatMap { ID128($0) } ?? .zero
    entry.messageID = source.fields["MESSAGE_ID"].flatMap { ID128($0) } ?? .zero
    entry.droppedCount = source.fields["N_DROPPED"].flatMap { UInt64($0) } ?? 0
    entry.pid = source.fields["_PID"].flatMap { Int32($0) } ?? -1
    entry.uid = source.fields["_UID"].flatMap { UInt32($0) } ?? .max
    batch.append(entry)
  }
}
