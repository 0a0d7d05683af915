import AuditModel

/// What correlation needs of a journal entry besides its message.
public struct EntryFacts: Sendable, Hashable {
  /// Microseconds since 1970, UTC.
  public var realtime: UInt64
  /// The identity of the entry: a hash of boot, monotonic time, realtime and content hash.
  public var identity: UInt64
  /// Tells hosts apart: notes of one host never join lines of another.
  public var machine: UInt64
  public var pid: Int32
  public var uid: UInt32
  public var host: [UInt8]
  public var unit: [UInt8]
  public var identifier: [UInt8]

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
