import CSystemd
import Glibc

/// Copies the wanted fields of the handle's current entry into a batch, in one pass over all its fields.
///
/// One pass costs what one sd_journal_get_data(3) costs. The pass ends early as soon as the entry turns out not to be
/// wanted.
struct FieldDecoder {
  enum Result {
    case kept
    case unwanted
    /// libsystemd's error number.
    case failed(Int32)
  }

  private let interest: (any EntryInterest)?
  /// The text of the machine id read last: most entries have the same one.
  private var machineText: [UInt8] = []
  private var machineID = ID128.zero

  private static let journaldIdentifier = Array("systemd-journald".utf8)

  init(interest: (any EntryInterest)?) { self.interest = interest }

  /// What is known of an entry while its fields go by.
  private struct Verdict {
    var identifier: Bool?
    var command: Bool?
    var isSettledAgainst: Bool { identifier == false && command == false }
  }

  /// Decodes the current entry of a handle, its times too.
  @inline(__always)
  mutating func decode(
    _ handle: JournalHandle, realtime: UInt64, into entry: inout JournalEntry, of batch: EntryBatch
  ) -> Result {
    entry = JournalEntry()
    guard let monotonic = handle.monotonic() else { return .failed(EBADMSG) }
    entry.realtime = realtime
    entry.bootID = monotonic.bootID
    entry.monotonic = monotonic.microseconds
    return decode(handle.pointer, into: &entry, of: batch)
  }

  /// Decodes the fields of the current entry.
  mutating func decode(_ journal: OpaquePointer, into entry: inout JournalEntry, of batch: EntryBatch) -> Result {
    var bytes = batch.buffer
    let start = bytes.count
    defer { batch.buffer = bytes }
    let isSelective = interest != nil
    var verdict = Verdict()
    var data: UnsafeRawPointer?
    var length = 0
    sd_journal_restart_data(journal)
    while true {
      let result = sd_journal_enumerate_available_data(journal, &data, &length)
      if result == 0 { break }
      guard result > 0, let data else {
        bytes.rollBack(to: start)
        return .failed(-result)
      }
      guard length > 5 else { continue }
      take(Field(data, length), into: &entry, &bytes, &verdict)
      if isSelective && verdict.isSettledAgainst { break }
    }
    return conclude(entry, verdict, start: start, &bytes, batch)
  }

  /// Decodes an entry that was exported, its times too.
  mutating func decode(_ exported: ExportedEntry, into entry: inout JournalEntry, of batch: EntryBatch) -> Result {
    entry = JournalEntry()
    (entry.realtime, entry.monotonic, entry.bootID) = (exported.realtime, exported.monotonic, exported.bootID)
    var bytes = batch.buffer
    let start = bytes.count
    defer { batch.buffer = bytes }
    var verdict = Verdict()
    exported.forEachField { field in
      guard field.count > 5, let data = field.baseAddress else { return }
      take(Field(data, field.count), into: &entry, &bytes, &verdict)
    }
    return conclude(entry, verdict, start: start, &bytes, batch)
  }

  /// What comes of an entry whose fields have gone by.
  private func conclude(
    _ entry: JournalEntry, _ verdict: Verdict, start: Int, _ bytes: inout ByteBuffer, _ batch: EntryBatch
  ) -> Result {
    if interest != nil && verdict.identifier != true && verdict.command != true {
      bytes.rollBack(to: start)
      return .unwanted
    }
    if entry.isMessageTruncated { batch.truncatedCount += 1 }
    return .kept
  }

  /// Whether the interest has a use for a decoded entry.
  func keeps(_ entry: inout JournalEntry, of batch: EntryBatch) -> Bool { interest?.keeps(&entry, in: batch) ?? true }

  /// One `NAME=value` of the entry, at least six bytes long: the bytes are libsystemd's until the next call on its handle,
  /// and are copied before. Only the first two are read without a comparison with the length.
  private struct Field {
    let start: UnsafeRawPointer
    let length: Int

    @inline(__always)
    init(_ start: UnsafeRawPointer, _ length: Int) {
      assert(length > 5)
      self.start = start
      self.length = length
    }

    @inline(__always)
    subscript(index: Int) -> UInt8 { start.load(fromByteOffset: index, as: UInt8.self) }

    /// The value when the field has this name; `name` ends with the equals sign.
    @inline(__always)
    func value(_ name: StaticString) -> UnsafeRawBufferPointer? {
      let count = name.utf8CodeUnitCount
      guard length >= count, memcmp(start, name.utf8Start, count) == 0 else { return nil }
      return UnsafeRawBufferPointer(start: start + count, count: length - count)
    }
  }

