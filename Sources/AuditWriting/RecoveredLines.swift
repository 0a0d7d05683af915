import AuditFiles
import AuditModel

/// What an unfinished commit had written already when the program ended: these events come again and are skipped.
struct RecoveredLines {
  /// Directory and id, not the day: should the time zone have been changed meanwhile, the event is still the same.
  private struct Key: Hashable {
    var directory: UInt64
    var id: EventID
  }

  /// The times of those that have not come again, microseconds since 1970.
  private var expected: [Key: UInt64] = [:]
  /// Those that came again since the last commit.
  private var taken: [IntentLog.Line] = []

  var isEmpty: Bool { expected.isEmpty }
  var count: Int { expected.count }

  /// What the next intent must list: until a position behind them is saved, all of them may come again.
  var carried: [IntentLog.Line] {
    expected.map { IntentLog.Line(directory: $0.directory, id: $0.id, time: $1, isTaken: false) } + taken
  }

  mutating func insert(_ found: [TailExaminer.Line], in path: TrailPath) {
    let directory = Self.hash(path)
    for line in found { expected[Key(directory: directory, id: line.id)] = line.time }
  }

  mutating func insert(_ line: IntentLog.Line) { expected[Key(directory: line.directory, id: line.id)] = line.time }

  /// Whether the event is there already; it will not be the next time.
  mutating func take(_ id: EventID, of owner: TrailOwner) -> Bool {
    if expected.isEmpty { return false }
    let directory = Self.hash(TrailPath(owner))
    guard let time = expected.removeValue(forKey: Key(directory: directory, id: id)) else { return false }
    taken.append(IntentLog.Line(directory: directory, id: id, time: time, isTaken: true))
    return true
  }

  /// To be called when a commit is complete: what came again before it is behind the position that is saved next.
  mutating func forgetTaken() { taken.removeAll() }

  /// Gives up those before a time, microseconds since 1970: they come no more.
  mutating func forget(before time: UInt64) {
    if !expected.isEmpty { expected = expected.filter { $0.value >= time } }
  }

  private static func hash(_ path: TrailPath) -> UInt64 {
    var hash = StableHash()
    hash.combine(path.directory.utf8)
    return hash.value
  }
}
