import Glibc

/// The system calls that change the tree or its intent file, so that a test can make each of them fail.
///
/// Without an observer a call costs one comparison more than the bare one. Every call answers as the kernel does: a
/// value from 0 on, or a negated errno value. A call that a signal interrupted (EINTR) is made again.
public struct SystemCalls: Sendable {
  /// Which call is about to be made.
  public enum Call: String, Sendable, CaseIterable {
    case open, makeDirectory, write, overwrite, synchronizeData, synchronizeDirectory, synchronizeFileSystem
    case truncate, remove, rename
  }

  /// What happens instead of the call.
  public enum Fault: Sendable {
    /// The call is not made and fails with this errno value.
    case failure(Int32)
    /// Only so many bytes are written; other calls are made as usual.
    case shortWrite(Int)
  }

  /// Asked before each call, perhaps from several threads at once; nil lets the call be made.
  public typealias Observer = @Sendable (Call) -> Fault?

  private let observer: Observer?

  /// The real calls; the observer is for tests.
  public init(observer: Observer? = nil) { self.observer = observer }

  func open(_ directory: Int32, _ name: String, flags: Int32, mode: mode_t = 0) -> Int32 {
    if let code = failure(.open) { return code }
    return Self.retrying { openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, mode) }
  }

  /// Opens a path of several parts below the directory, none of which may be a symbolic link.
  func openBeneath(_ directory: Int32, _ path: String, flags: Int32, mode: mode_t = 0) -> Int32 {
    if let code = failure(.open) { return code }
    return Self.retrying { LinuxCalls.openBeneath(directory, path, flags: flags | O_CLOEXEC, mode: mode) }
  }

  func makeDirectory(_ directory: Int32, _ name: String, mode: mode_t) -> Int32 {
    if let code = failure(.makeDirectory) { return code }
    return Self.retrying { mkdirat(directory, name, mode) }
  }

  func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    var bytes = bytes
    switch observer?(.write) {
    case .failure(let code): return Int(-code)
    case .shortWrite(let count): bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(max(1, count)))
    case nil: break
    }
    return Self.retrying { Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
  }

  func overwrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    var bytes = bytes
    switch observer?(.overwrite) {
    case .failure(let code): return Int(-code)
    case .shortWrite(let count): bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(max(1, count)))
    case nil: break
    }
    return Self.retrying { pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset)) }
  }

  func synchronizeData(_ descriptor: Int32) -> Int32 {
    if let code = failure(.synchronizeData) { return code }
    return Self.retrying { fdatasync(descriptor) }
  }

  func synchronizeDirectory(_ descriptor: Int32) -> Int32 {
    if let code = failure(.synchronizeDirectory) { return code }
    return Self.retrying { fsync(descriptor) }
  }

  /// syncfs(2) of the file system that the descriptor is on.
  func synchronizeFileSystem(_ descriptor: Int32) -> Int32 {
    if let code = failure(.synchronizeFileSystem) { return code }
    return Self.retrying { LinuxCalls.synchronizeFileSystem(descriptor) }
  }

  func truncate(_ descriptor: Int32, to length: Int) -> Int32 {
    if let code = failure(.truncate) { return code }
    return Self.retrying { ftruncate(descriptor, off_t(length)) }
  }

  func remove(_ directory: Int32, _ name: String, isDirectory: Bool) -> Int32 {
    if let code = failure(.remove) { return code }
    return Self.retrying { unlinkat(directory, name, isDirectory ? AT_REMOVEDIR : 0) }
  }

  /// Replaces a name in a directory by another.
  func rename(_ directory: Int32, _ name: String, to newName: String) -> Int32 {
    if let code = failure(.rename) { return code }
    return Self.retrying { renameat(directory, name, directory, newName) }
  }

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
