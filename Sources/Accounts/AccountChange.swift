import AuditModel
import Configuration

/// What became of an account between two looks at its file.
package struct AccountChange: Sendable, Equatable {
  package var kind: EventKind
  /// The mailbox, canonical.
  package var account: [UInt8]
  /// What was changed, for kinds that say it.
  package var change: String?

  /// The changes, sorted by account.
  ///
  /// - Parameters:
  ///   - listing: the file as it is.
  ///   - snapshot: the same, digested.
  package static func between(
    _ old: AccountSnapshot, and snapshot: AccountSnapshot, listing: AccountListing,
    format: Configuration.AccountFile.Format
  ) -> [AccountChange] {
    let names = Set(old.accounts.keys).union(snapshot.accounts.keys).sorted { $0.lexicographicallyPrecedes($1) }
    return names.flatMap { name in
      let before = old.accounts[name]
      let after = snapshot.accounts[name]
      guard before != after else { return [AccountChange]() }
      return format == .virtual
        ? [forwarder(name, existed: before != nil, targets: listing.accounts[name]?[AccountListing.targets])]
        : account(name, before, after)
    }
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
