import AuditModel
import Platform

/// Finds the trails of a tree by the names of its directories.
package struct TrailListing {
  private let root: Directory

  package init(root: Directory) { self.root = root }

  /// All trails in the order of their paths. What is no directory, or has a name that is none of ours, is left out.
  package func trails() throws(FileError) -> [TrailPath] {
    var trails: [TrailPath] = []
    for parent in try root.names() { trails += try self.trails(in: parent) }
    return trails.sorted()
  }

  /// The trails of one first directory, in no order; none where it is no directory.
  package func trails(in parent: String) throws(FileError) -> [TrailPath] {
    if parent == TrailPath.unknownName || parent == TrailPath.bridgeName {
      return [TrailPath(parent: parent, child: nil)]
    }
    guard let directory = try subdirectory(parent, of: root) else { return [] }
    return try directory.names(of: .directory).map { TrailPath(parent: parent, child: $0) }.filter(\.isOurs)
  }

  private func subdirectory(_ name: String, of directory: Directory) throws(FileError) -> Directory? {
    directory.isDirectory(name) ? try directory.directory(name) : nil
  }
}
