import AuditFiles
import AuditModel
import Glibc
import Platform

/// Finds the lines that are appended to any trail of a tree, and new trails.
///
/// By asking for lengths and times of files again and again, which works on every file system and needs no watch for each
/// of a hundred thousand directories. Lines that come late into an earlier day's file are not seen.
package struct TreeFollower {
  private let reader: TrailReader
  private let isWanted: (TrailPath) -> Bool
  private var trails: [TrailPath: Trail] = [:]
  /// When the root and its directories got a new name last.
  private var listed: [String: UInt64] = [:]

  private struct Trail {
    /// When its directory got a new file last.
    var changed: UInt64?
    /// The newest file and how much of it was there.
    var newest: (day: Day, length: Int)?
    /// Up to where its lines were handed out; nil before the first one was.
    var position: TrailPosition?
  }

  /// Begins at the end of each trail.
  ///
  /// - Parameter isWanted: whether a trail is followed.
  package init(_ reader: TrailReader, where isWanted: @escaping (TrailPath) -> Bool) throws(FileError) {
    self.reader = reader
    self.isWanted = isWanted
    for trail in try newTrails() {
      var state = Trail()
      state.changed = Self.settled(reader.root.changeTime(ofDirectory: trail.directory))
      if let day = try reader.days(of: trail).last {
        state.newest = (day, reader.root.length(trail.file(of: day)) ?? 0)
        state.position = try reader.end(of: trail)
      }
      trails[trail] = state
    }
  }

  /// The whole lines that were appended since the last call, in the order of their times.
  package mutating func newLines() throws(FileError) -> [(line: TrailLine, trail: TrailPath)] {
    for trail in try newTrails() { trails[trail] = Trail() }
    var found: [(line: TrailLine, trail: TrailPath)] = []
    for (trail, state) in trails {
      guard var changed = changed(trail, state) else { continue }
      changed.position = try reader.forEachLine(of: trail, after: state.position) { found.append(($0, trail)) }
      // A trail that is gone may come again, with a file of the same day.
      if changed.newest == nil { changed.position = nil }
      trails[trail] = changed
    }
    let decoder = RecordDecoder()
    let timed = found.map { (time: decoder.identity(of: $0.line.bytes)?.time ?? 0, item: $0) }
    return timed.sorted { ($0.time, $0.item.trail) < ($1.time, $1.item.trail) }.map(\.item)
  }

  /// Waits before the next call, longer where a call takes long: a twentieth of a processor at the most.
  package static func pause(after duration: UInt64) {
    usleep(useconds_t(min(max(200_000, min(duration, 1_000_000) * 20), 5_000_000)))
  }

  /// The time of a directory, when nothing can happen to it any more without another one: the kernel's clock stands still
  /// for some milliseconds, in which a directory may have been looked at and then got another name.
  private static func settled(_ time: UInt64?) -> UInt64? {
    time.flatMap { SystemClock.realtime() > $0 && SystemClock.realtime() - $0 > 2 * TimeSpan.second ? $0 : nil }
  }

  /// What a trail is now; nil when it is as it was.
  private func changed(_ trail: TrailPath, _ state: Trail) -> Trail? {
    let time = reader.root.changeTime(ofDirectory: trail.directory)
    let length = state.newest.map { reader.root.length(trail.file(of: $0.day)) ?? 0 }
    if time == state.changed, time != nil, length == state.newest?.length { return nil }
    if time == nil, state.changed == nil, state.newest == nil { return nil }
    var now = state
    now.changed = Self.settled(time)
    // A trail whose directory cannot be read has no days, and is looked at again when it changes.
    let day = (try? reader.days(of: trail))?.last
    now.newest = day.map { ($0, reader.root.length(trail.file(of: $0)) ?? 0) }
    return now
  }

  /// The trails that are not known yet. Directories are listed again only when they got a new name.
  private mutating func newTrails() throws(FileError) -> [TrailPath] {
    var found: [TrailPath] = []
    let listing = TrailListing(root: reader.root)
    for parent in try reader.root.names(of: .directory) {
      let time = reader.root.changeTime(ofDirectory: parent)
      guard time == nil || listed[parent] != time else { continue }
      listed[parent] = Self.settled(time)
      found += try listing.trails(in: parent).filter { trails[$0] == nil && $0 != TrailPath(.bridge) && isWanted($0) }
    }
    return found
  }
}
