import AuditFiles
import Configuration
import LogSources
import RuleTable

/// Who logged under the daemons' identifiers and was not believed, for `mailtrail doctor`.
package struct SenderSurvey {
  /// Entries of one sender.
  package struct Sender: Hashable, Sendable {
    package var isRefused: Bool
    /// `_UID`; nil where the entry has none.
    package var uid: UInt32?
    package var identifier: String
    package var unit: String
    package var executable: String
    /// Whether the entry is this machine's own.
    package var isLocal: Bool
  }

  package private(set) var counts: [Sender: Int] = [:]
  /// Entries of more senders than are counted apart.
  package private(set) var others = 0
  private static let maximumSenders = 100

  /// Reads a range of the journal as the collector reads it.
  ///
  /// - Throws: `JournalError`, or what a configuration's files throw.
  package init(of request: SourceRequest, _ configuration: Configuration, _ table: CompiledTable) throws {
    let replay = try Replay(configuration: configuration, table: table, calendar: .utc)
    let users = HostUsers(configuration.rules)
    var (counts, others): ([Sender: Int], Int) = ([:], 0)
    replay.pipeline.onLeftOut = { entry, batch, isRefused in
      let sender = Sender(
        isRefused: isRefused, uid: entry.uid == .max ? nil : entry.uid, identifier: batch.text(of: entry.identifier),
        unit: batch.text(of: entry.unit), executable: batch.text(of: entry.executable),
        isLocal: users.isHost(of: entry))
      if counts[sender] != nil || counts.count < Self.maximumSenders {
        counts[sender, default: 0] += 1
      } else {
        others += 1
      }
    }
    try replay.run(request, to: .events { _ in true })
    (self.counts, self.others) = (counts, others)
  }
}
