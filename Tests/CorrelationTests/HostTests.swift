import AuditModel
import Correlation
import RuleTable
import Testing

/// What lines of several hosts do together: whose contexts they are, and by whose time waits fall due.
@Suite struct HostTests {
  private static let rules = """
    keep far 20s across hosts
    keep near 20s
    rule far
      match far <k:word> <v:word>
      note far <k>: client=<v>
      example far k v
        expect k=k v=v
    rule near
      match near <k:word> <v:word>
      note near <k>: client=<v>
      example near k v
        expect k=k v=v
    rule ask
      match ask <k:word>
      wait far <k> as note or near <k> as note within 2s
      event login.succeeded mailbox=ann session=<k> with note if note
      event logout mailbox=ann session=<k> otherwise
      example ask k
        expect k=k
    rule tick
      match tick
      note near tick
      example tick
        expect

    """

  private let bench: CorrelationBench

  init() throws { bench = try CorrelationBench(Self.rules) }

  private func feed(_ host: UInt64, _ seconds: Double, _ message: String) {
    #expect(bench.feed(.init(seconds: seconds, identifier: "s", message: message, machine: host)))
  }

  private func emitted() -> [String] {
    bench.emitted(.session, .client).map {
      $0.replacing("login.succeeded ann@example.org", with: "yes").replacing("logout ann@example.org", with: "no")
    }
  }

  @Test func onlyKindsAcrossHostsAreJoined() {
    feed(1, 0, "far a x")
    feed(1, 0, "near b x")
    feed(2, 1, "ask a")
    feed(2, 1, "ask b")
    bench.advance(to: 20)
    #expect(emitted() == ["yes session=a client=x", "no session=b"])
  }

  /// A rule may mention a kind before the table that declares it is read.
  @Test func aKindIsDeclaredForAllTables() throws {
    let one =
      "table one\nscope s\n  identifier s\n" + Self.rules.split(separator: "\n").dropFirst(2).joined(separator: "\n")
    let two = "table two\nkeep far 20s across hosts\n"
    let table = try RuleCompiler.compile([
      RuleFile(name: "one.rules", text: Array(one.utf8)), RuleFile(name: "two.rules", text: Array(two.utf8)),
    ])
    let bench = CorrelationBench(table: table)
    bench.feed(.init(seconds: 0, identifier: "s", message: "far a x", machine: 1))
    bench.feed(.init(seconds: 0, identifier: "s", message: "ask a", machine: 2))
    #expect(bench.emitted(.client) == ["login.succeeded ann@example.org client=x"])
  }

  /// An hour late, and line by line among those of another host.
  @Test func theEntriesOfALateHostAreJoinedByItsOwnTime() {
    feed(1, 3_600, "tick")
    feed(2, 0, "ask a")
    feed(1, 3_601, "tick")
    #expect(emitted() == [])
    feed(2, 1, "near a x")
    feed(1, 3_602, "tick")
    #expect(emitted() == ["yes session=a client=x"])
    feed(2, 2, "ask b")
    feed(1, 3_603, "tick")
    feed(2, 4.1, "near b x")
    #expect(emitted() == ["no session=b"])
  }

  /// What a late host noted expires by its time too.
  @Test func theContextsOfALateHostAreKept() {
    feed(1, 3_600, "tick")
    feed(2, 0, "near a x")
    feed(1, 3_630, "tick")
    feed(2, 19, "ask a")
    feed(2, 22, "tick")
    feed(2, 22, "ask a")
    feed(2, 25, "tick")
    #expect(emitted() == ["yes session=a client=x", "no session=a"])
  }

  @Test func theOthersTimeEndsTheWaitsOfASilentHost() {
    feed(1, 0, "tick")
    feed(2, 0, "ask a")
    feed(1, 6, "tick")
    #expect(emitted() == [])
    feed(1, 7, "tick")
    #expect(emitted() == ["no session=a"])
    feed(2, 8, "ask b")
    #expect(bench.correlator.nextDue == CorrelationBench.time(15))
    bench.advance(to: 15)
    #expect(emitted() == ["no session=b"])
  }

  @Test func aClockThatIsSetBackEndsTheWaitsOfItsHostOnly() {
    feed(1, 1_000, "ask a")
    feed(2, 1_000, "ask b")
    feed(1, 0, "tick")
    #expect(emitted() == ["no session=a"])
    feed(2, 1_001, "near b x")
    #expect(emitted() == ["yes session=b client=x"])
  }

  @Test func whatWaitsForAnotherHostOutlivesARestart() throws {
    feed(1, 0, "ask a")
    let state = bench.correlator.encodeState()
    let next = Correlator(table: bench.table, policy: .everything)
    #expect(next.restore(state))
    next.finishRestoring()
    bench.replace(by: next)
    feed(2, 0.5, "far a x")
    #expect(emitted() == ["yes session=a client=x"])
  }
}
