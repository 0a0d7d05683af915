import AuditFiles
import AuditReading
import LogSources

/// A seal as the system journal has it: an entry with the identifier `mailtrail`, whose message says all.
///
/// The message is read, not the fields beside it: a journal reader of ours keeps only those that journald writes.
package struct SealAnnouncement: Sendable, Hashable {
  /// The audit directory that was sealed.
  package var directory: String
  package var seal: AnnouncedSeal
  private var files: Int

  package static let identifier = "mailtrail"

  init(_ seal: Seal, directory: String) {
    self.directory = directory
    self.seal = AnnouncedSeal(number: seal.number, root: seal.root, previous: seal.previous, time: seal.time)
    files = seal.files
  }

  var message: String {
    "seal \(seal.number), root \(seal.root), previous \(seal.previous), of \(files) day files in \(directory)"
  }

  /// Reads a message; nil for every other text.
  init?(message: String, time: UInt64) {
    let words = message.split(separator: " ", maxSplits: 11, omittingEmptySubsequences: false).map(String.init)
    guard words.count == 12, let number = UInt64(words[1].dropLast()), let files = Int(words[7]),
      let root = ChainHash(hexadecimal: words[3].dropLast().utf8),
      let previous = ChainHash(hexadecimal: words[5].dropLast().utf8)
    else { return nil }
    (directory, self.files) = (words[11], files)
    seal = AnnouncedSeal(number: number, root: root, previous: previous, time: time)
    guard self.message == message else { return nil }
  }

  /// Reads the announcements that a journal has, and the time of its oldest entry of mailtrail; nil for an empty one.
  ///
  /// Only entries of the given users count, and root's: anybody may use the identifier.
  ///
  /// - Throws: `JournalError` when the journal cannot be read.
  package static func read(
    _ request: JournalRequest, trusting users: Set<UInt32>
  ) throws -> (announcements: [SealAnnouncement], oldestEntry: UInt64?) {
    var first = request
    first.filter = EntryFilter()
    let anything = try JournalReader(first)
    let batch = EntryBatch()
    _ = try anything.read(into: batch, limit: 1)
    let oldest = batch.entries.first?.realtime
    var request = request
    request.filter = EntryFilter(identifiers: [identifier])
    let reader = try JournalReader(request)
    var found: [SealAnnouncement] = []
    while true {
      let outcome = try reader.read(into: batch, limit: 1024)
      for entry in batch.entries where entry.uid == 0 || users.contains(entry.uid) {
        if let one = SealAnnouncement(message: batch.text(of: entry.message), time: entry.realtime) {
          found.append(one)
        }
      }
      if outcome == .end { return (found, oldest) }
    }
  }
}
