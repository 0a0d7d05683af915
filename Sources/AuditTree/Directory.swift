import Glibc

/// An open directory: what lies below it is reached through it, one name at a time, and never through a symbolic link.
final class Directory: Sendable {
  let descriptor: FileDescriptor
  let calls: SystemCalls
  private let name: String
  private let parent: Directory?

  private static let flags = O_RDONLY | O_DIRECTORY

  /// The path for errors.
  var path: String { parent.map { $0.path + "/" + name } ?? name }

  private init(_ descriptor: FileDescriptor, name: String, parent: Directory?, calls: SystemCalls) {
    self.descriptor = descriptor
    self.name = name
    self.parent = parent
    self.calls = calls
  }

  /// Opens a directory by its path; makes its last part (0750) when asked to.
  static func open(_ path: String, create: Bool, calls: SystemCalls) throws(TreeError) -> Directory {
    var number = calls.open(AT_FDCWD, path, flags: flags)
    let isMissing = number == -ENOENT && create
    if isMissing {
      let made = calls.makeDirectory(AT_FDCWD, path, mode: 0o750)
      guard made >= 0 || made == -EEXIST else { throw TreeError(.createDirectory, path: path, code: -made) }
      number = calls.open(AT_FDCWD, path, flags: flags)
    }
    guard number >= 0 else { throw TreeError(.open, path: path, code: -number) }
    let directory = Directory(FileDescriptor(owning: number), name: path, parent: nil, calls: calls)
    if isMissing { try directory.synchronizeParent() }
    return directory
  }

  /// Makes the directory's own name durable: a power cut must not take it with all that was synchronized in it.
  private func synchronizeParent() throws(TreeError) {
    let number = calls.open(descriptor.number, "..", flags: Self.flags)
    guard number >= 0 else { throw error(.open, "..", -number) }
    let parent = FileDescriptor(owning: number)
    let result = calls.synchronizeDirectory(parent.number)
    if result < 0 { throw error(.synchronize, "..", -result) }
  }

  /// Opens a directory in this one; nil when there is none.
  func directory(_ name: String) throws(TreeError) -> Directory? {
    let number = calls.open(descriptor.number, name, flags: Self.flags)
    if number == -ENOENT { return nil }
    guard number >= 0 else { throw error(.open, name, -number) }
    return Directory(FileDescriptor(owning: number), name: name, parent: self, calls: calls)
  }

  /// Makes a directory (0750) in this one; one that is there already is as good.
  func makeDirectory(_ name: String) throws(TreeError) {
    let result = calls.makeDirectory(descriptor.number, name, mode: 0o750)
    guard result >= 0 || result == -EEXIST else { throw error(.createDirectory, name, -result) }
  }

  /// Opens a file in this directory; nil when there is none.
  ///
  /// Refuses everything that is no regular file. O_NONBLOCK keeps a FIFO from stopping us; files do not heed it.
  func file(_ name: String, flags: Int32, mode: mode_t = 0) throws(TreeError) -> (FileDescriptor, length: Int)? {
    let number = calls.open(descriptor.number, name, flags: flags | O_NONBLOCK, mode: mode)
    if number == -ENOENT { return nil }
    guard number >= 0 else { throw error(.open, name, -number) }
    return try checked(number, name, flags)
  }

  /// What came of opening a file in one call.
  enum Attempt {
    case opened(FileDescriptor, length: Int)
    /// The file is not there, or a directory on the way to it.
    case missing
    /// It cannot be opened so, for whatever reason.
    case refused
  }

  /// Opens a file two levels down in one call.
  func fileBeneath(_ path: String, flags: Int32, mode: mode_t) throws(TreeError) -> Attempt {
    let number = calls.openBeneath(descriptor.number, path, flags: flags | O_NONBLOCK, mode: mode)
    guard number >= 0 else { return number == -ENOENT ? .missing : .refused }
    let (file, length) = try checked(number, path, flags)
    return .opened(file, length: length)
  }

  private func checked(
    _ number: Int32, _ name: String, _ flags: Int32
  ) throws(TreeError) -> (FileDescriptor, length: Int) {
    let file = FileDescriptor(owning: number)
    guard let status = file.status() else { throw error(.open, name, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw error(.open, name, EEXIST) }
    let isOurs = status.st_uid == geteuid() || status.st_uid == 0 || flags & O_ACCMODE == O_RDONLY
    guard isOurs else { throw error(.open, name, EPERM) }
    return (file, Int(status.st_size))
  }

  /// The names in the directory but `.` and `..`, in no order.
  func names() throws(TreeError) -> [String] {
    // A descriptor of its own: readdir(3) moves the offset, and closedir(3) closes it.
    let number = openat(descriptor.number, ".", Self.flags | O_CLOEXEC)
    guard number >= 0, let stream = fdopendir(number) else { throw TreeError(.list, path: path, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      // d_name ends in a NUL within the entry, which stays valid until the next readdir(3) of this stream.
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw TreeError(.list, path: path, code: errno) }
    return names
  }

  /// Whether the name is a directory itself, no link to one.
  func isDirectory(_ name: String) -> Bool { type(of: name) == S_IFDIR }

  /// Whether the name is a regular file itself, no link to one.
  func isFile(_ name: String) -> Bool { type(of: name) == S_IFREG }

  /// Whether a path below this directory exists; a hint only, links within it are followed.
  func isThere(_ path: String) -> Bool {
    var status = stat()
    return fstatat(descriptor.number, path, &status, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// When the regular file of that name was last written to, in microseconds since 1970; nil when it is none.
  func changeTime(_ name: String) -> UInt64? {
    var status = stat()
    guard fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG
    else { return nil }
    return UInt64(max(0, status.st_mtim.tv_sec)) * 1_000_000 + UInt64(status.st_mtim.tv_nsec / 1000)
  }

  private func type(of name: String) -> mode_t? {
    var status = stat()
    return fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mode & S_IFMT : nil
  }

  /// Removes a file, or an empty directory; false when it was not there, or was a directory that is not empty.
  func remove(_ name: String, isDirectory: Bool) throws(TreeError) -> Bool {
    let result = calls.remove(descriptor.number, name, isDirectory: isDirectory)
    if result == -ENOENT || (isDirectory && (result == -ENOTEMPTY || result == -EEXIST)) { return false }
    guard result >= 0 else { throw error(.remove, name, -result) }
    return true
  }

  /// Replaces a file (mode 0640) at once and durably: temporary file, fsync, rename, fsync of the directory.
  func replace(_ name: String, with bytes: [UInt8]) throws(TreeError) {
    let temporaryName = name + ".tmp"
    guard let (file, _) = try file(temporaryName, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640) else {
      throw error(.open, temporaryName, ENOENT)
    }
    let written = bytes.withUnsafeBytes { calls.overwrite(file.number, $0, at: 0) }
    guard written == bytes.count else {
      throw error(.write, temporaryName, written < 0 ? Int32(-written) : ENOSPC)
    }
    var result = calls.synchronizeData(file.number)
    if result < 0 { throw error(.synchronize, temporaryName, -result) }
    result = calls.rename(descriptor.number, temporaryName, to: name)
    if result < 0 { throw error(.write, name, -result) }
    result = calls.synchronizeDirectory(descriptor.number)
    if result < 0 { throw error(.synchronize, ".", -result) }
  }

  func error(_ operation: TreeError.Operation, _ name: String, _ code: Int32) -> TreeError {
    TreeError(operation, path: path + "/" + name, code: code)
  }
}
