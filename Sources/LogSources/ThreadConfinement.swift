import Glibc

/// The thread that an object belongs to, checked in debug builds.
///
/// sd-journal(3): only a single thread may operate on a journal object during its entire lifetime.
struct ThreadConfinement {
  #if DEBUG
    private let owner = pthread_self()
  #endif

  /// Stops the process when another thread than the owner calls.
  @inline(__always)
  func check() {
    #if DEBUG
      precondition(pthread_equal(owner, pthread_self()) != 0, "a journal is used by the one thread that opened it")
    #endif
  }
}
