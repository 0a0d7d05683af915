import AuditFiles
import AuditModel
import Glibc
import Platform

/// Removes a whole trail, at once for everybody who reads: its directory gets a name that is no trail's, durably, and only
/// then its files go. A stop in between leaves that directory, which `finish` removes.
package struct TrailRemoval {
  private let root: Directory
  private let trail: TrailPath
  private let name: String

  /// In a trail's name a tilde stands only in front of sixteen digits.
  private static let mark = "~removed"

  /// Opens the tree; throws a `FileError` when it does not exist or is a symbolic link. The trail has a directory of its
  /// own below that of its domain.
  package init(root path: String, trail: TrailPath, calls: SystemCalls = SystemCalls()) throws(FileError) {
    root = try Directory.open(path, calls: calls)
    self.trail = trail
    name = trail.child ?? ""
  }

  /// Whether an earlier removal stopped half-way.
  package func isUnfinished() -> Bool { root.isThere(trail.parent + "/" + name + Self.mark) }

  /// The first name in the trail's directory, if any, that is none of mailtrail's: it would be lost.
  package func foreignName() throws(FileError) -> String? {
    guard let directory = try root.directory(trail.parent)?.directory(name) else { return nil }
    return try directory.names().sorted().first { name in
      let isOurs = Day(fileName: name) != nil || name == TrailHead.fileName || name == TrailHead.fileName + ".tmp"
      return !isOurs || !directory.isFile(name)
    }
  }

  /// Removes the trail; one that is not there is removed.
  ///
  /// Throws a `FileError` when something cannot be renamed, removed or made durable; it may be called again.
  package func run() throws(FileError) {
    try finish()
    guard let parent = try root.directory(trail.parent) else { return }
    if parent.isDirectory(name) {
      try parent.rename(name, to: name + Self.mark)
      try parent.synchronize()
    }
    try finish()
  }

  /// Removes what an earlier removal left.
  package func finish() throws(FileError) {
    let marked = name + Self.mark
    guard let parent = try root.directory(trail.parent) else { return }
    if let directory = try parent.directory(marked) {
      for name in try directory.names() { _ = try directory.remove(name, isDirectory: false) }
      _ = try parent.remove(marked, isDirectory: true)
      try parent.synchronize()
    }
    if try root.remove(trail.parent, isDirectory: true) { try root.synchronize() }
  }
}
