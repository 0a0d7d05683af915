import AuditModel
import RuleTable

/// Moving on in time: what falls due is emitted before what comes later.
extension Correlator {
  /// How far back a clock must go to have been set.
  private static let setBack: UInt64 = 60_000_000

  /// Moves to the time of a host's entry: what falls due before it is emitted first.
  func advance(to time: UInt64, of machine: UInt64) {
    let host = clocks.index(of: machine, from: time)
    if time &+ Self.setBack < clocks.hosts[host].now {
      // The clock was set back: what waits would wait for ever.
      isFinishing = true
      endWaits(of: host, upTo: .max, closesWindows: clocks.hosts.count == 1)
      isFinishing = false
      clocks.setBack(host, to: time)
    }
    endWaits(of: host, upTo: time, closesWindows: time > clocks.newest)
    clocks.hear(host, at: time)
    if clocks.hosts.count > 1 { endWaitsOfSilentHosts(mustLook: false) }
    now = clocks.hosts[host].now
    contexts.expire(now: clocks.hosts.count == 1 ? now : clocks.oldest)
  }

  /// Moves to a time up to which all entries have been read: what falls due before it is emitted.
  public func advance(to time: UInt64) {
    if time &+ Self.setBack < clocks.newest {
      finish()
      clocks.newest = time
      for host in clocks.hosts.indices { clocks.setBack(host, to: time) }
    }
    guard time > clocks.newest else { return }
    if clocks.hosts.count == 1 {
      endWaits(of: 0, upTo: time, closesWindows: true)
      clocks.hear(0, at: time)
    } else {
      closeWindows(upTo: time)
      clocks.newest = time
      endWaitsOfSilentHosts(mustLook: true)
    }
    now = time
    contexts.expire(now: clocks.hosts.count == 1 ? now : clocks.oldest)
  }

  /// Emits what falls due by a time up to which all entries have been read, though no rule knew the last of them.
  public func emitDue(asOf time: UInt64) { if time > clocks.newest { advance(to: time) } }

  /// Emits what still waits: the input has ended.
  ///
  /// - Parameter closesBursts: false where more input may follow: windows stay open for it.
  public func finish(closesBursts: Bool = true) {
    isFinishing = true
    defer { isFinishing = false }
    for host in clocks.hosts.indices { endWaits(of: host, upTo: .max, closesWindows: closesBursts) }
    if closesBursts { closeWindows(upTo: .max) }
  }

  /// The next time at which something falls due; nil when nothing waits.
  public var nextDue: UInt64? {
    guard let wait = clocks.nextDue else { return windows.next }
    return min(wait, windows.next ?? .max)
  }

  private func endWaitsOfSilentHosts(mustLook: Bool) {
    for host in clocks.silentHosts(mustLook: mustLook) {
      endWaits(of: host, upTo: clocks.newest - HostClocks.silenceTimeout, closesWindows: false)
    }
  }

  /// Ends the waits of a host, and windows, in the order of their times.
  private func endWaits(of host: Int, upTo time: UInt64, closesWindows: Bool) {
    while let due = clocks.hosts[host].waits.next, due <= time {
      if closesWindows { closeWindows(upTo: due, before: true) }
      guard let (when, id) = clocks.popWait(at: host) else { break }
      guard waiting[id] != nil else { continue }
      if !isFinishing {
        clocks.reach(when, at: host)
        now = clocks.hosts[host].now
      }
      resume(id, found: nil)
      runReady()
    }
    if closesWindows { closeWindows(upTo: time) }
  }

  /// - Parameter before: whether those that close at the time itself stay open.
  private func closeWindows(upTo time: UInt64, before: Bool = false) {
    while let due = windows.next, before ? due < time : due <= time {
      guard let (when, key) = windows.popFirst() else { break }
      if !isFinishing { now = max(now, when) }
      closeBurst(key)
    }
  }

  /// Windows that close at one time do so in the same order before and after a restart, which forgets when they opened.
  func closeWindow(_ key: BurstKey, at time: UInt64) {
    var hash = StableHash()
    hash.combine(key.bytes)
    windows.set(key, at: time, order: hash.value)
  }
}
