import AuditFiles
import AuditModel
import Platform

/// Which trails were moved into which, by the records of `_bridge`.
package struct MergeHistory {
  private var targets: [TrailPath: Set<TrailPath>] = [:]
  private var sources: [TrailPath: Set<TrailPath>] = [:]
  /// The ids of these records.
  package private(set) var ids: Set<EventID> = []

  /// Reads `_bridge`; throws a `FileError` when it cannot be read.
  package init(root path: String) throws(FileError) { try self.init(reader: try TrailReader(root: path)) }

  init(reader: TrailReader) throws(FileError) {
    try reader.forEachLine(of: TrailPath(.bridge)) { line in
      guard let (merge, id) = Self.merge(line) else { return true }
      targets[merge.source, default: []].insert(merge.target)
      sources[merge.target, default: []].insert(merge.source)
      ids.insert(id)
      return true
    }
  }

  /// The trails into which a trail was moved, and those into which these were moved, and so on.
  func targets(of trail: TrailPath) -> Set<TrailPath> { Self.closure(of: trail, in: targets) }

  /// The trails that were moved into a trail, and those that had been moved into these, and so on.
  func sources(of trail: TrailPath) -> Set<TrailPath> { Self.closure(of: trail, in: sources) }

  private static func closure(of trail: TrailPath, in steps: [TrailPath: Set<TrailPath>]) -> Set<TrailPath> {
    var found: Set<TrailPath> = []
    var open = Array(steps[trail] ?? [])
    while let next = open.popLast() {
      if found.insert(next).inserted { open += steps[next] ?? [] }
    }
    return found
  }

  /// What is no record explains nothing; the verification of `_bridge` reports it.
  private static func merge(_ line: TrailLine) -> (TrailMerge, EventID)? {
    do {
      let event = try line.event()
      return TrailMerge(event).map { ($0, event.id) }
    } catch {
      return nil
    }
  }
}
