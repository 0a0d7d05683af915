import Glibc

/// The thread that an object belongs to, checked in release builds too: at the entry points that others call, once for a
/// batch of entries, not for each.
///
/// sd-journal(3): only a single thread may operate on a journal object during its entire lifetime.
struct ThreadConfinement {
  private let owner = pthread_self()

  /// Stops the process when another thread than the owner calls.
  func check() {
    precondition(pthread_equal(owner, pthread_self()) != 0, "a journal is used by the one thread that opened it")
  }
}
