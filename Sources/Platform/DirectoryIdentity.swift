import Glibc

/// Which directory a path leads to (stat(2)). As long as somebody has it open, no other gets its number.
package struct DirectoryIdentity: Sendable, Equatable {
  private let device: dev_t
  private let inode: ino_t

  /// nil when there is no such directory, or it cannot be looked up.
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    (device, inode) = (status.st_dev, status.st_ino)
  }
}
