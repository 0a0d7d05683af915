import Testing

@testable import Bridge

/// The service's loop without a process: what it decides after which event.
@Suite struct ServiceEngineTests {
  private typealias Event = ServiceEngine.Event
  private typealias Action = ServiceEngine.Action

  private static let journal = ServiceTiming(
    writesAtOnce: true, positionInterval: 10_000_000, grace: 200_000, drainTimeout: 2_000_000,
    watchdogInterval: 60_000_000)
  private static let pipe = ServiceTiming(
    positionInterval: 700_000, grace: 2_000_000, waitsForWriter: true, confirmTimeout: 3_000_000, silence: 500_000,
    stopTimeout: 4_000_000, drainTimeout: 3_000_000, isReloadable: false)

  private func situation(_ change: (inout ServiceSituation) -> Void = { _ in }) -> ServiceSituation {
    var now = ServiceSituation(monotonic: 1_000_000_000, realtime: 1_800_000_000_000_000)
    change(&now)
    return now
  }

  /// Without what is done from time to time.
  private func work(_ actions: [Action]) -> [Action] {
    actions.filter { ![.feedWatchdog, .report, .removeExpired].contains($0) }
  }

  @Test("events are written at once when everything was read, and gathered while more is to come")
  func gathering() {
    var engine = ServiceEngine(Self.journal)
    let more = situation { $0.events = 1 }
    #expect(work(engine.actions(after: .received, more)) == [.receive(timeout: 200_000)])
    let later = situation {
      $0.events = 5
      $0.monotonic += 200_000
    }
    #expect(work(engine.actions(after: .received, later)) == [.submit])

    var idle = ServiceEngine(Self.journal)
    let atEnd = situation {
      $0.events = 1
      $0.isAtEnd = true
    }
    #expect(work(idle.actions(after: .received, atEnd)) == [.submit])

    var busy = ServiceEngine(Self.journal)
    let full = situation { $0.events = ServiceEngine.fullJob.events }
    #expect(work(busy.actions(after: .received, full)) == [.submit])
  }

  @Test("a writer without room stops the reading; the same job is given again until it is taken")
  func noRoom() {
    var engine = ServiceEngine(Self.journal)
    #expect(work(engine.actions(after: .received, situation { $0.events = 9_999 })) == [.submit])
    let held = situation {
      $0.isHeld = true
      $0.writer = .failing
    }
    #expect(work(engine.actions(after: .refused, held)) == [.waitForWriter(timeout: 50_000)])
    #expect(engine.actions(after: .timedOut, held) == [.submit])
    #expect(work(engine.actions(after: .refused, held)) == [.waitForWriter(timeout: 50_000)])
    // A reload is not held up by a full disk.
    let reload = situation {
      $0.isHeld = true
      $0.isReloadWanted = true
    }
    #expect(engine.actions(after: .timedOut, reload) == [.submit])
    #expect(engine.actions(after: .refused, reload).contains(.reload))
    #expect(engine.actions(after: .timedOut, held) == [.submit])
    guard case .receive? = engine.actions(after: .accepted, situation()).last else {
      Issue.record("reading does not go on")
      return
    }
  }

  @Test("waits end by the clock only when nothing has come, up to where everything was read")
  func settling() {
    var engine = ServiceEngine(Self.journal)
    let wall = situation().realtime
    let due = situation {
      $0.isAtEnd = true
      $0.quietUntil = wall
      $0.nextDue = wall - 300_000
    }
    guard case .receive(let timeout)? = engine.actions(after: .received, due).last else {
      Issue.record("not while entries come")
      return
    }
    #expect(timeout <= 10_000)
    #expect(work(engine.actions(after: .timedOut, due)) == [.settle(upTo: wall - 200_000)])
    // Nothing may be left to do there, without an end to it.
    guard case .receive? = engine.actions(after: .ready, due).last else {
      Issue.record("settled again and again")
      return
    }
    let unknown = situation {
      $0.nextDue = wall - 300_000
      $0.isAtEnd = true
    }
    guard case .receive? = engine.actions(after: .timedOut, unknown).last else {
      Issue.record("settled without knowing up to when everything was read")
      return
    }
  }

