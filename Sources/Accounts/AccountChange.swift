import AuditModel
import Configuration

/// What became of an account between two looks at its file.
package struct AccountChange: Sendable, Equatable {
  package var kind: EventKind
  /// The mailbox, canonical; of a map also `@example.org`, which catches what is left of a domain.
  package var account: [UInt8]
  /// What was changed, for kinds that say it.
  package var change: String?

  private typealias Account = (name: [UInt8], digests: [String: String])

  /// The changes, sorted by mailbox.
  ///
  /// - Parameters:
  ///   - listing: the file as it is.
  ///   - snapshot: the same, digested.
  ///   - mailbox: the canonical address of a name; nil for what is none by the configuration of today.
  package static func between(
    _ old: AccountSnapshot, and snapshot: AccountSnapshot, listing: AccountListing, mailbox: ([UInt8]) -> [UInt8]?
  ) -> [AccountChange] {
    let (before, after) = (byMailbox(old, mailbox), byMailbox(snapshot, mailbox))
    let mailboxes = Set(before.keys).union(after.keys).sorted { $0.lexicographicallyPrecedes($1) }
    return mailboxes.flatMap { address in
      let (was, now) = (before[address], after[address])
      guard was?.digests != now?.digests || (was == nil) != (now == nil) else { return [AccountChange]() }
      return snapshot.format == .virtual
        ? [
          forwarder(
            address, existed: was != nil, targets: now.flatMap { listing.accounts[$0.name]?[AccountListing.targets] })
        ]
        : account(address, was?.digests, now?.digests)
    }
  }

  /// Of several names of one mailbox one counts, the same in each run.
  private static func byMailbox(_ snapshot: AccountSnapshot, _ mailbox: ([UInt8]) -> [UInt8]?) -> [[UInt8]: Account] {
    var found: [[UInt8]: Account] = [:]
    for (name, digests) in snapshot.accounts {
      guard let address = mailbox(name) else { continue }
      if let other = found[address], other.name.lexicographicallyPrecedes(name) { continue }
      found[address] = (name, digests)
    }
    return found
  }

  private static func forwarder(_ name: [UInt8], existed: Bool, targets: [UInt8]?) -> AccountChange {
    let change = targets.map { (existed ? "changed, to " : "added, to ") + Self.text($0) } ?? "removed"
    return AccountChange(kind: .forwarderChanged, account: name, change: change)
  }

  /// At most so much that a report with it is one entry of the journal, and that a record has it whole.
  private static func text(_ value: [UInt8]) -> String {
    let text = String(decoding: value.prefix(longest), as: UTF8.self)
    return value.count > longest ? text + "\u{2026}" : text
  }

  private static let longest = 1000

  private static func account(_ name: [UInt8], _ before: [String: String]?, _ after: [String: String]?)
    -> [AccountChange]
  {
    guard let before else { return [AccountChange(kind: .accountCreated, account: name)] }
    guard let after else { return [AccountChange(kind: .accountDeleted, account: name)] }
    let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
    var found: [AccountChange] = []
    if changed.contains(AccountListing.password) {
      found.append(AccountChange(kind: .accountPasswordChanged, account: name))
    }
    if changed.contains(AccountListing.locked) {
      let isLocked = after[AccountListing.locked] != nil
      found.append(AccountChange(kind: isLocked ? .accountSuspended : .accountResumed, account: name))
    }
    let others = changed.subtracting([AccountListing.password, AccountListing.locked])
    if !others.isEmpty {
      found.append(
        AccountChange(
          kind: .accountChanged, account: name, change: text(Array(others.sorted().joined(separator: ", ").utf8))))
    }
    return found
  }
}
