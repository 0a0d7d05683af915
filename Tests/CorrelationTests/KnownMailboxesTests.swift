import AuditModel
import Testing

@testable import Correlation

/// Mailboxes that nothing proves any more are forgotten, and nothing else is.
@Suite struct KnownMailboxesTests {
  private static let rules = """
    rule ok
      match ok <mailbox:word>
      event login.succeeded
      example ok ann
        expect mailbox=ann
    rule fail
      match fail <mailbox:word>
      event login.failed
      example fail ann
        expect mailbox=ann

    """

  private func bench(days: UInt64 = 5) throws -> CorrelationBench {
    try CorrelationBench(
      Self.rules, policy: .everything.with { $0.mailboxRetention = days * KnownMailboxesTests.day })
  }

  private static let day: UInt64 = 86_400_000_000

  private func known(_ bench: CorrelationBench) -> [String] {
    bench.correlator.knownAddresses.map { String(decoding: $0.bytes, as: UTF8.self) }.sorted()
  }

  private func feed(_ bench: CorrelationBench, days: ClosedRange<Int>, _ lines: [String]) {
    for day in days { for line in lines { bench.feed(Double(day) * 86_400, line) } }
  }

  @Test func whatNothingProvesForTheRetentionIsForgotten() throws {
    let bench = try bench()
    feed(bench, days: 0...0, ["ok carol", "ok dave"])
    feed(bench, days: 1...5, ["ok carol", "fail dave"])
    #expect(known(bench) == ["ann@example.org", "bob@example.org", "carol@example.org", "dave@example.org"])
    // Failures name whatever a stranger typed: they prove nothing. The configuration's mailboxes stay.
    feed(bench, days: 6...6, ["ok carol"])
    #expect(known(bench) == ["ann@example.org", "bob@example.org", "carol@example.org"])
    _ = bench.emitted()
    feed(bench, days: 6...6, ["fail dave", "fail carol", "ok dave"])
    #expect(
      bench.emitted() == [
        "login.failed _unknown", "login.failed carol@example.org", "login.succeeded dave@example.org",
      ])
  }

  @Test func aClockThatIsWrongMakesNobodyForgotten() throws {
    let bench = try bench()
    bench.feed(0, "ok dave")
    for time in 1...30 {
      bench.feed(Double(time), "ok carol")
      bench.feed(Double(time) * 86_400 * 365, "ok carol")
    }
    #expect(known(bench).contains("dave@example.org"))
  }

  @Test(arguments: [false, true]) func restartsForgetTheSame(hasChanges: Bool) throws {
    let bench = try bench()
    bench.correlator.trackChanges()
    var state = bench.correlator.encodeState()
    for day in 0...9 {
      feed(bench, days: day...day, ["ok carol"] + (day < 3 ? ["ok dave"] : []))
      state = hasChanges ? state + bench.correlator.encodeChanges() : bench.correlator.encodeState()
      #expect(known(bench).contains("dave@example.org") == (day < 8))
      let next = try self.bench()
      #expect(next.correlator.restore(state))
      next.correlator.finishRestoring()
      // A log of changes does not count the days of those of whom it says nothing.
      if !hasChanges { next.correlator.trackChanges() }
      #expect(known(next).contains("dave@example.org") == (day < 8))
      if !hasChanges { bench.replace(by: next.correlator) }
    }
  }

  /// Checkpoints of before had the names alone.
  @Test func aCheckpointWithoutDaysIsRead() throws {
    let bench = try bench()
    var writer = ByteWriter()
    writer.write(StateRecords.Table.mailboxes.rawValue)
    writer.write(Array("carol@example.org".utf8))
    writer.write(UInt8(1))
    writer.write([] as [UInt8])
    #expect(bench.correlator.restore(writer.bytes))
    bench.correlator.finishRestoring()
    #expect(known(bench).contains("carol@example.org"))
  }

  /// What is forgotten leaves no hole behind which another is not found.
  @Test func manyAreForgottenAndFound() throws {
    var mailboxes = KnownMailboxes(configured: [], newPerHour: 10_000, retention: 0)
    func learn(_ numbers: Range<Int>, on day: UInt64) {
      for number in numbers {
        Array("a\(number)@example.org".utf8).withUnsafeBytes {
          _ = mailboxes.learn($0, byDelivery: true, at: day * Self.day)
        }
      }
    }
    learn(0..<3_000, on: 1)
    learn(1_000..<2_000, on: 2)
    #expect(mailboxes.addresses.count == 1_000)
    learn(0..<3_000, on: 2)
    #expect(mailboxes.addresses.count == 3_000)
    #expect(Set(mailboxes.addresses).count == 3_000)
  }
}
