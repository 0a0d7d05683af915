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
      let contents = try FileDescriptor.contents(of: path, limit: limit)
      let age = age(of: path)
      if age >= quiet { return contents }
      guard SystemClock.monotonic() + (quiet - age) < end else {
        throw FileError(.read, path: path, reason: "it is being written", remedy: "the next run reads it")
      }
      usleep(UInt32(min(quiet - age, 1_000_000)))
    }
  }

  /// How long ago it was changed, microseconds; 0 where that is not known.
  private static func age(of path: String) -> UInt64 {
    var status = stat()
    guard stat(path, &status) == 0 else { return 0 }
    let changed = UInt64(clamping: status.st_mtim.tv_sec) * 1_000_000 + UInt64(clamping: status.st_mtim.tv_nsec / 1_000)
    let now = SystemClock.realtime()
    // A time in the future says nothing, and would never be long ago.
    return changed > now ? .max : now - changed
  }
}
