import AuditModel

/// What correlation needs of a journal entry besides its message.
package struct EntryFacts: Sendable, Hashable {
  /// Microseconds since 1970, UTC.
  package var realtime: UInt64
  /// The identity of the entry: a hash of boot, monotonic time, realtime and content hash.
  package var identity: UInt64
  /// Tells hosts apart: notes of one host never join lines of another.
  package var machine: UInt64
  package var pid: Int32
  package var uid: UInt32
  package var host: [UInt8]
  package var unit: [UInt8]
  package var identifier: [UInt8]
  package var sender = Sender.proven

  /// What journald's fields say of the sender.
  package enum Sender: UInt8, Sendable, Hashable {
    /// It is the daemon.
    case proven
    /// Its unit and program are, but its uid may be any user's. Only rules that ask for `unproven` see such entries.
    case unproven
    /// The same, and the unit or the program is not known: it cannot help to prove the uid.
    case unprovable
  }

  package init(
    realtime: UInt64, identity: UInt64, machine: UInt64, pid: Int32, uid: UInt32, host: [UInt8], unit: [UInt8],
    identifier: [UInt8]
  ) {
    self.realtime = realtime
    self.identity = identity
    self.machine = machine
    self.pid = pid
    self.uid = uid
    self.host = host
    self.unit = unit
    self.identifier = identifier
  }
}
