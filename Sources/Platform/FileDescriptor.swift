import Glibc

/// An open file or directory, closed when the last reference goes.
///
/// Sendable because the number never changes and every call on it is safe from any thread.
package final class FileDescriptor: Sendable {
  package let number: Int32

  package init(owning number: Int32) { self.number = number }

  deinit { close(number) }

  package func status() -> stat? {
    var status = stat()
    return fstat(number, &status) == 0 ? status : nil
  }

  /// Reads at an offset until the buffer is full or the file ends; the count read, or a negated errno value.
  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
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
  package static func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw FileError(.open, path: path, code: errno) }
    return try FileDescriptor(owning: number).contents(path: path, limit: limit)
  }

  /// The whole of the file; the path is for the error only.
  package func contents(path: String, limit: Int) throws(FileError) -> [UInt8] {
    guard let status = status() else { throw FileError(.read, path: path, code: errno) }
    guard status.st_size <= limit else { throw FileError(.read, path: path, code: EFBIG) }
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      result = read(at: 0, into: UnsafeMutableRawBufferPointer(buffer))
      count = max(0, result)
    }
    guard result >= 0 else { throw FileError(.read, path: path, code: Int32(-result)) }
    return bytes
  }
}