  @Test("a confirmation is given when everything is durable, and refused when that takes too long")
  func confirmations() {
    var engine = ServiceEngine(Self.pipe)
    guard engine.actions(after: .confirmationWanted, situation()).first == .confirm(isWritten: true) else {
      Issue.record("nothing was to be written")
      return
    }
    let dirty = situation {
      $0.events = 3
      $0.isPositionNew = true
    }
    #expect(engine.actions(after: .confirmationWanted, dirty) == [.submit])
    let busy = situation { $0.writer = .busy }
    #expect(work(engine.actions(after: .accepted, busy)) == [.waitForWriter(timeout: 50_000)])
    #expect(work(engine.actions(after: .timedOut, busy)) == [.waitForWriter(timeout: 50_000)])
    let answers = engine.actions(after: .written, situation())
    #expect(answers.starts(with: [.acknowledge, .confirm(isWritten: true)]))

    #expect(engine.actions(after: .confirmationWanted, dirty) == [.submit])
    let failing = situation { $0.writer = .failing }
    #expect(work(engine.actions(after: .accepted, failing)) == [.waitForWriter(timeout: 50_000)])
    let tooLate = situation {
      $0.writer = .failing
      $0.monotonic += 3_000_000
    }
    let refusal = engine.actions(after: .timedOut, tooLate)
    #expect(refusal.contains(.confirm(isWritten: false)))
    #expect(!refusal.contains(.acknowledge))
    // The old job comes first, then what came since.
    #expect(
      work(
        engine.actions(
          after: .confirmationWanted,
          situation {
            $0.writer = .failing
            $0.events = 1
          })) == [.waitForWriter(timeout: 50_000)])
    #expect(engine.actions(after: .written, dirty) == [.submit])
  }

  @Test("in a transaction nothing is written by the clock") func transactions() {
    var engine = ServiceEngine(Self.pipe)
    let open = situation {
      $0.events = 5000
      $0.isHoldingBack = true
      $0.isAtEnd = true
    }
    guard case .receive? = engine.actions(after: .received, open).last else {
      Issue.record("written in the middle of a transaction")
      return
    }
    let late = situation {
      $0.events = 1
      $0.isHoldingBack = true
      $0.monotonic += 9_000_000
    }
    guard case .receive? = engine.actions(after: .timedOut, late).last else {
      Issue.record("written in the middle of a transaction")
      return
    }
  }

  @Test("a stop waits for the end of a transaction, and no longer than its time") func stopping() {
    var engine = ServiceEngine(Self.pipe)
    let open = situation {
      $0.isStopWanted = true
      $0.isHoldingBack = true
    }
    #expect(work(engine.actions(after: .timedOut, open)) == [.receive(timeout: 500_000)])
    #expect(work(engine.actions(after: .timedOut, open)) == [.receive(timeout: 500_000)])
    var twin = engine
    #expect(work(twin.actions(after: .timedOut, situation { $0.isStopWanted = true })) == [.stop])
    let late = situation {
      $0.isStopWanted = true
      $0.isHoldingBack = true
      $0.monotonic += 4_000_000
    }
    #expect(work(engine.actions(after: .received, late)) == [.stop])

    var other = ServiceEngine(Self.journal)
    #expect(work(other.actions(after: .timedOut, situation { $0.isStopWanted = true })) == [.stop])
    // A reload ends what cannot reload.
    var pipe = ServiceEngine(Self.pipe)
    #expect(!pipe.actions(after: .timedOut, situation { $0.isReloadWanted = true }).contains(.reload))
    #expect(work(pipe.actions(after: .timedOut, situation { $0.isReloadWanted = true })) == [.stop])
  }

  @Test("the watchdog is fed while the disk takes nothing") func watchdog() {
    var engine = ServiceEngine(Self.journal)
    _ = engine.actions(after: .received, situation { $0.events = 9_999 })
    var fed = 0
    for second in 0..<60 {
      let now = situation {
        $0.isHeld = true
        $0.writer = .failing
        $0.monotonic += UInt64(second) * 1_000_000
      }
      if engine.actions(after: .refused, now).contains(.feedWatchdog) { fed += 1 }
      #expect(engine.actions(after: .timedOut, now) == [.submit])
    }
    #expect(fed >= 3)
  }
}
