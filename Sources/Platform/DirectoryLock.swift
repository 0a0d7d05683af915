import Glibc

/// One writer a directory: a lock on it (flock(2)), which the kernel drops when the process ends.
package enum DirectoryLock {
  /// Makes the directory when it is missing and locks it until the process ends.
  ///
  /// - Parameter timeout: how long to wait for a process that has it and is about to end, in microseconds.
  /// - Throws: `DirectoryLockError` when another process has it, or it cannot be used.
  package static func acquire(_ path: String, timeout: UInt64 = 0) throws(DirectoryLockError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/" + part
      if mkdir(made, 0o750) != 0, errno != EEXIST { throw .unusable(made, errno) }
    }
    let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw .unusable(path, errno) }
    // The descriptor stays open as long as the process runs: the lock goes with it.
    let start = SystemClock.monotonic()
    while flock(directory, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      if code == EWOULDBLOCK || code == EINTR, SystemClock.monotonic() - start < timeout {
        usleep(20_000)
        continue
      }
      close(directory)
      throw code == EWOULDBLOCK ? .inUse(path) : .unusable(path, code)
    }
  }

  /// Whether a process has the lock: what /proc/locks says (proc_locks(5)), since a try would be in the way of another's.
  ///
  /// - Returns: nil where that cannot be known.
  package static func isHeld(_ path: String, by process: Int32) -> Bool? {
    var status = stat()
    guard stat(path, &status) == 0 else { return errno == ENOENT ? false : nil }
    let locks: [UInt8]
    do { locks = try InputFile.contents(of: "/proc/locks") } catch { return nil }
    // "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF". The device is not compared: file systems with volumes have one
    // of their own for each, which stat(2) names and this file does not.
    return locks.split(separator: 10).contains { line in
      let words = line.split(separator: 32)
      guard words.count >= 6, words[1].elementsEqual("FLOCK".utf8) else { return false }
      let inode = words[5].split(separator: UInt8(ascii: ":")).last
      return words[4].elementsEqual(String(process).utf8) && inode?.elementsEqual(String(status.st_ino).utf8) == true
    }
  }
}

/// Why a directory could not be locked.
package enum DirectoryLockError: Error, CustomStringConvertible {
  /// Another process writes it.
  case inUse(String)
  /// The path and an errno value.
  case unusable(String, Int32)

  package var description: String {
    switch self {
    case .inUse(let path):
      "another mailtrail writes \(path); stop it first (systemctl stop mailtrail, or the syslog daemon that runs "
        + "mailtrail ingest), or choose another audit.directory and state.directory"
    case .unusable(let path, let code):
      "cannot open \(path): \(String(cString: strerror(code))); create it for the user that runs mailtrail"
    }
  }
}
