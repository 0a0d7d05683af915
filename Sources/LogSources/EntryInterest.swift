/// Which entries the reader of a source has a use for. The others are counted and not kept.
///
/// An entry is kept when its identifier or its command is wanted; journald's own entries are always kept, because they
/// report lost messages. Called for each entry: answers should come from a hash table.
public protocol EntryInterest: AnyObject, Sendable {
  /// Whether entries with this `SYSLOG_IDENTIFIER` are wanted. The bytes do not outlive the call.
  func wants(identifier: UnsafeRawBufferPointer) -> Bool
  /// Whether entries with this `_COMM` are wanted. The bytes do not outlive the call.
  func wants(command: UnsafeRawBufferPointer) -> Bool
  /// Looks at an entry of the journal that is wanted, on the reading thread and before the costlier rest of it is
  /// read: what it finds goes into `entry.finding` and `batch.ranges`. False when the entry need not be kept after all;
  /// then its time alone counts.
  func keeps(_ entry: inout JournalEntry, in batch: EntryBatch) -> Bool
}

extension EntryInterest {
  public func keeps(_ entry: inout JournalEntry, in batch: EntryBatch) -> Bool { true }
}

/// What an interest found in an entry, kept beside the entry for whoever takes the batch. Numbers and names have the
/// meaning that the interest gives them.
public struct EntryFinding: Sendable {
  /// Whose finding it is; 0 for nobody's.
  public var finder: UInt32 = 0
  public var number: Int32 = 0
  /// The first of its ranges in `EntryBatch.ranges`, and how many there are.
  public var firstRange: Int32 = 0
  public var rangeCount: UInt16 = 0
  public var flag = false
  /// A small number of the interest's own.
  public var grade: UInt8 = 0
  /// A flag of the interest's own.
  public var group: UInt16 = 0
  /// Whether the entry's content hash is of use: it is the costliest part of an entry to read.
  public var needsContentHash = true

  public init() {}
}

/// A named range in an entry's message.
public struct FoundRange: Sendable {
  public var start: UInt32
  public var end: UInt32
  public var name: UInt16
  public var form: UInt8
  public var flag: Bool

  public init(start: UInt32, end: UInt32, name: UInt16, form: UInt8, flag: Bool) {
    (self.start, self.end, self.name, self.form, self.flag) = (start, end, name, form, flag)
  }
}

/// What is asked of an entry besides the interest: journalctl's `--identifier` and `--unit`.
///
/// Both are applied in this process, not by matches of libsystemd: with matches a damaged index silently hides entries.
public struct EntryFilter: Sendable, Equatable {
  /// Any of these `SYSLOG_IDENTIFIER`s; empty for all.
  public var identifiers: [String]
  /// Any of these units, as `journalctl --unit` takes them: `.service` is added where there is no suffix, `*?[` make a
  /// pattern; messages of systemd, of root's daemons and of coredumps about the unit count too. Empty for all.
  public var units: [String]

  public init(identifiers: [String] = [], units: [String] = []) {
    self.identifiers = identifiers
    self.units = units
  }

  public var isEmpty: Bool { identifiers.isEmpty && units.isEmpty }
}
