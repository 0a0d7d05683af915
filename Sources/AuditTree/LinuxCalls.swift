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

  /// Asks the kernel to begin writing a file's changed pages. Only a hint: the fdatasync(2) that follows tells of errors.
  static func startWritingBack(_ descriptor: Int32) { _ = syncFileRange?(descriptor, 0, 0, startWriting) }
}
