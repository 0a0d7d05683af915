import AuditModel
import Correlation
import Testing

/// `audit.strangers-per-hour`.
@Suite struct StrangersAllowanceTests {
  private static let rules =
    BurstTests.rules + """
      rule refuse
        match refuse <user> <reason>
        event delivery.rejected mailbox=<user>
        example refuse a b
          expect user=a reason=b

      """

  private static func policy(_ maximum: Int) -> CorrelationPolicy {
    .everything.with { $0.maximumStrangersPerHour = maximum }
  }

  private func bench(_ maximum: Int) throws -> CorrelationBench {
    let bench = try CorrelationBench(Self.rules, roles: "account user", policy: Self.policy(maximum))
    for name in ["ann", "bob"] { bench.feed(0, "ok \(name)") }
    _ = bench.correlator.drainEvents()
    return bench
  }

  private static let toHour = 3600.0

  @Test func theRestOfTheHourIsOneRecordWithACount() throws {
    let bench = try bench(3)
    for second in 1...10 { bench.feed(Double(second), "refuse ann because \(second)") }
    #expect(bench.emitted(.reason).count == 3)
    bench.feed(11, "refuse bob other")
    #expect(bench.emitted(.reason) == ["delivery.rejected bob@example.org reason=other"])
    bench.advance(to: Self.toHour)
    #expect(
      bench.emitted(.count, .reason) == [
        "delivery.rejected ann@example.org count=7 "
          + "reason=not recorded one by one: more than 3 in this hour (audit.strangers-per-hour)"
      ])
    bench.feed(Self.toHour + 1, "refuse ann again")
    #expect(bench.emitted(.reason) == ["delivery.rejected ann@example.org reason=again"])
  }

  @Test func failedLoginsFromManyAddressesCountOnceEach() throws {
    let bench = try bench(2)
    for address in 1...5 {
      bench.feed(1, "fail ann 192.0.2.\(address) imap")
      bench.feed(2, "fail ann 192.0.2.\(address) imap")
    }
    #expect(bench.emitted(.ip) == (1...2).map { "login.failed ann@example.org ip=192.0.2.\($0)" })
    bench.feed(3, "ok ann")
    #expect(bench.emitted() == ["login.succeeded ann@example.org"], "the owner is never left out")
    bench.correlator.finish()
    let rest = bench.correlator.drainEvents()
    #expect(
      Set(rest.map { CorrelationBench.text($0, keys: [.count, .ip]) }) == [
        "login.failed ann@example.org count=1 ip=192.0.2.1", "login.failed ann@example.org count=1 ip=192.0.2.2",
        "login.failed ann@example.org count=6",
      ])
    #expect(Set(rest.map(\.event.id)).count == 3)
  }

  @Test func nobodysFileHasOneSummaryWithoutAName() throws {
    let bench = try bench(1)
    for name in ["x", "y", "z"] { bench.feed(1, "refuse \(name) r") }
    _ = bench.correlator.drainEvents()
    bench.correlator.finish()
    let rest = bench.correlator.drainEvents()
    #expect(rest.map(\.owner) == [.unknown])
    #expect(rest.map { CorrelationBench.text($0, keys: [.mailbox, .count]) }.allSatisfy { $0.hasSuffix(" count=2") })
    #expect(rest.first?.event.fields[.mailbox] == nil)
  }

  /// One file's flood takes nothing from the others until ten are flooded.
  @Test func allFilesTogetherHaveTenTimesAsMuch() throws {
    let bench = try bench(2)
    let names = (0..<12).map { "user\($0)" }
    for name in names { bench.feed(1, "ok \(name)") }
    _ = bench.correlator.drainEvents()
    for _ in 0..<50 { bench.feed(2, "refuse user0 r") }
    for name in names.dropFirst() { for _ in 0..<2 { bench.feed(3, "refuse \(name) r") } }
    #expect(bench.emitted().count == 20)
    bench.correlator.finish()
    let leftOut = Set(bench.emitted(.count).map { $0.split(separator: " ")[1] })
    #expect(leftOut == ["user0@example.org", "user10@example.org", "user11@example.org"])
  }

  @Test func aRestartCountsOn() throws {
    let bench = try bench(3)
    for second in 1...5 { bench.feed(Double(second), "refuse ann because") }
    #expect(bench.emitted().count == 3)
    let next = Correlator(table: bench.table, policy: Self.policy(3))
    #expect(next.restore(bench.correlator.encodeState()))
    next.finishRestoring()
    bench.replace(by: next)
    bench.feed(6, "refuse ann because")
    bench.correlator.finish()
    #expect(bench.emitted(.count) == ["delivery.rejected ann@example.org count=3"])
  }

  @Test func noneIsNoLimit() throws {
    let bench = try bench(0)
    for second in 1...50 { bench.feed(Double(second), "refuse ann because") }
    #expect(bench.emitted().count == 50)
  }
}
