import CSystemd
import Glibc

/// Ends a waiting `EntrySource.wait` from another thread or a signal handler: an eventfd(2).
public final class WakeDescriptor: Sendable {
  /// The descriptor, readable once `wake` was called.
  public let descriptor: Int32

  /// Throws when the process has no descriptor left.
  public init() throws {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else {
      throw JournalError(
        operation: "cannot make", subject: "an eventfd", code: errno, remedy: "raise LimitNOFILE= of the unit")
    }
  }

  deinit { close(descriptor) }

  /// Wakes the waiting thread, or the next one that waits. Async-signal-safe.
  public func wake() {
    var one: UInt64 = 1
    // It fails only when the counter is full, and then the descriptor is readable anyway.
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Takes the wake-ups so far; whether there were any.
  public func drain() -> Bool {
    var count: UInt64 = 0
    return read(descriptor, &count, MemoryLayout<UInt64>.size) == MemoryLayout<UInt64>.size
  }
}
