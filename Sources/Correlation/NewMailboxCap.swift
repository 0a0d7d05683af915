import AuditModel

/// How many mailboxes may become known in an hour.
///
/// A catch-all address takes mail for any name, so strangers make mailboxes known as fast as they send. Each domain has
/// an allowance of its own, and so has each way of becoming known: mail to made-up names in one domain leaves the other
/// domains theirs, and those who log in. All domains together have that of ten.
struct NewMailboxCap: Sendable {
  /// What one domain has used, or all together.
  private struct Used: Sendable {
    var byDelivery = 0
    var otherwise = 0
  }

  /// Whoever logs in has a password: this bounds what a daemon with a fault can do, not the first hour of a large site.
  static let otherwise = 100_000
  private static let domains = 10
  private static let hoursBack: UInt64 = 24

  private let byDelivery: Int
  private var hour: UInt64 = 0
  private var used: [ByteKey: Used] = [:]
  private var all = Used()

  /// - Parameter byDelivery: how many mailboxes of a domain deliveries alone may make known.
  init(byDelivery: Int) { self.byDelivery = byDelivery }

  /// Whether one more may become known, which is counted.
  mutating func allows(_ address: MailboxAddress, byDelivery isByDelivery: Bool, at time: UInt64) -> Bool {
    let hour = time / 3_600_000_000
    // Of several hosts one may be behind: its entries count as those of the newest hour, unless a clock was set back.
    if hour > self.hour || hour + Self.hoursBack < self.hour {
      self.hour = hour
      (used, all) = ([:], Used())
    }
    let path = isByDelivery ? \Used.byDelivery : \Used.otherwise
    let maximum = isByDelivery ? byDelivery : Self.otherwise
    let domain = ByteKey(Array(address.domain))
    let count = used[domain]?[keyPath: path] ?? 0
    guard count < maximum, all[keyPath: path] / Self.domains < maximum else { return false }
    used[domain, default: Used()][keyPath: path] += 1
    all[keyPath: path] += 1
    return true
  }
}
