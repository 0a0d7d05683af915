import LogSources
import Synchronization

/// The reader's interest, which a reload exchanges while the reader runs.
final class SwitchingInterest: EntryInterest {
  private let recognizer: Mutex<EntryRecognizer>

  init(_ recognizer: EntryRecognizer) { self.recognizer = Mutex(recognizer) }

  func switchTo(_ next: EntryRecognizer) { recognizer.withLock { $0 = next } }

  func wants(identifier: UnsafeRawBufferPointer) -> Bool {
    recognizer.withLock { $0 }.wants(identifier: identifier)
  }

  func wants(command: UnsafeRawBufferPointer) -> Bool { recognizer.withLock { $0 }.wants(command: command) }

  func keeps(_ entry: inout JournalEntry, in batch: EntryBatch) -> Bool {
    recognizer.withLock { $0 }.keeps(&entry, in: batch)
  }
}
