import AuditFiles
import Configuration
import LogSources
import RuleTable

/// Who logged under the daemons' identifiers and was not believed, and what containers wrote: for `mailtrail doctor`,
/// `status --refused` and `replay --refused`.
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

  /// What a container wrote, whoever believes it.
  package struct Container: Sendable {
    /// Lines that rules know.
    package var count = 0
    package var identifiers: Set<String> = []
    /// Whether `rules.containers` names it.
    package var isBelieved: Bool
  }

  /// What was left out of a sender.
  package struct Seen: Sendable {
    package var count = 0
    /// When the last of it was logged, microseconds since 1970.
    package var time: UInt64 = 0
    /// Its message, as far as it is short.
    package var message: [UInt8] = []
  }

  package private(set) var leftOut: [Sender: Seen] = [:]
  /// By name.
  package private(set) var containers: [String: Container] = [:]
  /// Entries of more senders than are counted apart: of all, and of one uid, whose user chooses programs and identifiers.
  package private(set) var others = 0
  private static let maximumSenders = 400
  private static let maximumSendersOfUser = 20
  private static let maximumContainers = 100
  private static let maximumIdentifiers = 20
  private static let maximumMessage = 200

  /// Reads a range of the journal as the collector reads it.
  ///
  /// - Parameter seeksContainers: whether all containers are read; what is left out is then without theirs.
  /// - Throws: `JournalError`, or what a configuration's files throw.
  package init(
    of request: SourceRequest, _ configuration: Configuration, _ table: CompiledTable, seeksContainers: Bool = false
  ) throws {
    var all = configuration
    if seeksContainers { all.rules.containers = ["*"] }
    let replay = try Replay(configuration: all, table: table, calendar: .utc)
    let users = HostUsers(configuration.rules)
    var (leftOut, others): ([Sender: Seen], Int) = ([:], 0)
    var sendersOfUser: [UInt32: Int] = [:]
    replay.pipeline.onLeftOut = { entry, batch, isRefused in
      let sender = Sender(
        isRefused: isRefused, uid: entry.uid == .max ? nil : entry.uid, identifier: batch.text(of: entry.identifier),
        unit: batch.text(of: entry.unit), executable: batch.text(of: entry.executable),
        isLocal: users.isHost(of: entry))
      if leftOut[sender] == nil {
        guard leftOut.count < Self.maximumSenders, sendersOfUser[entry.uid, default: 0] < Self.maximumSendersOfUser
        else {
          others += 1
          return
        }
        sendersOfUser[entry.uid, default: 0] += 1
      }
      var seen = leftOut[sender] ?? Seen()
      seen.count += 1
      seen.time = entry.realtime
      seen.message = batch.withBytes(of: entry.message) { Array($0.prefix(Self.maximumMessage)) }
      leftOut[sender] = seen
    }
    let believed = BelievedContainers(configuration.rules)
    var containers: [String: Container] = [:]
    replay.pipeline.onContained = { entry, batch in
      let name = batch.text(of: entry.containerName)
      guard containers[name] != nil || containers.count < Self.maximumContainers else { return }
      var one = containers[name] ?? Container(isBelieved: batch.withBytes(of: entry.containerName, believed.names(_:)))
      one.count += 1
      if one.identifiers.count < Self.maximumIdentifiers { one.identifiers.insert(batch.text(of: entry.identifier)) }
      containers[name] = one
    }
    try replay.run(request, to: .events { _ in true })
    (self.leftOut, self.others, self.containers) = (leftOut, others, containers)
  }
}
