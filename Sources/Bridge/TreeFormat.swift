import Glibc

/// The version of the tree's form, in the file `FORMAT` at its root, so that a program that does not know it keeps off.
public enum TreeFormat {
  private static let name = "FORMAT"
  private static let start = "mailtrail tree "
  private static let version = 1

  /// Checks the tree's version; writes it where there is none, as in the trees of before this file.
  ///
  /// - Throws: `TreeFormatError` when a newer mailtrail wrote the tree, or the file is none of ours.
  public static func check(_ directory: String) throws {
    let path = directory + "/" + name
    guard let bytes = try? InputFile.contents(of: path) else { return try write(directory) }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix(start), text.hasSuffix("\n"), let found = Int(text.dropFirst(start.count).dropLast()) else {
      // What a power cut left of it, before it was replaced at once: nothing, its first bytes, or zeros.
      if start.utf8.starts(with: bytes) || bytes.allSatisfy({ $0 == 0 }) { return try write(directory) }
      throw TreeFormatError(path: path, reason: "it does not begin with ‘\(start)’ and a number")
    }
    guard found <= version else {
      throw TreeFormatError(
        path: path, reason: "the tree is of version \(found), and this mailtrail knows up to \(version)")
    }
  }

  /// Makes the file whole and durable before it has its name.
  private static func write(_ directory: String) throws {
    let path = directory + "/" + name
    let temporary = path + ".tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { throw CollectorError.tree(temporary, errno) }
    defer { close(file) }
    let bytes = Array("\(start)\(version)\n".utf8)
    // A full disk is no reason not to start: it is written the next time.
    guard Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0, rename(temporary, path) == 0 else {
      unlink(temporary)
      return
    }
    let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard parent >= 0 else { return }
    fsync(parent)
    close(parent)
  }
}

/// A tree that this program must not write.
public struct TreeFormatError: Error, CustomStringConvertible {
  public var path: String
  public var reason: String

  public var description: String {
    "\(path): \(reason); nothing was changed. Install the newer mailtrail again, or choose another audit.directory"
  }
}
