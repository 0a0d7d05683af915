import Glibc

/// As whom the process works.
package enum ProcessUser {
  /// Who started it.
  package static var real: UInt32 { getuid() }

  /// Refuses a directory that is somebody else's, root's process included: what it writes there its owner could not write
  /// on.
  ///
  /// - Parameter remedy: what to do instead.
  /// - Throws: `FileError` when the directory is not there, or is somebody else's.
  package static func check(ownerOf path: String, remedy: String) throws(FileError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FileError(.open, path: path, code: errno) }
    guard geteuid() != status.st_uid else { return }
    throw FileError(
      .use, path: path, reason: "it belongs to uid \(status.st_uid), and this is uid \(geteuid())", remedy: remedy)
  }

  /// Becomes, for good, the user and group that a directory belongs to, so that what is written into it is theirs; files
  /// get at most the modes that the service's have.
  ///
  /// Only root can become somebody else, and whoever owns the directory need not.
  ///
  /// - Throws: `FileError` when the directory is not there, or is somebody else's.
  package static func become(ownerOf path: String) throws(FileError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FileError(.open, path: path, code: errno) }
    umask(0o027)
    if geteuid() == status.st_uid { return }
    guard geteuid() == 0 else {
      throw FileError(
        .use, path: path, reason: "it belongs to uid \(status.st_uid), and this is uid \(geteuid())",
        remedy: "run it as root, or as that user")
    }
    // Of root these set all three ids: there is no way back.
    guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
      throw FileError(
        .use, path: path, reason: "this process may not become uid \(status.st_uid), to whom it belongs",
        remedy: "run it as that user")
    }
  }
}
