import AuditModel
import Correlation
import Testing

/// What is doubtful is said by the record as a whole, and never hidden.
@Suite struct DoubtTests {
  private static let rules = """
    rule refused
      match rcpt \\<<recipient!:address>>, relay=<ip:ip><?, reject <:text>?>
      event delivery.rejected mailbox=<recipient>
      example rcpt <bob@example.com>, relay=192.0.2.1
        expect recipient=bob@example.com ip=192.0.2.1

    """

  @Test func aDoubtfulMailboxIsNamedAmongTheUnowned() throws {
    let bench = try CorrelationBench(Self.rules)
    #expect(bench.feed(0, "rcpt <\"x>, relay=192.0.2.1, reject <ann\"@example.com>, relay"))
    let event = try #require(bench.correlator.drainEvents().first)
    #expect(event.owner == .unknown)
    #expect(event.event.fields[.confidence].map { String(decoding: $0, as: UTF8.self) } == "ambiguous")
    #expect(event.event.fields.contains(.mailbox))
    #expect(!event.event.fields.isDoubtful(FieldKey.mailbox.rawValue), "a record has no flag that readers do not know")
  }
}
