import AuditModel
import Correlation
import Testing

/// An offer is the half of one event: taken once, by one line, whatever else has its key.
@Suite struct OfferTests {
  private static let rules = """
    rule copy
      match copy <session:word> <folder:word> <m:word>
      set kept=<folder>
      offer moving <session> / <m>: folder=<folder> within 10s as taken
      event message.moved mailbox=ann folder=<kept> to_folder=taken.to if taken
      event message.copied mailbox=ann folder=<kept> otherwise
      example copy s INBOX m
        expect session=s folder=INBOX m=m
    rule expunge
      match expunge <session:word> <m:word>
      take moving <session> / <m>: to=<m> as copied
      event message.expunged mailbox=ann folder=copied.folder|<m> unless copied
      example expunge s m
        expect session=s m=m
    rule oldest
      match oldest <session:word> <m:word>
      take moving <session> / <m> oldest
      event logout mailbox=ann folder=moving.folder
      example oldest s m
        expect session=s m=m
    rule flags
      match flags <session:word>
      withdraw moving <session>
      event message.undeleted mailbox=ann
      example flags s
        expect session=s

    """

  private func run(_ lines: [(Double, String)], restartBehind: Int? = nil) throws -> [String] {
    let bench = try CorrelationBench(Self.rules)
    var emitted: [String] = []
    for (index, (seconds, line)) in lines.enumerated() {
      #expect(bench.feed(seconds, line))
      emitted += bench.emitted(.folder, .toFolder)
      guard index == restartBehind else { continue }
      let next = Correlator(table: bench.table, policy: .everything)
      #expect(next.restore(bench.correlator.encodeState()))
      next.finishRestoring()
      bench.replace(by: next)
    }
    bench.advance(to: 100)
    return (emitted + bench.emitted(.folder, .toFolder)).map { $0.replacing(" ann@example.org", with: "") }
  }

  @Test func anOfferIsTakenOnce() throws {
    #expect(
      try run([(0, "copy s INBOX m"), (5, "expunge s m"), (5, "expunge s m")]) == [
        "message.moved folder=INBOX to_folder=m", "message.expunged folder=m",
      ])
  }

  @Test func theNewestIsTakenFirst() throws {
    #expect(
      try run([(0, "copy s A m"), (1, "copy s B m"), (2, "expunge s m")]) == [
        "message.moved folder=B to_folder=m", "message.copied folder=A",
      ])
  }

  @Test func theOldestWhereTheRuleSaysSo() throws {
    #expect(
      try run([(0, "copy s A m"), (1, "copy s B m"), (2, "oldest s m")]) == [
        "logout folder=A", "message.moved folder=A", "message.copied folder=B",
      ])
  }

  @Test func nobodyTakesWhatIsOver() throws {
    #expect(
      try run([(0, "copy s A m"), (10, "expunge s m")]) == ["message.copied folder=A", "message.expunged folder=m"])
  }

  @Test func nobodyTakesAnotherKey() throws {
    #expect(
      try run([(0, "copy s A m"), (1, "expunge s n"), (1, "expunge r m")]) == [
        "message.expunged folder=n", "message.expunged folder=m", "message.copied folder=A",
      ])
  }

  @Test func aGroupIsWithdrawnInItsOrder() throws {
    #expect(
      try run([(0, "copy s A m"), (0, "copy r C m"), (1, "copy s B n"), (2, "flags s"), (3, "expunge s m")]) == [
        "message.undeleted", "message.copied folder=A", "message.copied folder=B", "message.expunged folder=m",
        "message.copied folder=C",
      ])
  }

  /// What was offered in front of a restart is taken, and ends, as without it.
  @Test(arguments: 0..<5) func aRestartChangesNothing(_ index: Int) throws {
    let lines = [
      (0.0, "copy s A m"), (0.5, "copy s B m"), (1, "copy s C n"), (2, "expunge s m"), (3, "oldest s m"),
      (4, "flags s"),
    ]
    #expect(try run(lines, restartBehind: index) == (try run(lines)))
  }
}
