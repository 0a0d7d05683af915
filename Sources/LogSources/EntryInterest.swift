/// Which entries the reader of a source has a use for. The others are counted and not kept.
///
/// An entry is kept when its identifier or its command is wanted; journald's own entries are always kept, because they
/// tell of lost messages. Called for each entry: answers should come from a hash table.
public protocol EntryInterest: Sendable {
  /// Whether entries with this `SYSLOG_IDENTIFIER` are wanted. The bytes do not outlive the call.
  func wants(identifier: UnsafeRawBufferPointer) -> Bool
  /// Whether entries with this `_COMM` are wanted. The bytes do not outlive the call.
  func wants(command: UnsafeRawBufferPointer) -> Bool
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
