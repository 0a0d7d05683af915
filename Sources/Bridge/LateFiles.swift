import AuditModel
import Correlation
import LogSources

/// Tells the events of files that came late (durability 12, .github/DURABILITY.md).
///
/// Their entries are older than what was read, so they have a correlation of their own, which begins with the file: what
/// one event needs is in one file nearly always. What both record has the same id, and the tree keeps one.
struct LateFiles {
  private var path: String?
  private var pipeline: Pipeline?
  /// Logins that were in them, since the caller last took them.
  private var logins = LoginSightings()

  /// Whether more of a file is to come.
  var isWithinFile: Bool { pipeline != nil }

  /// What is younger than this at the end of a file may still be waiting, or be counted, in the main correlation too;
  /// that one records it.
  static let openEnd: UInt64 = 15 * 60_000_000

  /// Takes up a batch of a file; `make` gives a pipeline for a new file.
  mutating func process(
    _ batch: EntryBatch, newest: UInt64, _ make: () throws -> Pipeline
  ) rethrows -> [OwnedEvent] {
    if pipeline == nil || path != batch.lateFile {
      pipeline = try make()
      pipeline?.correlator.noteLogins()
    }
    path = batch.lateFile
    guard let pipeline else { return [] }
    pipeline.process(batch)
    if batch.isEndOfLateFile {
      if batch.newestTime > 0, batch.newestTime &+ Self.openEnd < newest { pipeline.correlator.finish() }
      self.pipeline = nil
    }
    logins.append(contentsOf: pipeline.correlator.drainLogins())
    return pipeline.correlator.drainEvents() + pipeline.takeGaps()
  }

  /// Hands out the logins and forgets them.
  mutating func takeLogins() -> LoginSightings {
    defer { logins = LoginSightings() }
    return logins
  }

  /// After a reload: the next batch is read by the new rules.
  mutating func forgetTable() { pipeline = nil }
}
