import Glibc

/// Reports when watched files grow and when names in watched directories change: an inotify(7) descriptor.
final class LogWatch {
  /// -1 when the system has none left; then looking now and then has to do.
  let descriptor: Int32

  init() { descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Watches a directory for names that come and go; false when it cannot be watched.
  func watch(directory path: String) -> Bool {
    let events = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR
    return descriptor >= 0 && inotify_add_watch(descriptor, path, UInt32(events)) >= 0
  }

  /// Watches an open file, wherever it is renamed to; the number is for `unwatch`, negative when it cannot be watched.
  func watch(file: Int32) -> Int32 {
    guard descriptor >= 0 else { return -1 }
    return inotify_add_watch(descriptor, "/proc/self/fd/\(file)", UInt32(IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF))
  }

  func unwatch(_ number: Int32) { if number >= 0 { inotify_rm_watch(descriptor, number) } }

  /// Takes the events so far; whether there were any. What they say does not matter: everything is looked at.
  func drain() -> Bool {
    guard descriptor >= 0 else { return false }
    return withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 16) { buffer in
      var isAny = false
      while read(descriptor, buffer.baseAddress, buffer.count) > 0 { isAny = true }
      return isAny
    }
  }
}
