/// The time at each host that sends entries, and what waits there.
///
/// The entries of several hosts are not read in the order of their times: clocks differ, and a host that was cut off
/// sends what is hours old among the newer entries of others. So what waits for a line of a host falls due by that
/// host's own time. Only of a host that is silent the others' time decides, a while later.
struct HostClocks {
  struct Host {
    let machine: UInt64
    /// The time of its newest entry, microseconds since 1970.
    var now: UInt64
    /// The newest time of all when its last entry was read.
    var heard: UInt64
    /// Rules that wait, by their numbers.
    var waits = Timers<UInt64>()

    /// When the others' time ends its first wait.
    var dueByOthers: UInt64? { waits.next.map { max($0, heard) &+ HostClocks.silenceTimeout } }
  }

  /// The newest time of all hosts, or the clock's where that was said to have come.
  var newest: UInt64 = 0
  private(set) var hosts: [Host] = []
  private var indices: [UInt64: Int] = [:]
  /// When silent hosts are looked at next.
  private var nextLook: UInt64 = 0

  /// How long a host is silent before the others' time counts for it.
  static let silenceTimeout: UInt64 = 5_000_000
  /// Silent hosts are looked at so often.
  private static let lookInterval: UInt64 = 1_000_000
  /// What a silent host remembers is kept so long as if it were not.
  private static let memory: UInt64 = 60_000_000

  /// The index of a host; a new one begins at a time.
  mutating func index(of machine: UInt64, from time: UInt64) -> Int {
    if let last = hosts.last, last.machine == machine { return hosts.count - 1 }
    if let index = indices[machine] { return index }
    indices[machine] = hosts.count
    hosts.append(Host(machine: machine, now: time, heard: newest))
    return hosts.count - 1
  }

  func now(of machine: UInt64) -> UInt64? { indices[machine].map { hosts[$0].now } }

  /// Takes an entry's time up; a host's time does not go back.
  mutating func hear(_ index: Int, at time: UInt64) {
    newest = max(newest, time)
    hosts[index].now = max(hosts[index].now, time)
    hosts[index].heard = newest
  }

  /// The host's clock was set back.
  mutating func setBack(_ index: Int, to time: UInt64) {
    if hosts.count == 1 { newest = time }
    hosts[index].now = time
  }

  mutating func reach(_ time: UInt64, at index: Int) { hosts[index].now = max(hosts[index].now, time) }

  mutating func wait(_ id: UInt64, at index: Int, until time: UInt64) {
    hosts[index].waits.set(id, at: time, order: id)
  }

  mutating func popWait(at index: Int) -> (time: UInt64, item: UInt64)? { hosts[index].waits.popFirst() }

  /// When something falls due if nothing more is read; nil when nothing waits.
  var nextDue: UInt64? {
    hosts.count == 1 ? hosts[0].waits.next : hosts.compactMap(\.dueByOthers).min()
  }

  /// The hosts whose first wait the time of others ends now; looks only once in a while unless it must.
  mutating func silentHosts(mustLook: Bool) -> [Int] {
    guard mustLook || newest >= nextLook else { return [] }
    nextLook = newest &+ Self.lookInterval
    return hosts.indices.filter { (hosts[$0].dueByOthers ?? .max) <= newest }
  }

  /// The time before which no host needs what it remembers.
  var oldest: UInt64 {
    let reporting = hosts.filter { $0.heard &+ Self.memory >= newest }.map(\.now).min() ?? newest
    return min(reporting, newest)
  }
}
