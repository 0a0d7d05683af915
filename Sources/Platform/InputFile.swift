import Glibc

/// Reads whole files that somebody named: configuration, tables, lists, the state directory's.
///
/// Symbolic links are followed: administrators use them. What is in the audit tree is read through `Directory`.
package enum InputFile {
  /// The bytes of a file, at most `limit` of them. It may be a FIFO or below /proc: its size is not asked for.
  ///
  /// - Parameter waits: false to read nothing from a FIFO that nobody writes, rather than waiting for its writer.
  /// - Throws: `FileError` with the system's reason.
  package static func contents(
    of path: String, limit: Int = .max, waits: Bool = true
  ) throws(FileError) -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
    guard number >= 0 else { throw unreadable(path, errno) }
    return try contents(of: FileDescriptor(owning: number), path: path, limit: limit)
  }

  /// The bytes from the descriptor's offset to its end, at most `limit` of them; the path is for the error.
  package static func contents(
    of file: FileDescriptor, path: String, limit: Int = .max
  ) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < limit {
      let count = read(file.number, &buffer, min(buffer.count, limit - bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// The bytes of a file; nil when there is none.
  ///
  /// - Throws: `FileError` for every other reason.
  package static func contentsIfPresent(of path: String) throws(FileError) -> [UInt8]? {
    do { return try contents(of: path) } catch {
      guard error.code == ENOENT else { throw error }
      return nil
    }
  }

  /// The names in a directory but `.` and `..`, sorted. Symbolic links are followed.
  package static func names(in directory: String) throws(FileError) -> [String] {
    guard let stream = opendir(directory) else { throw FileError(.list, path: directory, code: errno) }
    defer { closedir(stream) }
    return try names(of: stream, path: directory).sorted()
  }

  /// The names that a stream of opendir(3) has but `.` and `..`, in no order.
  ///
  /// - Parameter isWanted: given a name and what the file system says that it is (`DT_REG` …, readdir(3)).
  static func names(
    of stream: OpaquePointer, path: String, where isWanted: (String, UInt8) -> Bool = { _, _ in true }
  ) throws(FileError) -> [String] {
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      // d_name ends in a NUL within the entry, which stays valid until the next readdir(3) of this stream.
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != "..", isWanted(name, entry.pointee.d_type) { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw FileError(.list, path: path, code: errno) }
    return names
  }

  private static func unreadable(_ path: String, _ code: Int32) -> FileError {
    FileError(.read, path: path, code: code, remedy: "check the path and its permissions")
  }
}
