import Glibc

/// An open directory: what lies below it is reached through it, one name at a time, and never through a symbolic link.
package final class Directory: Sendable {
  package let descriptor: FileDescriptor
  package let calls: SystemCalls
  private let name: String
  private let parent: Directory?

  private static let flags = O_RDONLY | O_DIRECTORY

  /// The path for errors.
  package var path: String { parent.map { $0.path + "/" + name } ?? name }

  private init(_ descriptor: FileDescriptor, name: String, parent: Directory?, calls: SystemCalls) {
    self.descriptor = descriptor
    self.name = name
    self.parent = parent
    self.calls = calls
  }

  /// Opens a directory by its path; makes its last part (0750) when asked to.
  package static func open(_ path: String, create: Bool = false, calls: SystemCalls = SystemCalls()) throws(FileError)
    -> Directory
  {
    var number = calls.open(AT_FDCWD, path, flags: flags)
    let isMissing = number == -ENOENT && create
    if isMissing {
      let made = calls.makeDirectory(AT_FDCWD, path, mode: 0o750)
      guard made >= 0 || made == -EEXIST else { throw FileError(.createDirectory, path: path, code: -made) }
      number = calls.open(AT_FDCWD, path, flags: flags)
    }
    guard number >= 0 else { throw FileError(.open, path: path, code: -number) }
    let directory = Directory(FileDescriptor(owning: number), name: path, parent: nil, calls: calls)
    if isMissing { try directory.synchronizeParent() }
    return directory
  }

  /// Makes the directory's own name durable: a power cut must not take it with all that was synchronized in it.
  private func synchronizeParent() throws(FileError) {
    let number = calls.open(descriptor.number, "..", flags: Self.flags)
    guard number >= 0 else { throw error(.open, "..", -number) }
    let parent = FileDescriptor(owning: number)
    let result = calls.synchronizeDirectory(parent.number)
    if result < 0 { throw error(.synchronize, "..", -result) }
  }

  /// Opens a directory in this one; nil when there is none.
  package func directory(_ name: String) throws(FileError) -> Directory? {
    let number = calls.open(descriptor.number, name, flags: Self.flags)
    if number == -ENOENT { return nil }
    guard number >= 0 else { throw error(.open, name, -number) }
    return Directory(FileDescriptor(owning: number), name: name, parent: self, calls: calls)
  }

  /// Makes a directory (0750) in this one; one that is there already is as good.
  package func makeDirectory(_ name: String) throws(FileError) {
    let result = calls.makeDirectory(descriptor.number, name, mode: 0o750)
    guard result >= 0 || result == -EEXIST else { throw error(.createDirectory, name, -result) }
  }

  /// Opens a file in this directory; nil when there is none.
  ///
  /// Refuses everything that is no regular file. O_NONBLOCK keeps a FIFO from stopping us; files do not heed it.
  package func file(_ name: String, flags: Int32, mode: mode_t = 0) throws(FileError) -> (FileDescriptor, length: Int)?
  {
    let number = calls.open(descriptor.number, name, flags: flags | O_NONBLOCK, mode: mode)
    if number == -ENOENT { return nil }
    guard number >= 0 else { throw error(.open, name, -number) }
    return try checked(number, name, flags)
  }

  /// What came of opening a file in one call.
  package enum Attempt {
    case opened(FileDescriptor, length: Int)
    /// The file is not there, or a directory on the way to it.
    case missing
    /// It cannot be opened so, for whatever reason.
    case refused
  }

  /// Opens a file two levels down in one call.
  package func fileBeneath(_ path: String, flags: Int32, mode: mode_t) throws(FileError) -> Attempt {
    let number = calls.openBeneath(descriptor.number, path, flags: flags | O_NONBLOCK, mode: mode)
    guard number >= 0 else { return number == -ENOENT ? .missing : .refused }
    let (file, length) = try checked(number, path, flags)
    return .opened(file, length: length)
  }

  private func checked(
    _ number: Int32, _ name: String, _ flags: Int32
  ) throws(FileError) -> (FileDescriptor, length: Int) {
    let file = FileDescriptor(owning: number)
    guard let status = file.status() else { throw error(.open, name, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw error(.open, name, EEXIST) }
    let isOurs = status.st_uid == geteuid() || status.st_uid == 0 || flags & O_ACCMODE == O_RDONLY
    guard isOurs else { throw error(.open, name, EPERM) }
    return (file, Int(status.st_size))
  }

  /// The names in the directory but `.` and `..`, in no order.
  package func names() throws(FileError) -> [String] {
    // A descriptor of its own: readdir(3) moves the offset, and closedir(3) closes it.
    let number = openat(descriptor.number, ".", Self.flags | O_CLOEXEC)
    guard number >= 0, let stream = fdopendir(number) else { throw FileError(.list, path: path, code: errno) }
    defer { closedir(stream) }
    return try InputFile.names(of: stream, path: path)
  }

  /// The names of the regular files, or of the directories, in no order. Links are neither.
  ///
  /// The file system says with most names what they are (readdir(3)), which saves a call for each.
  package func names(of kind: EntryKind) throws(FileError) -> [String] {
    let number = openat(descriptor.number, ".", Self.flags | O_CLOEXEC)
    guard number >= 0, let stream = fdopendir(number) else { throw FileError(.list, path: path, code: errno) }
    defer { closedir(stream) }
    return try InputFile.names(of: stream, path: path) { name, type in
      switch Int(type) {
      case Int(DT_REG): kind == .file
      case Int(DT_DIR): kind == .directory
      case Int(DT_UNKNOWN): kind == .file ? isFile(name) : isDirectory(name)
      default: false
      }
    }
  }

  package enum EntryKind: Sendable {
    case file, directory
  }

  /// Whether the name is a directory itself, no link to one.
  package func isDirectory(_ name: String) -> Bool { type(of: name) == S_IFDIR }

  /// Whether the name is a regular file itself, no link to one.
  package func isFile(_ name: String) -> Bool { type(of: name) == S_IFREG }

  /// Whether a path below this directory exists; a hint only, links within it are followed.
  package func isThere(_ path: String) -> Bool {
    var status = stat()
    return fstatat(descriptor.number, path, &status, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// When the regular file of that name was last written to, in microseconds since 1970; nil when it is none.
  package func changeTime(_ name: String) -> UInt64? {
    var status = stat()
    guard fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG
    else { return nil }
    return status.changeTime
  }

  /// When a directory below this one last got another name in it, in microseconds since 1970; nil when it is none.
  package func changeTime(ofDirectory path: String) -> UInt64? {
    var status = stat()
    guard fstatat(descriptor.number, path, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFDIR
    else { return nil }
    return status.changeTime
  }

  /// The length of a regular file below this directory in bytes; nil when it is none. A hint, as `isThere`.
  package func length(_ path: String) -> Int? {
    var status = stat()
    guard fstatat(descriptor.number, path, &status, AT_SYMLINK_NOFOLLOW) == 0, status.isRegular else { return nil }
    return Int(status.st_size)
  }

  private func type(of name: String) -> mode_t? {
    var status = stat()
    return fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mode & S_IFMT : nil
  }

  /// Removes a file, or an empty directory; false when it was not there, or was a directory that is not empty.
  package func remove(_ name: String, isDirectory: Bool) throws(FileError) -> Bool {
    let result = calls.remove(descriptor.number, name, isDirectory: isDirectory)
    if result == -ENOENT || (isDirectory && (result == -ENOTEMPTY || result == -EEXIST)) { return false }
    guard result >= 0 else { throw error(.remove, name, -result) }
    return true
  }

  /// Replaces a file at once and durably: temporary file, fdatasync, rename, fsync of the directory.
  ///
  /// - Parameter isDurable: false for a report that nobody needs after a power cut: nothing is waited for.
  package func replace(
    _ name: String, with bytes: [UInt8], mode: mode_t = 0o640, isDurable: Bool = true
  ) throws(FileError) {
    let temporaryName = name + ".tmp"
    guard let (file, _) = try file(temporaryName, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode) else {
      throw error(.open, temporaryName, ENOENT)
    }
    try overwrite(file, at: 0, with: bytes, name: temporaryName)
    let result = isDurable ? calls.synchronizeData(file.number) : 0
    if result < 0 { throw error(.synchronize, temporaryName, -result) }
    try rename(temporaryName, to: name)
    if isDurable { try synchronize() }
  }

  /// Writes all of the bytes at an offset of a file in this directory.
  package func overwrite(
    _ file: FileDescriptor, at offset: Int, with bytes: [UInt8], name: String
  ) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        calls.overwrite(file.number, UnsafeRawBufferPointer(rebasing: $0[done...]), at: offset + done)
      }
      guard count > 0 else { throw error(.write, name, count < 0 ? Int32(-count) : ENOSPC) }
      done += count
    }
  }

  /// Replaces a name in this directory by another.
  package func rename(_ name: String, to newName: String) throws(FileError) {
    let result = calls.rename(descriptor.number, name, to: newName)
    if result < 0 { throw error(.write, newName, -result) }
  }

  /// Makes durable which names the directory has (fsync(2)).
  package func synchronize() throws(FileError) {
    let result = calls.synchronizeDirectory(descriptor.number)
    if result < 0 { throw error(.synchronize, ".", -result) }
  }

  package func error(_ operation: FileError.Operation, _ name: String, _ code: Int32) -> FileError {
    FileError(operation, path: path + "/" + name, code: code)
  }
}
