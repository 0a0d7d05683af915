import Platform

/// The directories that this service alone writes, and whether they still bear their names.
struct LockedDirectories {
  private var identities: [String: DirectoryIdentity?] = [:]

  /// Locks directories, but for those that are locked already.
  ///
  /// - Parameter timeout: how long to wait for another process that has one of them, in microseconds.
  mutating func lock(_ paths: [String], timeout: UInt64) throws(DirectoryLockError) {
    for path in paths where identities[path] == nil {
      try DirectoryLock.acquire(path, timeout: timeout)
      identities[path] = .some(DirectoryIdentity(path: path))
    }
  }

  /// What is wrong with each of the directories; nil where nothing is.
  var troubles: [(path: String, reason: String?)] {
    identities.map { path, identity in
      let isThere = identity != nil && DirectoryIdentity(path: path) == identity
      let reason =
        "it was moved or replaced, and what is written goes into the directory that had this name at the start; put it back, "
        + "or ‘systemctl restart mailtrail’"
      return (path, isThere ? nil : reason)
    }
  }
}
