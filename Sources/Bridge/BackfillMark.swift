import Glibc

/// A file of the state directory that says: a replay has written into the tree while no collector ran. What the next
/// collector tells of the time before is then looked for in the day files, which takes a while where they are large.
enum BackfillMark {
  private static func path(_ directory: String) -> String { directory + "/backfilled" }

  static func isSet(in directory: String) -> Bool { access(path(directory), F_OK) == 0 }

  /// Durable when it returns: before the tree is written.
  ///
  /// - Throws: `CheckpointError` when it cannot be written.
  static func set(in directory: String) throws {
    let file = open(path(directory), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { throw CheckpointError(path(directory), "cannot be written", errno) }
    defer { close(file) }
    let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if parent >= 0 { close(parent) } }
    guard parent >= 0, fsync(file) == 0, fsync(parent) == 0 else {
      throw CheckpointError(path(directory), "cannot be made durable", errno)
    }
  }

  /// Left where it is, it costs time and nothing else.
  static func remove(from directory: String) { _ = unlink(path(directory)) }
}
