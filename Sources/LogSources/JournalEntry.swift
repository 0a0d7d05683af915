/// Where the bytes of a field lie in its batch. Empty means that the entry has no such field, or an empty one.
package struct FieldRange: Sendable, Hashable {
  /// The first byte, counted from the start of the batch's bytes.
  package var offset: UInt32
  /// The number of bytes.
  package var length: UInt32

  @inlinable
  package init(offset: UInt32, length: UInt32) {
    self.offset = offset
    self.length = length
  }

  /// No field.
  package static let absent = FieldRange(offset: 0, length: 0)

  @inlinable package var isEmpty: Bool { length == 0 }
}

/// One journal entry; its texts are ranges in the bytes of its `EntryBatch`. systemd.journal-fields(7) has the meanings.
///
/// Fields whose name begins with an underscore in the journal are written by journald itself and can be trusted;
/// `message` and `identifier` are what the sender claims. Where an entry has a field twice, the first one
/// that sd_journal_enumerate_data(3) gives counts. Texts are bytes: NUL, line feeds and invalid UTF-8 included.
package struct JournalEntry: Sendable {
  /// Microseconds since 1970, UTC, by the clock of the machine when journald received the entry.
  package var realtime: UInt64 = 0
  /// Microseconds since the boot.
  package var monotonic: UInt64 = 0
  package var bootID = ID128.zero
  /// `_MACHINE_ID`; zero when absent.
  package var machineID = ID128.zero
  /// The `x=` of the entry's cursor: a hash of its fields, the same in every file that holds the entry. 0 when the
  /// interest had no need of it.
  package var contentHash: UInt64 = 0

  /// `MESSAGE`.
  package var message = FieldRange.absent
  /// `SYSLOG_IDENTIFIER`.
  package var identifier = FieldRange.absent
  /// `_SYSTEMD_UNIT`.
  package var unit = FieldRange.absent
  /// `_SYSTEMD_SLICE`.
  package var slice = FieldRange.absent
  /// `_COMM`.
  package var command = FieldRange.absent
  /// `_EXE`.
  package var executable = FieldRange.absent
  /// `_HOSTNAME`.
  package var hostname = FieldRange.absent
  /// `OBJECT_SYSTEMD_UNIT`: the unit that the entry is about; of journald's "Suppressed N messages" the unit that lost
  /// them.
  package var objectUnit = FieldRange.absent
  /// `UNIT`: the unit that a message of systemd itself is about.
  package var managedUnit = FieldRange.absent
  /// `COREDUMP_UNIT`.
  package var coredumpUnit = FieldRange.absent

  /// `MESSAGE_ID`; zero when absent.
  package var messageID = ID128.zero
  /// `N_DROPPED`: how many messages journald suppressed; 0 when absent.
  package var droppedCount: UInt64 = 0
  /// `_PID`; -1 when absent.
  package var pid: Int32 = -1
  /// `_UID`; `UInt32.max` when absent.
  package var uid: UInt32 = .max
  /// Whether the message was longer than `EntryBatch.fieldLimit` and is cut there.
  package var isMessageTruncated = false
  /// Whether there is a `MESSAGE` at all. Its absence is a rare sender's choice, or damage: libsystemd leaves a damaged
  /// field out without a word, so somebody should count these.
  package var hasMessage = false
  /// Whether this is a line of a text log: it has none of journald's fields, and its file is believed as a whole.
  package var isFromTextLog = false
  /// What the reader's interest found in it.
  package var finding = EntryFinding()

  package init() {}

  /// The `MESSAGE_ID` of journald's "Suppressed N messages from UNIT" (sd-messages.h).
  package static let suppressedMessagesID = ID128(high: 0xa596_d6fe_7bfa_4994, low: 0x828e_7230_9e95_d61e)

  /// Whether this is journald's own word that it dropped messages of `objectUnit` over the rate limit.
  ///
  /// Only root's word counts: anybody may write an entry with this id.
  package var isSuppressionNotice: Bool { messageID == Self.suppressedMessagesID && uid == 0 }
}
