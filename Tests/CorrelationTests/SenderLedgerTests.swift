import AuditModel
import RuleTable
import Testing

@testable import Correlation

/// What entries of unproven senders may do: offer their half to a proven line, and be proven by it.
@Suite struct SenderLedgerTests {
  private static let rules = """
    rule agent
      match agent <user:word> <folder:word> <m:word>
      offer agent-line <user> <m>: folder=<folder> within 700ms as mta if unproven
      prove if unproven and mta.by = pipe
      note seen <user>: folder=<folder>
      event delivery.stored mailbox=<user> folder=<folder>
      example agent ann INBOX m
        expect user=ann folder=INBOX m=m
    rule plain
      match plain <user:word>
      event login.succeeded mailbox=<user>
      example plain ann
        expect user=ann
    rule mta
      match pipe <user:word> <m:word>
      take agent-line <user> <m>: by=pipe as agent
      use seen <user>
      event delivery.stored mailbox=<user> folder=agent.folder reason=seen.folder
      example pipe ann m
        expect user=ann m=m

    """

  private struct Bench {
    let bench: CorrelationBench
    var seconds = 0.0

    init() throws { bench = try CorrelationBench(SenderLedgerTests.rules, roles: "account user") }

    mutating func agent(_ line: String, uid: UInt32 = 5000, sender: EntryFacts.Sender = .unproven) {
      seconds += 0.01
      bench.feed(.init(seconds: seconds, identifier: "s", message: line, uid: uid, sender: sender))
    }

    mutating func mta(_ line: String) -> [String] {
      seconds += 0.01
      bench.feed(seconds, line)
      return bench.emitted(.folder, .reason)
    }

    func delivers(_ uid: UInt32) -> Bool {
      bench.correlator.senders.delivers(uid, on: 1, at: CorrelationBench.time(seconds))
    }
  }

  /// Otherwise any local user could take what comes to ann+x out of ann's trail.
  @Test func anUnprovenLineMakesNoAccountKnown() throws {
    var bench = try Bench()
    let known = bench.bench.correlator.mailboxCount
    bench.agent("agent ann+x INBOX m")
    #expect(bench.bench.correlator.mailboxCount == known)
  }

  @Test func unprovenLinesEmitNothingAndLendTheirFolder() throws {
    var bench = try Bench()
    bench.agent("agent ann Spam a")
    bench.agent("agent bob INBOX b")
    #expect(bench.mta("pipe ann a") == ["delivery.stored ann@example.org folder=Spam"])
    bench.seconds += 5
    #expect(bench.mta("pipe bob b") == ["delivery.stored bob@example.org"])
  }

  @Test func threeConfirmationsProveAUid() throws {
    var bench = try Bench()
    for m in ["a", "b"] {
      bench.agent("agent ann INBOX \(m)")
      _ = bench.mta("pipe ann \(m)")
    }
    // Without its unit or program an entry cannot help to prove the uid.
    bench.agent("agent ann INBOX c", sender: .unprovable)
    #expect(bench.mta("pipe ann c") == ["delivery.stored ann@example.org folder=INBOX"])
    #expect(!bench.delivers(5000))
    bench.agent("agent ann INBOX d")
    _ = bench.mta("pipe ann d")
    #expect(bench.delivers(5000))
    // One uid a host: another's confirmations come too late.
    for m in ["e", "f", "g"] {
      bench.agent("agent ann INBOX \(m)", uid: 5001)
      _ = bench.mta("pipe ann \(m)")
    }
    #expect(!bench.delivers(5001))
  }

