import LogSources
import Platform
import TestSupport
import Testing

@testable import Bridge

@Suite struct SourceThreadTests {
  /// Hangs at the first entry until it is let go.
  private final class HangingInterest: EntryInterest {
    let entered = Channel<Void>(capacity: 1)
    let release = Channel<Void>(capacity: 1)

    func wants(identifier: UnsafeRawBufferPointer) -> Bool {
      _ = entered.trySend(())
      _ = release.receive()
      return true
    }

    func wants(command: UnsafeRawBufferPointer) -> Bool { true }
  }

  @Test("durability 29: how long a reader hangs is known outside of it") func aReaderThatHangs() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let directory = temporary.path
    var journal = TestJournal()
    journal.addTraffic(sessions: 2, mailboxes: 2)
    try JournalFile.append(journal.text, to: directory + "/system.journal")
    let request = SourceRequest(journal: JournalSelection(files: [directory + "/system.journal"]))
    let interest = HangingInterest()
    let thread = try SourceThread()
    #expect(thread.readingTime == 0)
    thread.start(request, interest: interest)
    _ = interest.entered.receive()
    let first = thread.readingTime
    let clock = ContinuousClock()
    let start = clock.now
    while clock.now - start < .milliseconds(2) {}
    #expect(thread.readingTime >= first + 2_000)
    interest.release.close()
    guard case .element(.batch(let batch, _, _, _)) = thread.messages.receive() else {
      Issue.record("no batch came")
      return
    }
    #expect(batch.examinedCount > 0)
    thread.stop()
    #expect(thread.readingTime == 0)
  }

  @Test func aReadingOfMoreThanAMinuteIsTrouble() {
    #expect(JournalInput.timeoutError(ofReadingFor: 59_000_000) == nil)
    #expect(JournalInput.timeoutError(ofReadingFor: 61_000_000)?.contains("journalctl --verify") == true)
  }
}
