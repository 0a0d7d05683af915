import Testing

@testable import Bridge

/// Random lives of a service: what holds in each of them.
@Suite struct ServiceEngineRunTests {
  /// The world around the engine: an input, and a writer with room for two jobs.
  private struct World {
    var random: SystemRandom
    let timing: ServiceTiming
    var now = ServiceSituation(monotonic: 5_000_000, realtime: 1_800_000_000_000_000)
    /// Numbers of events that were emitted, are in the job that was refused, and are at the writer, and that are written.
    var emitted = 0
    var held = 0
    var queue: [Int] = []
    var written = 0
    /// What was confirmed or acknowledged although it was not written.
    var faults: [String] = []
    var steps = 0
    let endsAt: Int

    mutating func perform(_ action: ServiceEngine.Action) -> ServiceEngine.Event? {
      switch action {
      case .receive(let timeout): return receive(timeout)
      case .submit: return submit()
      case .waitForWriter(let timeout):
        pass(timeout)
        return queue.isEmpty ? .written : .timedOut
      case .settle:
        now.nextDue = nil
        emit(Int.random(in: 0...2, using: &random))
        return .ready
      case .takeReplay:
        (now.isReplayWaiting, now.isReplayReady) = (false, false)
        now.additions = 3
        emitted += 3
        return .ready
      case .stop:
        emit(1)
        return .ready
      case .confirm(let isWritten):
        if isWritten, written != emitted { faults.append("confirmed \(emitted) with \(written) written") }
        return nil
      case .acknowledge:
        if written != emitted { faults.append("acknowledged \(emitted) with \(written) written") }
        return nil
      case .reload:
        now.isReloadWanted = false
        return nil
      case .feedWatchdog, .report, .removeExpired, .finish: return nil
      }
    }

    private mutating func emit(_ count: Int) {
      now.events += count
      emitted += count
    }

    private mutating func receive(_ timeout: UInt64) -> ServiceEngine.Event {
      steps += 1
      if now.isHeld { faults.append("read while the writer had no room") }
      if steps >= endsAt { return .ended }
      switch Int.random(in: 0..<10, using: &random) {
      case 0: now.isStopWanted = steps > endsAt / 2
      case 1: now.isReloadWanted = timing.isReloadable
      case 2: (now.isReplayWaiting, now.isReplayReady) = (true, now.additions == 0)
      case 3: now.nextDue = now.realtime - 10_000_000
      case 4 where timing.confirmTimeout != nil: return .confirmationWanted
      case 5...7:
        emit(Int.random(in: 0...3000, using: &random))
        now.isPositionNew = true
        now.isAtEnd = Bool.random(using: &random)
        now.quietUntil = now.isAtEnd ? now.realtime : 0
        pass(UInt64.random(in: 0...50_000, using: &random))
        return .received
      default: break
      }
      pass(timeout)
      return .timedOut
    }

    private mutating func submit() -> ServiceEngine.Event {
      if !now.isHeld {
        held = now.events + now.additions
        (now.events, now.additions, now.isPositionNew) = (0, 0, false)
      }
      guard queue.count < 2 else {
        now.isHeld = true
        return .refused
      }
      queue.append(held)
      now.isHeld = false
      if now.writer == .idle { now.writer = .busy }
      return .accepted
    }

    /// Time passes, and the writer writes or fails.
    private mutating func pass(_ time: UInt64) {
      now.monotonic += time
      now.realtime += time
      let fails = Int.random(in: 0..<4, using: &random) == 0
      if !fails, !queue.isEmpty { written += queue.removeFirst() }
      now.writer = queue.isEmpty ? .idle : fails ? .failing : .busy
    }
  }

  /// The same numbers for the same seed (Vigna's splitmix64).
  private struct SystemRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var value = state
      value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
      return value ^ (value >> 31)
    }
  }

  private static let timings = [
    ServiceTiming(
      writesAtOnce: true, positionInterval: 10_000_000, grace: 200_000, drainTimeout: 2_000_000,
      watchdogInterval: 60_000_000),
    ServiceTiming(
      positionInterval: 700_000, grace: 2_000_000, waitsForWriter: true, confirmTimeout: 3_000_000, silence: 500_000,
      stopTimeout: 4_000_000, drainTimeout: 3_000_000, isReloadable: false),
    ServiceTiming(
      positionInterval: 700_000, grace: 2_000_000, waitsForWriter: true, silence: 500_000, stopTimeout: 4_000_000,
      isReloadable: false),
  ]

  @Test(
    "nothing is confirmed that is not durable, nothing read while the writer has no room, and each life ends",
    arguments: 0..<timings.count)
  func lives(timing: Int) {
    for seed in 1...400 as ClosedRange<UInt64> {
      var world = World(random: SystemRandom(state: seed), timing: Self.timings[timing], endsAt: 60)
      var engine = ServiceEngine(Self.timings[timing])
      var event: ServiceEngine.Event? = .ready
      var turns = 0
      while let happened = event, turns < 5_000 {
        turns += 1
        event = nil
        for action in engine.actions(after: happened, world.now) {
          #expect(event == nil, "an action behind one that waits, seed \(seed)")
          event = world.perform(action)
        }
      }
      #expect(world.faults == [], "seed \(seed)")
      #expect(turns < 5_000, "no end, seed \(seed)")
      // Where nothing was given up, all is written or at the writer.
      let left = world.held * (world.now.isHeld ? 1 : 0) + world.now.events + world.now.additions
      #expect(left == 0 || world.now.writer != .idle, "\(left) events left behind, seed \(seed)")
    }
  }
}