  /// A user who says what the true agent says, before or behind it, proves nothing and lends nothing.
  @Test(arguments: [[5000, 5001], [5001, 5000], [5001, 5000, 5001]] as [[UInt32]])
  func twoUidsForOneDeliveryProveNothing(uids: [UInt32]) throws {
    var bench = try Bench()
    for m in ["a", "b", "c", "d"] {
      for uid in uids { bench.agent("agent ann F\(uid) \(m)", uid: uid) }
      #expect(bench.mta("pipe ann \(m)") == ["delivery.stored ann@example.org"])
    }
    #expect(!bench.delivers(5000) && !bench.delivers(5001))
    // Without its unit or program the true one still stands against the proof.
    for m in ["e", "f", "g"] {
      bench.agent("agent ann F \(m)", uid: 5000, sender: .unprovable)
      bench.agent("agent ann G \(m)", uid: 5001)
      #expect(bench.mta("pipe ann \(m)") == ["delivery.stored ann@example.org folder=G"])
    }
    #expect(!bench.delivers(5001))
  }

  /// Who was confirmed before goes before others, but what others say too proves nothing more.
  @Test func aConfirmedUidGoesFirst() throws {
    var bench = try Bench()
    bench.agent("agent ann INBOX a")
    _ = bench.mta("pipe ann a")
    for m in ["b", "c", "d", "e"] {
      bench.agent("agent ann INBOX \(m)", sender: .unprovable)
      bench.agent("agent ann Evil \(m)", uid: 5001)
      #expect(bench.mta("pipe ann \(m)") == ["delivery.stored ann@example.org folder=INBOX"])
    }
    #expect(!bench.delivers(5000) && !bench.delivers(5001))
  }

  @Test func theLedgerSurvivesARestart() throws {
    var ledger = SenderLedger()
    ledger.learn(101, on: 7, for: 1, at: 10)
    ledger.learn(101, on: 7, for: 2, at: 20)
    for time: UInt64 in [30, 40, 50] { ledger.confirm(5000, on: 7, at: time) }
    let correlator = Correlator(
      table: try CorrelationBench.table(Self.rules, roles: "account user"), policy: .everything)
    correlator.senders = ledger
    let next = Correlator(table: correlator.table, policy: .everything)
    let state = correlator.encodeState()
    #expect(next.restore(state))
    for senders in [next.senders, SenderLedger(state: [state])] {
      #expect(senders.knows(101, on: 7, for: 2, at: 20) && senders.delivers(5000, on: 7, at: 50))
      // What is read again from before was not known then.
      #expect(!senders.knows(101, on: 7, for: 2, at: 19) && !senders.delivers(5000, on: 7, at: 49))
      #expect(!senders.knows(101, on: 8, for: 2, at: 20) && !senders.delivers(5001, on: 7, at: 50))
    }
  }

  @Test func changesAreWritten() throws {
    let correlator = Correlator(
      table: try CorrelationBench.table(Self.rules, roles: "account user"), policy: .everything)
    correlator.trackChanges()
    let snapshot = correlator.encodeState()
    correlator.senders.learn(101, on: 7, for: 1, at: 10)
    let changes = correlator.encodeChanges()
    #expect(SenderLedger(state: [snapshot, changes]).knows(101, on: 7, for: 1, at: 10))
    #expect(!SenderLedger(state: [snapshot, correlator.encodeChanges()]).knows(101, on: 7, for: 1, at: 10))
  }

  /// An unproven rule waits over a restart as such.
  @Test func anOfferSurvivesARestartAsUnproven() throws {
    var bench = try Bench()
    bench.agent("agent ann Spam a")
    let next = Correlator(table: bench.bench.table, policy: .everything)
    #expect(next.restore(bench.bench.correlator.encodeState()))
    next.finishRestoring()
    bench.bench.replace(by: next)
    #expect(bench.mta("pipe ann a") == ["delivery.stored ann@example.org folder=Spam"])
  }

  @Test func itIsBounded() {
    var ledger = SenderLedger()
    for uid in 0..<UInt32(SenderLedger.maximumRecords + 100) { ledger.learn(uid, on: 1, for: 1, at: 1) }
    for daemon in 0..<UInt64(SenderLedger.maximumDaemons + 10) { ledger.learn(1, on: 1, for: daemon, at: 1) }
    #expect(ledger.records.count == SenderLedger.maximumRecords)
    #expect(ledger.records[.init(machine: 1, uid: 1)]?.daemons.count == SenderLedger.maximumDaemons)
  }
}
