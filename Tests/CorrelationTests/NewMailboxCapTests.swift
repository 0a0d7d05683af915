import AuditModel
import Testing

@testable import Correlation

/// Strangers can make only so many mailboxes known, and take nothing from the others.
@Suite struct NewMailboxCapTests {
  private static func address(_ text: String) throws -> MailboxAddress {
    try #require(MailboxAddress(Array(text.utf8)))
  }

  /// How many of the mailboxes `aN@DOMAIN` may become known in the hour.
  private func allowed(
    _ cap: inout NewMailboxCap, _ count: Int, domain: String = "example.org", byDelivery: Bool = true, hour: UInt64 = 9
  ) throws -> Int {
    try (0..<count).count { number in
      cap.allows(try Self.address("a\(number)@\(domain)"), byDelivery: byDelivery, at: hour * 3_600_000_000)
    }
  }

  @Test func aFloodInOneDomainTakesNothingFromOthersNorFromLogins() throws {
    var cap = NewMailboxCap(byDelivery: 2)
    #expect(try allowed(&cap, 100) == 2)
    #expect(try allowed(&cap, 100, domain: "other.example") == 2)
    #expect(try allowed(&cap, 100, byDelivery: false) == 100)
    #expect(try allowed(&cap, 100, hour: 10) == 2)
  }

  @Test func allDomainsTogetherHaveTheShareOfTen() throws {
    var cap = NewMailboxCap(byDelivery: 2)
    #expect(try (0..<100).map { try allowed(&cap, 5, domain: "d\($0).example") }.reduce(0, +) == 20)
    #expect(try allowed(&cap, 1, byDelivery: false) == 1)
  }

  /// A daemon with a fault cannot make mailboxes without end either.
  @Test func whatIsProvenOtherwiseIsCountedToo() throws {
    var cap = NewMailboxCap(byDelivery: 0)
    #expect(try allowed(&cap, NewMailboxCap.otherwise + 10, byDelivery: false) == NewMailboxCap.otherwise)
    #expect(try allowed(&cap, 1) == 0)
  }

  /// A host that is behind must not bring the share anew with each line; a clock that was set back does.
  @Test func hoursThatAreBehindHaveNoShareOfTheirOwn() throws {
    var cap = NewMailboxCap(byDelivery: 2)
    #expect(try (0..<10).map { try allowed(&cap, 1, hour: 9 - $0 % 2) }.reduce(0, +) == 2)
    _ = try allowed(&cap, 9, hour: 900_000)
    #expect(try allowed(&cap, 9, hour: 9) == 2)
  }
}
