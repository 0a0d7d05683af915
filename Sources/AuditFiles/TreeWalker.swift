import AuditModel
import Glibc
import Platform

/// Opens the day files of a tree, making directories and files where they are missing.
///
/// Remembers the last first directory only: paths come in order, and a directory that was replaced meanwhile must not
/// be written to for long.
package struct TreeWalker {
  private let root: Directory
  private var last: (name: String, directory: Directory)?
  /// Directories that got a new name since they were last made durable, relative to the root ("" is the root itself).
  package var unsynchronized: Set<String> = []

  package init(root: Directory) { self.root = root }

  /// Forgets the directory that is open: between commits others may have moved it.
  package mutating func forget() { last = nil }

  /// Opens a day's file for reading and appending; nil when it does not exist and is not to be made.
  package mutating func open(
    _ path: TrailPath, _ day: Day, create: Bool, flags: Int32 = O_RDWR | O_APPEND
  ) throws(FileError) -> (FileDescriptor, length: Int)? {
    // A directory that vanishes between two calls is made again; thrice would be somebody's game.
    for _ in 0..<3 {
      switch try openAtOnce(path, day, create: create, flags: flags) {
      case .opened(let file, let length): return (file, length)
      case .missing where !create: return nil
      case .missing, .refused: break
      }
      guard let directory = try directory(path, create: create) else {
        if create { continue }
        return nil
      }
      if let file = try directory.file(day.fileName, flags: flags) { return file }
      guard create else { return nil }
      unsynchronized.insert(path.directory)
      if let file = try directory.file(day.fileName, flags: flags | O_CREAT, mode: 0o640) { return file }
      last = nil
    }
    throw FileError(.open, path: root.path + "/" + path.file(of: day), code: ENOENT)
  }

  /// One call where the directories are there, as they nearly always are; three where the last one is made. Whatever
  /// else stands in its way, the walk that follows makes it or names it.
  private mutating func openAtOnce(
    _ path: TrailPath, _ day: Day, create: Bool, flags: Int32
  ) throws(FileError) -> Directory.Attempt {
    guard let child = path.child else { return .refused }
    guard let parent = try parent(path, create: create) else { return .missing }
    let name = child + "/" + day.fileName
    let flags = create ? flags | O_CREAT : flags
    var attempt = try parent.fileBeneath(name, flags: flags, mode: 0o640)
    if create, case .missing = attempt {
      unsynchronized.insert(path.parent)
      // The parent may be the one that vanished, which the walk finds out.
      do { try parent.makeDirectory(child) } catch  where error.code == ENOENT { return .missing }
      attempt = try parent.fileBeneath(name, flags: flags, mode: 0o640)
    }
    if create, case .opened(_, length: 0) = attempt { unsynchronized.insert(path.directory) }
    return attempt
  }

  /// The directory of a trail; nil when it does not exist, or vanished while it was made.
  package mutating func directory(_ path: TrailPath, create: Bool) throws(FileError) -> Directory? {
    guard let parent = try parent(path, create: create) else { return nil }
    guard let child = path.child else { return parent }
    guard let directory = try directory(child, in: parent, at: path.parent, create: create) else {
      // The parent may be the one that vanished.
      last = nil
      return nil
    }
    return directory
  }

  private mutating func parent(_ path: TrailPath, create: Bool) throws(FileError) -> Directory? {
    if let last, last.name == path.parent { return last.directory }
    guard let opened = try directory(path.parent, in: root, at: "", create: create) else { return nil }
    last = (path.parent, opened)
    return opened
  }

  private mutating func directory(
    _ name: String, in parent: Directory, at parentPath: String, create: Bool
  ) throws(FileError) -> Directory? {
    if let directory = try parent.directory(name) { return directory }
    guard create else { return nil }
    unsynchronized.insert(parentPath)
    do { try parent.makeDirectory(name) } catch  where error.code == ENOENT { return nil }
    return try parent.directory(name)
  }

  /// Makes the new names in a directory durable; one that vanished needs nothing.
  package func synchronizeDirectory(_ relativePath: String) throws(FileError) {
    var directory = root
    for name in relativePath.split(separator: "/") {
      guard let next = try directory.directory(String(name)) else { return }
      directory = next
    }
    let result = root.calls.synchronizeDirectory(directory.descriptor.number)
    if result < 0 { throw FileError(.synchronize, path: directory.path, code: -result) }
  }
}
