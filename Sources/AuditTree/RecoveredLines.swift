import AuditModel

/// What an unfinished commit had written already when the program ended: these events come again and are skipped.
struct RecoveredLines {
  /// Directory and id, not the day: should the time zone have been changed meanwhile, the event is still the same.
  private struct Key: Hashable {
    var directory: UInt64
    var id: EventID
  }

  private struct File {
    var entry: IntentLog.Entry
    var remaining = 0
  }

  private var ids: [Key: Int32] = [:]
  private var files: [File] = []
  private var appendsLeft = RecoveredLines.maximumAppends

  /// The same journal gives the same events again at once. What has not come after so many others comes no more (its
  /// rule was changed, or the position was saved after it), and its memory is given back.
  private static let maximumAppends = 1_000_000

  var isEmpty: Bool { ids.isEmpty }
  var count: Int { ids.count }

  /// The files with lines that may come again, with their lengths before the unfinished commit: the next intents must
  /// go on listing them, or an end of the program before they came again would make them count twice.
  var carried: [IntentLog.Entry] { files.filter { $0.remaining >= 0 }.map(\.entry) }

  mutating func insert(_ found: [EventID], in entry: IntentLog.Entry) {
    let directory = Self.hash(entry.path)
    let file = Int32(files.count)
    var added = 0
    for id in found where ids.updateValue(file, forKey: Key(directory: directory, id: id)) == nil { added += 1 }
    if added > 0 { files.append(File(entry: entry, remaining: added)) }
  }

  /// Whether the event is there already; it will not be the next time.
  mutating func take(_ id: EventID, of owner: TrailOwner) -> Bool {
    if ids.isEmpty { return false }
    appendsLeft -= 1
    guard let file = ids.removeValue(forKey: Key(directory: Self.hash(TrailPath(owner)), id: id)) else { return false }
    files[Int(file)].remaining -= 1
    return true
  }

  /// To be called when a commit is complete: what came again before it is behind the position that is saved next.
  mutating func settle() {
    if files.isEmpty { return }
    if appendsLeft <= 0 { ids = [:] }
    for file in files.indices where files[file].remaining == 0 { files[file].remaining = -1 }
    if ids.isEmpty { files = [] }
  }

  private static func hash(_ path: TrailPath) -> UInt64 {
    var hash = StableHash()
    hash.combine(path.directory.utf8)
    return hash.value
  }
}
