import Glibc

/// Notes which file was being read when the process dies of SIGBUS: a journal file that is cut while it is mapped, or
/// whose disk cannot be read, ends its reader so (mmap(2)), and nobody can be asked afterwards.
///
/// The handler may call async-signal-safe functions only (signal-safety(7)): it copies the faulting address and
/// /proc/self/maps into a file that is open already, through a buffer that is there already, and lets the signal take
/// its course. What the address means is found out by the next start (`JournalFaults`).
enum FaultTrap {
  static let fileName = "journal-fault"

  /// What the handler needs. Written by `arm` before the handler is installed, read by the handler alone: that order is
  /// the proof for `nonisolated(unsafe)`.
  private nonisolated(unsafe) static var descriptor: Int32 = -1
  private nonisolated(unsafe) static var buffer: UnsafeMutableRawPointer?
  private nonisolated(unsafe) static var mapsPath: UnsafeMutablePointer<CChar>?
  private static let bufferSize = 65_536

  /// Opens the file, empties it and installs the handler; false when the file cannot be opened.
  static func arm(directory: String) -> Bool {
    descriptor = open(directory + "/" + fileName, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return false }
    if buffer == nil { buffer = .allocate(byteCount: bufferSize, alignment: 8) }
    if mapsPath == nil { mapsPath = strdup("/proc/self/maps") }
    var action = sigaction()
    action.__sigaction_handler.sa_sigaction = { _, information, _ in FaultTrap.record(information) }
    action.sa_flags = SA_SIGINFO | Int32(bitPattern: UInt32(SA_RESETHAND))
    return sigaction(SIGBUS, &action, nil) == 0
  }

  /// In the signal handler. The instruction that faulted runs again afterwards and ends the process.
  private static func record(_ information: UnsafeMutablePointer<siginfo_t>?) {
    guard let information, let buffer, let mapsPath else { return }
    buffer.storeBytes(of: UInt(bitPattern: information.pointee._sifields._sigfault.si_addr), as: UInt.self)
    _ = write(descriptor, buffer, MemoryLayout<UInt>.size)
    let maps = open(mapsPath, O_RDONLY | O_CLOEXEC)
    if maps < 0 { return }
    while true {
      let count = read(maps, buffer, bufferSize)
      if count <= 0 || write(descriptor, buffer, count) != count { break }
    }
    fsync(descriptor)
  }

  /// The path of the file that the recorded address lay in; nil when nothing was recorded or it was no file.
  static func recordedFile(in bytes: [UInt8]) -> String? {
    let size = MemoryLayout<UInt>.size
    guard bytes.count > size else { return nil }
    let address = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt.self) }
    for line in bytes[size...].split(separator: 10) {
      // start-end permissions offset device inode path; the path may have spaces.
      let parts = line.split(separator: 32, maxSplits: 5)
      guard parts.count == 6 else { continue }
      let range = String(decoding: parts[0], as: UTF8.self).split(separator: "-").map { UInt($0, radix: 16) }
      guard range.count == 2, let start = range[0], let end = range[1], (start..<end).contains(address) else {
        continue
      }
      let path = String(decoding: parts[5].drop { $0 == 32 }, as: UTF8.self)
      return path.hasPrefix("/") ? path : nil
    }
    return nil
  }
}
