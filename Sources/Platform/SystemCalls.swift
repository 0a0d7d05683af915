import CLinux
import Glibc

/// The system calls that change the tree or its intent file, so that a test can make each of them fail.
///
/// Without an observer a call costs one comparison more than the bare one. Every call answers as the kernel does: a
/// value from 0 on, or a negated errno value. A call that a signal interrupted (EINTR) is made again.
package struct SystemCalls: Sendable {
  /// Which call is about to be made.
  package enum Call: String, Sendable, CaseIterable {
    case open, makeDirectory, write, overwrite, synchronizeData, synchronizeDirectory, synchronizeFileSystem
    case truncate, remove, rename
  }

  /// What happens instead of the call.
  package enum Fault: Sendable {
    /// The call is not made and fails with this errno value.
    case failure(Int32)
    /// Only so many bytes are written; other calls are made as usual.
    case shortWrite(Int)
  }

  /// Asked before each call, perhaps from several threads at once; nil lets the call be made.
  package typealias Observer = @Sendable (Call) -> Fault?

  private let observer: Observer?

  /// The real calls; the observer is for tests.
  package init(observer: Observer? = nil) { self.observer = observer }

  package func open(_ directory: Int32, _ name: String, flags: Int32, mode: mode_t = 0) -> Int32 {
    if let code = failure(.open) { return code }
    return Self.retrying { openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, mode) }
  }

  /// Opens a path of several parts below the directory, none of which may be a symbolic link.
  package func openBeneath(_ directory: Int32, _ path: String, flags: Int32, mode: mode_t = 0) -> Int32 {
    if let code = failure(.open) { return code }
    return Self.retrying { mailtrail_open_beneath(directory, path, flags | O_CLOEXEC, mode) }
  }

  package func makeDirectory(_ directory: Int32, _ name: String, mode: mode_t) -> Int32 {
    if let code = failure(.makeDirectory) { return code }
    return Self.retrying { mkdirat(directory, name, mode) }
  }

  package func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    var bytes = bytes
    switch observer?(.write) {
    case .failure(let code): return Int(-code)
    case .shortWrite(let count): bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(max(1, count)))
    case nil: break
    }
    return Self.retrying { Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
  }

  package func overwrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    var bytes = bytes
    switch observer?(.overwrite) {
    case .failure(let code): return Int(-code)
    case .shortWrite(let count): bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(max(1, count)))
    case nil: break
    }
    return Self.retrying { pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset)) }
  }

  package func synchronizeData(_ descriptor: Int32) -> Int32 {
    if let code = failure(.synchronizeData) { return code }
    return Self.retrying { fdatasync(descriptor) }
  }

  package func synchronizeDirectory(_ descriptor: Int32) -> Int32 {
    if let code = failure(.synchronizeDirectory) { return code }
    return Self.retrying { fsync(descriptor) }
  }

  /// syncfs(2) of the file system that the descriptor is on.
  package func synchronizeFileSystem(_ descriptor: Int32) -> Int32 {
    if let code = failure(.synchronizeFileSystem) { return code }
    return Self.retrying { mailtrail_syncfs(descriptor) }
  }

  package func truncate(_ descriptor: Int32, to length: Int) -> Int32 {
    if let code = failure(.truncate) { return code }
    return Self.retrying { ftruncate(descriptor, off_t(length)) }
  }

  package func remove(_ directory: Int32, _ name: String, isDirectory: Bool) -> Int32 {
    if let code = failure(.remove) { return code }
    return Self.retrying { unlinkat(directory, name, isDirectory ? AT_REMOVEDIR : 0) }
  }

  /// Replaces a name in a directory by another.
  package func rename(_ directory: Int32, _ name: String, to newName: String) -> Int32 {
    if let code = failure(.rename) { return code }
    return Self.retrying { renameat(directory, name, directory, newName) }
  }

  /// Asks the kernel to begin writing a file's changed pages. Only a hint: the fdatasync(2) that follows reports errors.
  package func startWriteback(_ descriptor: Int32) { _ = mailtrail_start_writeback(descriptor) }

  private func failure(_ call: Call) -> Int32? {
    guard let observer, case .failure(let code) = observer(call) else { return nil }
    return -code
  }

  private static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result >= 0 { return result }
      let code = errno
      if code != EINTR { return Result(-code) }
    }
  }
}
