import Glibc

/// Calls that glibc has but its module for Swift hides, because it declares them for `_GNU_SOURCE` only.
///
/// They are looked up once by name; both have fixed arguments of the types given here (syncfs(2),
/// sync_file_range(2)), so that the casts are those that a C compiler would have made.
enum LinuxCalls {
  private typealias SynchronizeFileSystem = @convention(c) (Int32) -> Int32
  private typealias SynchronizeRange = @convention(c) (Int32, Int64, Int64, UInt32) -> Int32

  private static let syncfs: SynchronizeFileSystem? = dlsym(dlopen(nil, RTLD_NOW), "syncfs").map {
    unsafeBitCast($0, to: SynchronizeFileSystem.self)
  }
  private static let syncFileRange: SynchronizeRange? = dlsym(dlopen(nil, RTLD_NOW), "sync_file_range").map {
    unsafeBitCast($0, to: SynchronizeRange.self)
  }
  /// SYNC_FILE_RANGE_WRITE of fcntl.h.
  private static let startWriting: UInt32 = 2

  static func synchronizeFileSystem(_ descriptor: Int32) -> Int32 {
    guard let syncfs else {
      errno = ENOSYS
      return -1
    }
    return syncfs(descriptor)
  }

  /// `struct open_how` of openat2(2).
  private struct OpenHow {
    var flags: UInt64
    var mode: UInt64
    var resolve: UInt64
  }
  private typealias OpenBeneath = @convention(c) (Int, Int, UnsafePointer<CChar>, UnsafeRawPointer, Int) -> Int

  /// syscall(2), because glibc has no openat2. It is variadic in C; on the 64-bit systems that Swift runs on, integers
  /// and pointers are passed to a variadic function of assembly as to any other.
  private static let openat2: OpenBeneath? = dlsym(dlopen(nil, RTLD_NOW), "syscall").map {
    unsafeBitCast($0, to: OpenBeneath.self)
  }
  /// __NR_openat2, the same on every architecture.
  private static let openat2Number = 437
  /// RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH of linux/openat2.h.
  private static let withinWithoutLinks: UInt64 = 0x04 | 0x08

  /// Opens a path of several parts, none of which may be a symbolic link or lead out of the directory.
  ///
  /// ENOSYS before Linux 5.6.
  static func openBeneath(_ directory: Int32, _ path: String, flags: Int32, mode: mode_t) -> Int32 {
    guard let openat2 else {
      errno = ENOSYS
      return -1
    }
    // A mode without O_CREAT is refused.
    var how = OpenHow(
      flags: UInt64(flags), mode: flags & O_CREAT != 0 ? UInt64(mode) : 0, resolve: withinWithoutLinks)
    return Int32(truncatingIfNeeded: openat2(openat2Number, Int(directory), path, &how, MemoryLayout<OpenHow>.size))
  }

  /// Asks the kernel to begin writing a file's changed pages. Only a hint: the fdatasync(2) that follows tells of errors.
  static func startWritingBack(_ descriptor: Int32) { _ = syncFileRange?(descriptor, 0, 0, startWriting) }
}
