import Glibc

/// What changes in a directory and in those below it, also in such as come later: inotify(7). Tests wait for it instead
/// of looking again and again.
package final class DirectoryChanges {
  private let descriptor: Int32
  /// By the number of its watch.
  private var paths: [Int32: String] = [:]

  private static let events = UInt32(IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO)

  package init(in path: String) throws {
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { throw TestFailure("inotify: \(String(cString: strerror(errno)))") }
    watch(path)
    guard !paths.isEmpty else { throw TestFailure("cannot watch \(path): \(String(cString: strerror(errno)))") }
  }

  deinit { close(descriptor) }

  /// Waits until something is so that a change may bring about; false when nothing changes for a minute, so that a test
  /// fails rather than hangs.
  package func wait(until isSo: () throws -> Bool) rethrows -> Bool {
    while true {
      if try isSo() { return true }
      if next() == 0 { return false }
    }
  }

  /// Waits for changes and returns their number: 0 when none comes for a minute, or when the other end of a stream is
  /// closed and all changes have been counted.
  package func next(orEndOf stream: Int32? = nil) -> Int {
    while true {
      var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
      if let stream { descriptors.append(pollfd(fd: stream, events: 0, revents: 0)) }
      let ready = poll(&descriptors, nfds_t(descriptors.count), 60_000)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0, descriptors[0].revents != 0 else { return 0 }
      let count = drain()
      if count > 0 { return count }
    }
  }

  /// Reads what there is. A directory that came is watched with all that stands below it already.
  private func drain() -> Int {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let size = read(descriptor, &buffer, buffer.count)
    var (offset, count) = (0, 0)
    buffer.withUnsafeBytes { bytes in
      while offset < size {
        let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        let start = offset + MemoryLayout<inotify_event>.size
        let name = bytes[start..<(start + Int(event.len))].prefix { $0 != 0 }
        if event.mask & UInt32(IN_ISDIR) != 0, event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0,
          let parent = paths[event.wd]
        {
          watch(parent + "/" + String(decoding: name, as: UTF8.self))
        }
        count += 1
        offset = start + Int(event.len)
      }
    }
    return count
  }

  private func watch(_ path: String) {
    let number = inotify_add_watch(descriptor, path, Self.events | UInt32(IN_ONLYDIR))
    guard number >= 0, let directory = opendir(path) else { return }
    defer { closedir(directory) }
    paths[number] = path
    while let entry = readdir(directory) {
      let isDirectory = entry.pointee.d_type == UInt8(DT_DIR)
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if isDirectory, name != ".", name != ".." { watch(path + "/" + name) }
    }
  }
}
