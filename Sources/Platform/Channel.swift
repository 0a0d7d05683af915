import Glibc

/// A bounded queue between two threads: whoever is too fast waits.
///
/// Sendable, because everything that changes is touched only while the lock is held, and the lock orders memory between
/// the threads; elements are handed over whole, the sender keeps none. That discipline is the proof for `@unchecked`.
package final class Channel<Element>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var elements: [Element] = []
  private var isClosed = false
  private var isInterrupted = false
  private let capacity: Int

  package init(capacity: Int) {
    self.capacity = capacity
    lock = .allocate(capacity: 1)
    lock.initialize(to: pthread_mutex_t())
    pthread_mutex_init(lock, nil)
    changed = .allocate(capacity: 1)
    changed.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  /// Waits for room and puts the element in; false when the channel is closed.
  package func send(_ element: sending Element) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while elements.count >= capacity, !isClosed { pthread_cond_wait(changed, lock) }
    guard !isClosed else { return false }
    elements.append(element)
    pthread_cond_broadcast(changed)
    return true
  }

  /// Puts the element in when there is room.
  package func trySend(_ element: sending Element) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    guard elements.count < capacity, !isClosed else { return false }
    elements.append(element)
    pthread_cond_broadcast(changed)
    return true
  }

  package enum Received {
    case element(Element)
    case timedOut, closed
  }

  /// The next element; waits for one at most so long (for ever with nil). `closed` only when nothing is left.
  package func receive(timeoutMicroseconds timeout: UInt64? = nil) -> Received {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    if let timeout {
      let nanoseconds = UInt64(deadline.tv_nsec) + timeout % 1_000_000 * 1000
      deadline.tv_sec += time_t(timeout / 1_000_000 + nanoseconds / 1_000_000_000)
      deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
    }
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while elements.isEmpty, !isClosed {
      if isInterrupted {
        isInterrupted = false
        return .timedOut
      }
      if timeout == nil {
        pthread_cond_wait(changed, lock)
      } else if pthread_cond_timedwait(changed, lock, &deadline) == ETIMEDOUT, elements.isEmpty {
        return isClosed ? .closed : .timedOut
      }
    }
    guard !elements.isEmpty else { return .closed }
    let element = elements.removeFirst()
    pthread_cond_broadcast(changed)
    return .element(element)
  }

  /// Makes a waiting `receive` return as if its time were over.
  package func interrupt() {
    pthread_mutex_lock(lock)
    isInterrupted = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }

  /// No more is sent; what is in may still be received.
  package func close() {
    pthread_mutex_lock(lock)
    isClosed = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }
}
