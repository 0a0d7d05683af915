import Glibc

/// Files that other programs write anew while we read.
package enum SettledFile {
  /// Reads a file that nobody has changed for a while, and waits for that.
  ///
  /// - Parameters:
  ///   - limit: at most so many bytes; a longer file is an error.
  ///   - quiet: how long it must not have changed, microseconds.
  ///   - patience: how long to wait for that, microseconds; afterwards it is an error.
  /// - Throws: `FileError` when it cannot be read, or does not come to rest.
  package static func contents(
    of path: String, limit: Int, quiet: UInt64, patience: UInt64
  ) throws(FileError) -> [UInt8] {
    let end = SystemClock.monotonic() + patience
    while true {
      let contents = try Self.contents(of: path, limit: limit)
      let age = age(of: path)
      if age >= quiet { return contents }
      guard SystemClock.monotonic() + (quiet - age) < end else {
        throw FileError(.read, path: path, reason: "it is being written", remedy: "the next run reads it")
      }
      usleep(UInt32(min(quiet - age, 1_000_000)))
    }
  }

  /// Of a regular file itself: a link would have root read what somebody else chose, a FIFO would keep us for ever.
  private static func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard number >= 0 else {
      guard errno == ELOOP else { throw FileError(.open, path: path, code: errno) }
      throw FileError(.open, path: path, reason: "it is a symbolic link", remedy: "name the file that it leads to")
    }
    let file = FileDescriptor(owning: number)
    guard file.status()?.isRegular == true else {
      throw FileError(.read, path: path, reason: "it is no regular file", remedy: "name a file")
    }
    return try file.contents(path: path, limit: limit)
  }

  /// How long ago it was changed, microseconds; 0 where that is not known.
  private static func age(of path: String) -> UInt64 {
    var status = stat()
    guard stat(path, &status) == 0 else { return 0 }
    let changed = status.changeTime
    let now = SystemClock.realtime()
    // A time in the future says nothing, and would never be long ago.
    return changed > now ? .max : now - changed
  }
}