  @inline(__always)
  private mutating func take(
    _ field: Field, into entry: inout JournalEntry, _ bytes: inout ByteBuffer, _ verdict: inout Verdict
  ) {
    switch field[0] {
    case UInt8(ascii: "_"): takeTrusted(field, into: &entry, &bytes, &verdict)
    case UInt8(ascii: "M"):
      if let value = field.value("MESSAGE=") {
        if entry.hasMessage { return }
        entry.hasMessage = true
        entry.isMessageTruncated = value.count > EntryBatch.fieldLimit
        entry.message = copy(value, to: &bytes)
      } else if let value = field.value("MESSAGE_ID=") {
        entry.messageID = ID128(hexadecimal: value) ?? .zero
      }
    case UInt8(ascii: "S"):
      if entry.identifier.isEmpty, let value = field.value("SYSLOG_IDENTIFIER=") {
        entry.identifier = copy(value, to: &bytes)
        if let interest {
          verdict.identifier =
            interest.wants(identifier: value) || value.elementsEqual(Self.journaldIdentifier)
        }
      }
    default: takeOther(field, into: &entry, &bytes)
    }
  }

  /// The fields that journald writes; the second byte separates most of them.
  @inline(__always)
  private mutating func takeTrusted(
    _ field: Field, into entry: inout JournalEntry, _ bytes: inout ByteBuffer, _ verdict: inout Verdict
  ) {
    switch field[1] {
    case UInt8(ascii: "C"):
      if entry.command.isEmpty, let value = field.value("_COMM=") {
        entry.command = copy(value, to: &bytes)
        if let interest, verdict.identifier != true { verdict.command = interest.wants(command: value) }
      }
    case UInt8(ascii: "E"): if let value = field.value("_EXE=") { entry.executable = copy(value, to: &bytes) }
    case UInt8(ascii: "H"): if let value = field.value("_HOSTNAME=") { entry.hostname = copy(value, to: &bytes) }
    case UInt8(ascii: "M"): if let value = field.value("_MACHINE_ID=") { entry.machineID = machine(value) }
    case UInt8(ascii: "P"):
      if let value = field.value("_PID=") { entry.pid = Self.number(value).flatMap(Int32.init(exactly:)) ?? -1 }
    case UInt8(ascii: "S"):
      if let value = field.value("_SYSTEMD_UNIT=") {
        entry.unit = copy(value, to: &bytes)
      } else if let value = field.value("_SYSTEMD_SLICE=") {
        entry.slice = copy(value, to: &bytes)
      }
    case UInt8(ascii: "U"):
      if let value = field.value("_UID=") { entry.uid = Self.number(value).flatMap(UInt32.init(exactly:)) ?? .max }
    default: break
    }
  }

  private func takeOther(_ field: Field, into entry: inout JournalEntry, _ bytes: inout ByteBuffer) {
    switch field[0] {
    case UInt8(ascii: "N"): if let value = field.value("N_DROPPED=") { entry.droppedCount = Self.number(value) ?? 0 }
    case UInt8(ascii: "O"):
      if let value = field.value("OBJECT_SYSTEMD_UNIT=") { entry.objectUnit = copy(value, to: &bytes) }
    case UInt8(ascii: "U"): if let value = field.value("UNIT=") { entry.managedUnit = copy(value, to: &bytes) }
    case UInt8(ascii: "C"):
      if let value = field.value("COREDUMP_UNIT=") {
        entry.coredumpUnit = copy(value, to: &bytes)
      } else if let value = field.value("CONTAINER_NAME=") {
        entry.containerName = copy(value, to: &bytes)
        entry.isFromContainer = true
      } else if field.value("CONTAINER_ID=") != nil || field.value("CONTAINER_ID_FULL=") != nil {
        entry.isFromContainer = true
      } else if field.value("CONTAINER_PARTIAL_ID=") != nil || field.value("CONTAINER_PARTIAL_MESSAGE=") != nil {
        entry.isPartOfLine = true
      }
    default: break
    }
  }

  @inline(__always)
  private func copy(_ value: UnsafeRawBufferPointer, to bytes: inout ByteBuffer) -> FieldRange {
    guard let start = value.baseAddress else { return .absent }
    return bytes.append(start, min(value.count, EntryBatch.fieldLimit))
  }

  private mutating func machine(_ value: UnsafeRawBufferPointer) -> ID128 {
    if machineText.count == value.count, machineText.elementsEqual(value) { return machineID }
    guard let id = ID128(hexadecimal: value) else { return .zero }
    machineText = Array(value)
    machineID = id
    return id
  }

  /// A decimal number without sign; nil for anything else.
  private static func number(_ digits: UnsafeRawBufferPointer) -> UInt64? {
    guard !digits.isEmpty, digits.count <= 19 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard (48...57).contains(digit) else { return nil }
      value = value * 10 + UInt64(digit - 48)
    }
    return value
  }
}
