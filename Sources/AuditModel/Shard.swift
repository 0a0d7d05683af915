/// One collector's share of the mailboxes, where several share the work: `2/8` is the second of eight.
///
/// Which share a mailbox is in comes from a hash of its address that never changes, so that each share is complete for
/// its mailboxes whichever hosts their mail goes through.
public struct Shard: Sendable, Hashable {
  /// From 1.
  public let number: Int
  public let count: Int

  /// nil for numbers that make no share.
  public init?(number: Int, of count: Int) {
    guard count >= 1, count <= 4096, (1...count).contains(number) else { return nil }
    self.number = number
    self.count = count
  }

  /// Reads `2/8`.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]) else { return nil }
    self.init(number: number, of: count)
  }

  /// Whether a mailbox is in this share.
  public func holds(_ address: some Sequence<UInt8>) -> Bool {
    var hash = StableHash()
    hash.combine(address)
    return hash.value % UInt64(count) == UInt64(number - 1)
  }
}
