import LogSources
import Synchronization

/// The reader's interest, which a reload exchanges while the reader runs.
final class SwitchingInterest: EntryInterest {
  private let router: Mutex<TableRouter>

  init(_ router: TableRouter) { self.router = Mutex(router) }

  func switchTo(_ next: TableRouter) { router.withLock { $0 = next } }

  func wants(identifier: UnsafeRawBufferPointer) -> Bool {
    router.withLock { $0 }.wants(identifier: identifier)
  }

  func wants(command: UnsafeRawBufferPointer) -> Bool { router.withLock { $0 }.wants(command: command) }
}
