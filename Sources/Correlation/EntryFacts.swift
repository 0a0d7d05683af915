import AuditModel

/// What correlation needs of a journal entry besides its message.
public struct EntryFacts: Sendable, Hashable {
  /// Microseconds since 1970, UTC.
  public var realtime: UInt64
  /// The identity of the entry: a hash of boot, monotonic time, realtime and content hash.
  public var identity: UInt64
  /// Distinguishes hosts: contexts of one host never join lines of another.
  public var machine: UInt64
  public var pid: Int32
  public var uid: UInt32
  public var host: [UInt8]
  public var unit: [UInt8]
  public var identifier: [UInt8]
  public var sender = Sender.proven
  /// Whether uids in the message are those of the host's passwd(5): not those of a container.
  public var hasHostsUIDs = true

  /// What journald's fields say of the sender.
  public enum Sender: UInt8, Sendable, Hashable {
    /// It is the daemon.
    case proven
    /// Its unit and program are, but its uid may be any user's. Only rules that ask for `unproven` see such entries.
    case unproven
    /// The same, and the unit or the program is not known: it cannot help to prove the uid.
    case unprovable
  }

  public init(
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
