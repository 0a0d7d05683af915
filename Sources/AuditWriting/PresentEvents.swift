import AuditFiles
import AuditModel
import Platform

/// Which events the tree has already, for those that may come again: in a replay, after a lost position, from a file
/// that came late. Reading cuts the torn end of a day file, because what is appended must not follow on it.
struct PresentEvents {
  private let root: Directory
  /// The lines of the files that were asked about one event at a time.
  private var lines = PresentLines()

  init(root: Directory) { self.root = root }

  /// Whether a day's file has an event; the file is read whole for the first one.
  mutating func contains(_ id: EventID, in key: PendingLines.Key) throws(FileError) -> Bool {
    if let answer = lines.contains(id, in: key) { return answer }
    lines.insert(try ids(in: key), for: key)
    return lines.contains(id, in: key) ?? false
  }

  /// Gives back the memory of the files that were read.
  mutating func forget() { lines.removeAll() }

  /// See `AuditTree.missing(among:)`. Each day file is read once.
  func missing(among events: [OwnedEvent], calendar: DayCalendar) throws(FileError) -> [Bool] {
    var calendar = calendar
    let keys = events.map { Self.possibleFiles(of: $0, day: calendar.day(of: $0.event.time)) }
    var wanted: [PendingLines.Key: Set<EventID>] = [:]
    for (owned, keys) in zip(events, keys) {
      for key in keys { wanted[key, default: []].insert(owned.event.id) }
    }
    var present: [PendingLines.Key: Set<EventID>] = [:]
    for (key, ids) in wanted { present[key] = try search(key, for: ids) }
    var asked: Set<EventID> = []
    return zip(events, keys).map { owned, keys in
      let id = owned.event.id
      return asked.insert(id).inserted && keys.allSatisfy { present[$0]?.contains(id) != true }
    }
  }

  /// The files that may have an event, whoever its owner was when it was recorded.
  private static func possibleFiles(of owned: OwnedEvent, day: Day) -> [PendingLines.Key] {
    var owners = [owned.owner]
    switch owned.owner {
    case .mailbox: owners.append(.unknown)
    case .unknown:
      if let address = owned.event.fields[.mailbox].flatMap({ MailboxAddress(Array($0)) }) {
        owners.append(.mailbox(address))
      }
    case .bridge, .panel, .local: break
    }
    return owners.map { PendingLines.Key(owner: $0, day: day) }
  }

  private func ids(in key: PendingLines.Key) throws(FileError) -> [EventID] {
    try withSoundFile(key) { (file, path, length) throws(FileError) in
      let finding = try TailExaminer(isThorough: false).examine(file, path: path, from: 0, length: length)
      return (finding.lines.map(\.id), finding.soundLength)
    } ?? []
  }

  private func search(_ key: PendingLines.Key, for ids: Set<EventID>) throws(FileError) -> Set<EventID> {
    try withSoundFile(key) { (file, path, length) throws(FileError) in
      let finding = try TrailSearch(for: ids).run(file, path: path, length: length)
      return (finding.present, finding.soundLength)
    } ?? []
  }

  /// Reads a day file and cuts the torn end that the reading found; nil when there is none.
  private func withSoundFile<Result>(
    _ key: PendingLines.Key, _ read: (FileDescriptor, String, Int) throws(FileError) -> (Result, soundLength: Int)
  ) throws(FileError) -> Result? {
    let trail = TrailPath(key.owner)
    var walker = TreeWalker(root: root)
    guard let (file, length) = try walker.open(trail, key.day, create: false) else { return nil }
    let path = root.path + "/" + trail.file(of: key.day)
    let (result, soundLength) = try read(file, path, length)
    if soundLength < length {
      let code = root.calls.truncate(file.number, to: soundLength)
      if code < 0 { throw FileError(.truncate, path: path, code: -code) }
    }
    return result
  }
}
