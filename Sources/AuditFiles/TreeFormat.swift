import Glibc
import Platform

/// The version of the tree's form, in the file `FORMAT` at its root, so that a program that does not know it keeps off.
///
/// Everybody who opens a tree for writing checks it.
package enum TreeFormat {
  package static let fileName = "FORMAT"
  private static let start = "mailtrail tree "
  private static let version = 1
  /// Longer than any that was written.
  private static let limit = 64

  /// Checks the tree's version; writes it where there is none, as in the trees of before this file.
  ///
  /// Throws a `FileError` when a newer mailtrail wrote the tree, when the file is none of ours, or cannot be read. That
  /// it cannot be written, as on a full disk, is no reason not to open the tree: it is written the next time.
  package static func check(_ root: Directory) throws(FileError) {
    guard let (file, length) = try root.file(fileName, flags: O_RDONLY) else { return write(root) }
    let bytes = try file.contents(path: root.path + "/" + fileName, limit: max(length, limit))
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix(start), text.hasSuffix("\n"), let found = Int(text.dropFirst(start.count).dropLast()) else {
      // What a power cut left of it, before it was replaced at once: nothing, its first bytes, or zeros.
      if start.utf8.starts(with: bytes) || bytes.allSatisfy({ $0 == 0 }) { return write(root) }
      throw refusal(root, "it does not begin with ‘\(start)’ and a number")
    }
    guard found <= version else {
      throw refusal(root, "the tree is of version \(found), and this mailtrail knows up to \(version)")
    }
  }

  private static func refusal(_ root: Directory, _ reason: String) -> FileError {
    FileError(
      .use, path: root.path + "/" + fileName, reason: reason,
      remedy: "nothing was changed; install the newer mailtrail again, or choose another directory")
  }

  private static func write(_ root: Directory) {
    do {
      try root.replace(fileName, with: Array("\(start)\(version)\n".utf8))
    } catch {
      // Without it the tree is one of before this file: nothing depends on it.
    }
  }
}
