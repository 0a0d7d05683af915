import AuditModel
import Testing

@Suite struct ShardTests {
  @Test(arguments: ["", "1", "0/8", "9/8", "a/8", "1/0", "1/4097", "1/2/3", "-1/8", "1/8x"])
  func refuses(text: String) { #expect(Shard(text) == nil) }

  @Test func eachMailboxIsInOneShare() throws {
    let shares = try (1...8).map { try #require(Shard("\($0)/8")) }
    var sizes = Array(repeating: 0, count: 8)
    for number in 0..<4000 {
      let holders = shares.indices.filter { shares[$0].holds("user\(number)@example.org".utf8) }
      #expect(holders.count == 1)
      if let holder = holders.first { sizes[holder] += 1 }
    }
    #expect(sizes.allSatisfy { $0 > 400 && $0 < 600 })
  }

  /// The share of an address is the same for ever: trees are where they are.
  @Test func theShareOfAnAddressNeverChanges() {
    #expect(Shard("8/8")?.holds("ann@example.org".utf8) == true)
  }
}
