import Glibc

/// Waits for the descriptors of several streams' journals, and for those that end the wait.
struct JournalWaiting {
  let wakeDescriptor: WakeDescriptor?
  /// Another source's descriptor; -1 for none.
  var companionDescriptor: Int32 = -1

  init(wakeDescriptor: WakeDescriptor?) { self.wakeDescriptor = wakeDescriptor }

  /// Whether the wake-up descriptor was written to; it is not any more then.
  func drainWakeUps() -> Bool { wakeDescriptor?.drain() ?? false }

  var isCompanionReady: Bool {
    guard companionDescriptor >= 0 else { return false }
    var descriptor = pollfd(fd: companionDescriptor, events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&descriptor, 1, 0) > 0
  }

  /// Waits until one of the descriptors is ready, at most so long; nil waits for ever.
  func poll(_ streams: [JournalStream], microseconds: UInt64?) throws(JournalError) -> Bool {
    var descriptors = streams.filter { !$0.isUnwatched && $0.handle.descriptor >= 0 }.map {
      pollfd(fd: $0.handle.descriptor, events: Int16(POLLIN), revents: 0)
    }
    for other in [wakeDescriptor?.descriptor ?? -1, companionDescriptor] where other >= 0 {
      descriptors.append(pollfd(fd: other, events: Int16(POLLIN), revents: 0))
    }
    // Rounded up, so that a wait that is nearly over does not turn into a busy loop.
    let milliseconds = microseconds.map { Int32(clamping: ($0 / 1_000) + ($0 % 1_000 == 0 ? 0 : 1)) } ?? -1
    let result = Glibc.poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    if result < 0 && errno != EINTR {
      throw JournalError(operation: "cannot wait for", subject: "the journal", code: errno)
    }
    return result > 0
  }
}
