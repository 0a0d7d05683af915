import AuditModel
import Glibc

/// The mailboxes of this server: a name that is none gets no directory.
struct KnownMailboxes: Sendable {
  /// In the order in which they became known.
  private(set) var addresses: ContiguousArray<MailboxAddress> = []
  /// Learned since the last checkpoint.
  var learned: [[UInt8]] = []
  /// An open hash table: the place of an address plus one, and above it half of its hash; 0 for none.
  private var table: ContiguousArray<UInt64> = ContiguousArray(repeating: 0, count: 256)
  /// Names are strangers' text: nobody may choose who meets whom in the table.
  private let secret = KeySecret.random()
  private var cap: NewMailboxCap

  init(configured: [MailboxAddress], newPerHour: Int) {
    cap = NewMailboxCap(byDelivery: newPerHour)
    for address in configured { restore(address.bytes) }
  }

  /// The mailbox of this canonical address when it is known.
  func find(_ address: UnsafeRawBufferPointer) -> MailboxAddress? {
    find(address, secret.key(of: address).low).map { addresses[$0] }
  }

  /// Makes a mailbox known; nil when it cannot be one, or when too many became known this hour.
  mutating func learn(_ address: UnsafeRawBufferPointer, byDelivery: Bool, at time: UInt64) -> MailboxAddress? {
    let hash = secret.key(of: address).low
    if let known = find(address, hash) { return addresses[known] }
    guard let new = MailboxAddress(Array(address)) else { return nil }
    guard cap.allows(new, byDelivery: byDelivery, at: time) else { return nil }
    insert(new, hash)
    learned.append(new.bytes)
    return new
  }

  mutating func restore(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { address in
      let hash = secret.key(of: address).low
      if find(address, hash) == nil, let new = MailboxAddress(bytes) { insert(new, hash) }
    }
  }

  private func find(_ address: UnsafeRawBufferPointer, _ hash: UInt64) -> Int? {
    var index = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[index] != 0 {
      if table[index] >> 32 == hash >> 32 {
        let place = Int(table[index] & 0xffff_ffff) - 1
        if Self.isSame(addresses[place].bytes, address) { return place }
      }
      index = (index + 1) & (table.count - 1)
    }
    return nil
  }

  private static func isSame(_ known: [UInt8], _ address: UnsafeRawBufferPointer) -> Bool {
    known.withUnsafeBytes { known in
      known.count == address.count && memcmp(known.baseAddress!, address.baseAddress!, known.count) == 0
    }
  }

  private mutating func insert(_ address: MailboxAddress, _ hash: UInt64) {
    addresses.append(address)
    if addresses.count * 4 > table.count * 3 {
      table = ContiguousArray(repeating: 0, count: table.count * 2)
      for place in addresses.indices.dropLast() {
        enter(place, addresses[place].bytes.withUnsafeBytes { secret.key(of: $0).low })
      }
    }
    enter(addresses.count - 1, hash)
  }

  private mutating func enter(_ place: Int, _ hash: UInt64) {
    var index = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[index] != 0 { index = (index + 1) & (table.count - 1) }
    table[index] = (hash & ~0xffff_ffff) | UInt64(place + 1)
  }
}
