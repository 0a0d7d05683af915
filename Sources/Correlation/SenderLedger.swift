import AuditModel

/// What verified entries showed of the uids of each host: for which daemons they spoke, and which one delivers mail.
///
/// It decides on entries that lack a field, or whose uid alone proves nothing. It learns in the order of the entries,
/// from entries that are believed without it and that emit something; nobody who is not the daemon can add to it, so
/// it is small: its bound is for journals of thousands of hosts, and what comes behind the bound is not learned.
public struct SenderLedger: Sendable {
  struct Key: Hashable, Sendable {
    var machine: UInt64
    var uid: UInt32
  }

  struct Record: Equatable, Sendable {
    /// For which daemons the uid speaks, in the order of learning.
    var daemons: [Daemon] = []
    /// How many deliveries of this uid the mail server's own lines confirmed, up to `confirmationsNeeded`.
    var confirmations: UInt8 = 0
    /// The time of the last of them, microseconds.
    var confirmed: UInt64 = 0
  }

  struct Daemon: Equatable, Sendable {
    /// The hash of its name.
    var number: UInt64
    /// The time of the entry that showed it, microseconds: for what is read again later, nothing was known before.
    var since: UInt64
  }

  private(set) var records: [Key: Record] = [:]
  /// Hosts whose delivering uid is proven: one each.
  private var delivering: [UInt64: (uid: UInt32, since: UInt64)] = [:]
  /// Records changed since the last checkpoint.
  var changed: Set<Key> = []
  /// What was asked or learned last: neighbouring entries mostly are one sender's.
  private var last: (key: Key, daemon: UInt64)?

  static let maximumRecords = 65_536
  static let maximumDaemons = 32
  /// Once may be chance, or a journal that lost the true agent's line.
  static let confirmationsNeeded: UInt8 = 3

  public init() {}

  /// The number that stands for a daemon's name.
  public static func number(ofDaemon name: String) -> UInt64 {
    var hash = StableHash()
    hash.combine(name.utf8)
    return hash.value
  }

  // MARK: - Asking

  /// Whether verified entries of the daemon had this uid by a time.
  public func knows(_ uid: UInt32, on machine: UInt64, for daemon: UInt64, at time: UInt64) -> Bool {
    records[Key(machine: machine, uid: uid)]?.daemons.contains { $0.number == daemon && $0.since <= time } == true
  }

  /// Whether the uid is known by a time as the one that delivers mail on the host.
  public func delivers(_ uid: UInt32, on machine: UInt64, at time: UInt64) -> Bool {
    delivering[machine].map { $0.uid == uid && $0.since <= time } == true
  }

  /// How often the uid has been confirmed as one that delivers mail.
  func confirmations(of uid: UInt32, on machine: UInt64) -> Int {
    records[Key(machine: machine, uid: uid)].map { Int($0.confirmations) } ?? 0
  }

  // MARK: - Learning

  /// An entry of the daemon, believed without this ledger, had the uid.
  public mutating func learn(_ uid: UInt32, on machine: UInt64, for daemon: UInt64, at time: UInt64) {
    let key = Key(machine: machine, uid: uid)
    if let last, last.key == key, last.daemon == daemon { return }
    last = (key, daemon)
    guard let record = records[key] ?? newRecord(), !record.daemons.contains(where: { $0.number == daemon }),
      record.daemons.count < Self.maximumDaemons
    else { return }
    records[key, default: record].daemons.append(Daemon(number: daemon, since: time))
    changed.insert(key)
  }

  /// A line of the mail server took what an agent of this uid offered, and no other uid had offered the same.
  mutating func confirm(_ uid: UInt32, on machine: UInt64, at time: UInt64) {
    let key = Key(machine: machine, uid: uid)
    guard delivering[machine] == nil, var record = records[key] ?? newRecord() else { return }
    record.confirmations += 1
    record.confirmed = time
    records[key] = record
    changed.insert(key)
    if record.confirmations >= Self.confirmationsNeeded { delivering[machine] = (uid, time) }
  }

  private func newRecord() -> Record? { records.count < Self.maximumRecords ? Record() : nil }

  // MARK: - Checkpoint

  static func bytes(of key: Key) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(key.machine)
    writer.write(key.uid)
    return writer.bytes
  }

  static func bytes(of record: Record) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(record.confirmations)
    writer.write(record.confirmed)
    for daemon in record.daemons {
      writer.write(daemon.number)
      writer.write(daemon.since)
    }
    return writer.bytes
  }

  /// What a checkpoint's state says of the senders; damaged records are left out.
  public init(state: [[UInt8]]) {
    for part in state {
      _ = StateRecords.forEach(part) { table, key, value in
        if table == .senders { _ = restore(key, value ?? []) }
        return true
      }
    }
  }

  /// Takes a record up; false when it is damaged.
  mutating func restore(_ key: [UInt8], _ value: [UInt8]) -> Bool {
    var keyReader = ByteReader(key)
    var reader = ByteReader(value)
    guard let machine = keyReader.number(UInt64.self), let uid = keyReader.number(UInt32.self),
      let confirmations = reader.number(UInt8.self), let confirmed = reader.number(UInt64.self)
    else { return false }
    var record = Record(confirmations: confirmations, confirmed: confirmed)
    while !reader.isAtEnd {
      guard record.daemons.count < Self.maximumDaemons, let number = reader.number(UInt64.self),
        let since = reader.number(UInt64.self)
      else { return false }
      record.daemons.append(Daemon(number: number, since: since))
    }
    records[Key(machine: machine, uid: uid)] = record
    if confirmations >= Self.confirmationsNeeded { delivering[machine] = (uid, confirmed) }
    return true
  }
}
