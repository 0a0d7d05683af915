import Glibc

/// An open file or directory, closed when the last reference goes.
///
/// Sendable because the number never changes and every call on it is safe from any thread.
final class FileDescriptor: Sendable {
  let number: Int32

  init(owning number: Int32) { self.number = number }

  deinit { close(number) }

  func status() -> stat? {
    var status = stat()
    return fstat(number, &status) == 0 ? status : nil
  }

  /// Reads at an offset until the buffer is full or the file ends; the count read, or a negated errno value.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = pread(number, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset + filled))
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        return -Int(errno)
      }
      filled += count
    }
    return filled
  }

  /// The whole of a file anywhere on the system; the code is EFBIG when it is longer than the limit.
  static func contents(of path: String, limit: Int) throws(TreeError) -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw TreeError(.open, path: path, code: errno) }
    return try FileDescriptor(owning: number).contents(path: path, limit: limit)
  }

  /// The whole of the file; the path is for the error only.
  func contents(path: String, limit: Int) throws(TreeError) -> [UInt8] {
    guard let status = status() else { throw TreeError(.read, path: path, code: errno) }
    guard status.st_size <= limit else { throw TreeError(.read, path: path, code: EFBIG) }
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      result = read(at: 0, into: UnsafeMutableRawBufferPointer(buffer))
      count = max(0, result)
    }
    guard result >= 0 else { throw TreeError(.read, path: path, code: Int32(-result)) }
    return bytes
  }
}
