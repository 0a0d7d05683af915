import Glibc
import Platform

/// A file of the state directory that says: a replay has written into the tree while no collector ran. What the next
/// collector records of the time before is then looked for in the day files, which takes a while where they are large.
enum BackfillMark {
  private static let fileName = "backfilled"

  static func isSet(in directory: String) -> Bool { access(directory + "/" + fileName, F_OK) == 0 }

  /// Durable when it returns: before the tree is written.
  ///
  /// - Throws: `FileError` when it cannot be written.
  static func set(in directory: String) throws(FileError) {
    try Directory.open(directory).replace(fileName, with: [])
  }

  /// Left where it is, it costs time and nothing else.
  static func remove(from directory: String) { _ = unlink(directory + "/" + fileName) }
}
