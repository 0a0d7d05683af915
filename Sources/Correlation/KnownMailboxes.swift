import AuditModel
import Glibc

/// The mailboxes of this server: a name that is none gets no directory.
///
/// One that nothing has proven for the retention is forgotten, so that names that strangers made up go. Days count by
/// the entries' times, and only those that follow each other: a clock that is wrong by a year makes nobody forgotten.
struct KnownMailboxes: Sendable {
  /// In the order in which they became known.
  private(set) var addresses: ContiguousArray<MailboxAddress> = []
  /// On which of the days that were counted each was last proven; `configured` for those of the configuration.
  private var heard: ContiguousArray<UInt32> = []
  /// Changed since the last checkpoint; kept only when somebody asks for them.
  var changed: [[UInt8]] = []
  var tracksChanges = false
  /// How many days were counted, from a number on that lies above every retention.
  private var today: UInt32 = 100_000
  /// Today since 1970.
  private var day: UInt64 = 0
  /// How many days without a proof a mailbox stays known.
  private let silenceLimit: UInt32
  /// An open hash table: the index of an address plus one, and above it half of its hash; 0 for none.
  private var table: ContiguousArray<UInt64> = ContiguousArray(repeating: 0, count: 256)
  /// Names are strangers' text: nobody may choose who meets whom in the table.
  private let secret = KeySecret.random()
  private var cap: NewMailboxCap

  private static let configured = UInt32.max
  private static let dayLength: UInt64 = 86_400_000_000
  /// With 90 bytes each these take a fifth of the service's memory at the most.
  static let maximum = 2_000_000

  /// - Parameter retention: for how long a mailbox stays known without a proof, microseconds.
  init(configured: [MailboxAddress], newPerHour: Int, retention: UInt64 = .max) {
    cap = NewMailboxCap(byDelivery: newPerHour)
    silenceLimit = UInt32(min(retention / Self.dayLength + 1, UInt64(today - 1)))
    for address in configured { restore(address.bytes, heard: Self.configured) }
  }

  /// The mailbox of this canonical address when it is known.
  func find(_ address: UnsafeRawBufferPointer) -> MailboxAddress? {
    find(address, secret.key(of: address).low).map { addresses[$0] }
  }

  /// Makes a mailbox known; nil when it cannot be one, or when too many became known this hour or at all.
  mutating func learn(_ address: UnsafeRawBufferPointer, byDelivery: Bool, at time: UInt64) -> MailboxAddress? {
    let hash = secret.key(of: address).low
    if time / Self.dayLength != day { turn(to: time / Self.dayLength) }
    if let known = find(address, hash) {
      if heard[known] < today { hear(known) }
      return addresses[known]
    }
    guard let new = MailboxAddress(Array(address)), addresses.count < (byDelivery ? Self.maximum / 2 : Self.maximum),
      cap.allows(new, byDelivery: byDelivery, at: time)
    else { return nil }
    insert(new, hash, heard: today)
    if tracksChanges { changed.append(new.bytes) }
    return new
  }

  private mutating func hear(_ index: Int) {
    heard[index] = today
    if tracksChanges { changed.append(addresses[index].bytes) }
  }

  // MARK: - Forgetting

  private mutating func turn(to day: UInt64) {
    if day == self.day + 1 {
      self.day = day
      today += 1
      forgetSilent()
    } else if day > self.day || day + 1 < self.day {
      self.day = day
    }
  }

  private func isSilent(_ index: Int) -> Bool { heard[index] <= today - silenceLimit }

  private mutating func forgetSilent() {
    guard addresses.indices.contains(where: isSilent) else { return }
    let kept = addresses.indices.filter { !isSilent($0) }
    if tracksChanges { changed += addresses.indices.filter(isSilent).map { addresses[$0].bytes } }
    addresses = ContiguousArray(kept.map { addresses[$0] })
    heard = ContiguousArray(kept.map { heard[$0] })
    fillTable(count: table.count)
  }

  // MARK: - Checkpoint

  /// For how many days nothing proved the mailbox; nil for one that is not known.
  func silence(of address: [UInt8]) -> UInt32? {
    address.withUnsafeBytes { find($0, secret.key(of: $0).low) }.map(silence)
  }

  func silence(at index: Int) -> UInt32 { heard[index] == Self.configured ? 0 : today - heard[index] }

  /// Takes up what a checkpoint says of a mailbox; nil for one that was forgotten. `finishRestoring` follows the last.
  mutating func restore(_ bytes: [UInt8], silence: UInt32?) {
    restore(bytes, heard: silence.map { today - min($0, today) } ?? 0)
  }

  /// - Parameter time: that of the newest entry behind the checkpoint.
  mutating func finishRestoring(at time: UInt64) {
    day = time / Self.dayLength
    forgetSilent()
  }

  private mutating func restore(_ bytes: [UInt8], heard time: UInt32) {
    bytes.withUnsafeBytes { address in
      let hash = secret.key(of: address).low
      if let known = find(address, hash) {
        if heard[known] != Self.configured { heard[known] = time == 0 ? 0 : max(heard[known], time) }
      } else if let new = MailboxAddress(bytes) {
        insert(new, hash, heard: time)
      }
    }
  }

  // MARK: - Hash table

  private func find(_ address: UnsafeRawBufferPointer, _ hash: UInt64) -> Int? {
    var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[slot] != 0 {
      if table[slot] >> 32 == hash >> 32 {
        let index = Int(table[slot] & 0xffff_ffff) - 1
        if Self.isSame(addresses[index].bytes, address) { return index }
      }
      slot = (slot + 1) & (table.count - 1)
    }
    return nil
  }

  private static func isSame(_ known: [UInt8], _ address: UnsafeRawBufferPointer) -> Bool {
    known.withUnsafeBytes { known in
      known.count == address.count && memcmp(known.baseAddress!, address.baseAddress!, known.count) == 0
    }
  }

  private mutating func insert(_ address: MailboxAddress, _ hash: UInt64, heard time: UInt32) {
    addresses.append(address)
    heard.append(time)
    if addresses.count * 4 > table.count * 3 {
      fillTable(count: table.count * 2)
    } else {
      enter(addresses.count - 1, hash)
    }
  }

  private mutating func fillTable(count: Int) {
    table = ContiguousArray(repeating: 0, count: count)
    for index in addresses.indices { enter(index, addresses[index].bytes.withUnsafeBytes { secret.key(of: $0).low }) }
  }

  private mutating func enter(_ index: Int, _ hash: UInt64) {
    var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[slot] != 0 { slot = (slot + 1) & (table.count - 1) }
    table[slot] = (hash & ~0xffff_ffff) | UInt64(index + 1)
  }
}
