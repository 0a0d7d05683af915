/// Where the bytes of a field lie in its batch. Empty means that the entry has no such field, or an empty one.
public struct FieldRange: Sendable, Hashable {
  /// The first byte, counted from the start of the batch's bytes.
  public var offset: UInt32
  /// The number of bytes.
  public var length: UInt32

  @inlinable
  public init(offset: UInt32, length: UInt32) {
    self.offset = offset
    self.length = length
  }

  /// No field.
  public static let absent = FieldRange(offset: 0, length: 0)

  @inlinable public var isEmpty: Bool { length == 0 }
}

/// One journal entry; its texts are ranges in the bytes of its `EntryBatch`. systemd.journal-fields(7) has the meanings.
///
/// Fields whose name begins with an underscore in the journal are written by journald itself and can be trusted;
/// `message` and `identifier` are what the sender claims. Where an entry has a field twice, the first one
/// that sd_journal_enumerate_data(3) gives counts. Texts are bytes: NUL, line feeds and invalid UTF-8 included.
public struct JournalEntry: Sendable {
  /// Microseconds since 1970, UTC, by the clock of the machine when journald received the entry.
  public var realtime: UInt64 = 0
  /// Microseconds since the boot.
  public var monotonic: UInt64 = 0
  public var bootID = ID128.zero
  /// `_MACHINE_ID`; zero when absent.
  public var machineID = ID128.zero
  /// The `x=` of the entry's cursor: a hash of its fields, the same in every file that holds the entry. 0 when the
  /// interest had no need of it.
  public var contentHash: UInt64 = 0

  /// `MESSAGE`.
  public var message = FieldRange.absent
  /// `SYSLOG_IDENTIFIER`.
  public var identifier = FieldRange.absent
  /// `_SYSTEMD_UNIT`.
  public var unit = FieldRange.absent
  /// `_SYSTEMD_SLICE`.
  public var slice = FieldRange.absent
  /// `_COMM`.
  public var command = FieldRange.absent
  /// `_EXE`.
  public var executable = FieldRange.absent
  /// `_HOSTNAME`.
  public var hostname = FieldRange.absent
  /// `OBJECT_SYSTEMD_UNIT`: the unit that the entry is about; of journald's "Suppressed N messages" the unit that lost
  /// them.
  public var objectUnit = FieldRange.absent
  /// `UNIT`: the unit that a message of systemd itself is about.
  public var managedUnit = FieldRange.absent
  /// `COREDUMP_UNIT`.
  public var coredumpUnit = FieldRange.absent

  /// `CONTAINER_NAME`, which a container's runtime writes beside what the container said.
  public var containerName = FieldRange.absent

  /// `MESSAGE_ID`; zero when absent.
  public var messageID = ID128.zero
  /// `N_DROPPED`: how many messages journald suppressed; 0 when absent.
  public var droppedCount: UInt64 = 0
  /// `_PID`; -1 when absent.
  public var pid: Int32 = -1
  /// `_UID`; `UInt32.max` when absent.
  public var uid: UInt32 = .max
  /// Whether the message was longer than `EntryBatch.fieldLimit` and is cut there.
  public var isMessageTruncated = false
  /// Whether there is a `MESSAGE` at all. Its absence is a rare sender's choice, or damage: libsystemd leaves a damaged
  /// field out without a word, so somebody should count these.
  public var hasMessage = false
  /// Whether this is a line of a text log: it has none of journald's fields, and its file is believed as a whole.
  public var isFromTextLog = false
  /// Whether it bears a container's name or id: its sender is the container's runtime, and its text anybody's who may
  /// start a container.
  public var isFromContainer = false
  /// Whether the runtime cut the message out of a longer line.
  public var isPartOfLine = false
  /// Whether uids in its text are those of its machine's passwd(5): not where the line does not name the host whole.
  public var hasHostsUIDs = true
  /// Whether the container is one that is believed.
  public var isFromBelievedContainer = false
  /// What the reader's interest found in it.
  public var finding = EntryFinding()

  public init() {}

  /// The `MESSAGE_ID` of journald's "Suppressed N messages from UNIT" (sd-messages.h).
  public static let suppressedMessagesID = ID128(high: 0xa596_d6fe_7bfa_4994, low: 0x828e_7230_9e95_d61e)

  /// Whether this is journald's own word that it dropped messages of `objectUnit` over the rate limit.
  ///
  /// Only root's word counts: anybody may write an entry with this id.
  public var isSuppressionNotice: Bool { messageID == Self.suppressedMessagesID && uid == 0 }
}
