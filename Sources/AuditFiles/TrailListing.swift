import AuditModel
import Platform

/// Finds the trails of a tree by the names of its directories.
package struct TrailListing {
  private let root: Directory

  package init(root: Directory) { self.root = root }

  /// All trails in the order of their paths. What is no directory, or has a name that is none of ours, is left out.
  package func trails() throws(FileError) -> [TrailPath] {
    var trails: [TrailPath] = []
    for parent in try root.names() {
      if parent == TrailPath.unknownName || parent == TrailPath.bridgeName {
        trails.append(TrailPath(parent: parent, child: nil))
        continue
      }
      guard let directory = try subdirectory(parent, of: root) else { continue }
      for child in try directory.names() {
        let trail = TrailPath(parent: parent, child: child)
        if trail.isOurs, directory.isDirectory(child) { trails.append(trail) }
      }
    }
    return trails.sorted()
  }

  private func subdirectory(_ name: String, of directory: Directory) throws(FileError) -> Directory? {
    directory.isDirectory(name) ? try directory.directory(name) : nil
  }
}
