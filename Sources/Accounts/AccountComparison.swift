import Configuration
import Platform

/// One run: compares each file with what the run before saw of it, and reports what became of the accounts, once.
///
/// The order makes it exactly once. What will be reported is saved together with the new snapshots before the first
/// report is sent; a run that was cut off leaves it pending, and the next one sends what the journal does not have.
package struct AccountComparison<Channel: ReportChannel> {
  private let channel: Channel
  private let save: (AccountState) throws -> Void
  /// The line that reports a change; its last argument makes it unlike every other.
  private let message: (AccountChange, _ file: Configuration.AccountFile, _ identity: String) throws -> String
  private let mailbox: ([UInt8]) -> [UInt8]?
  private let now: UInt64

  /// What a run has to say besides its reports.
  package struct Result: Equatable {
    package var state: AccountState
    /// How many reports were sent.
    package var reported = 0
    /// Files that were seen for the first time, with the number of their accounts.
    package var firstSeen: [(path: String, count: Int)] = []
    /// Files whose accounts were not compared, or not all, and why.
    package var problems: [String] = []

    package static func == (left: Self, right: Self) -> Bool {
      left.state == right.state && left.reported == right.reported && left.problems == right.problems
        && left.firstSeen.map(\.path) == right.firstSeen.map(\.path)
    }
  }

  /// - Parameters:
  ///   - mailbox: the canonical address of a name; nil for what is no mailbox.
  package init(
    channel: Channel, now: UInt64, mailbox: @escaping ([UInt8]) -> [UInt8]?,
    save: @escaping (AccountState) throws -> Void,
    message: @escaping (AccountChange, Configuration.AccountFile, _ identity: String) throws -> String
  ) {
    self.channel = channel
    self.now = now
    self.mailbox = mailbox
    self.save = save
    self.message = message
  }

  /// - Parameters:
  ///   - files: each with its content, or why it cannot be read.
  ///   - acceptsEmpty: whether a file that had accounts may have none.
  package func run(
    _ state: AccountState, files: [(file: Configuration.AccountFile, content: Swift.Result<[UInt8], any Error>)],
    acceptsEmpty: Bool
  ) throws -> Result {
    var result = Result(state: state)
    try sendPending(&result)
    for (file, content) in files {
      switch content {
      case .failure(let error): result.problems.append("\(error)")
      case .success(let text): try compare(file, text, acceptsEmpty: acceptsEmpty, &result)
      }
    }
    // A file that is no longer compared is forgotten: what happens to it meanwhile is not known.
    result.state.snapshots = result.state.snapshots.filter { path, _ in files.contains { $0.file.path == path } }
    guard result.state != state || !result.state.pending.isEmpty else { return result }
    result.state.pendingSince = result.state.pending.isEmpty ? 0 : now
    try save(result.state)
    try sendPending(&result)
    return result
  }

  private func compare(
    _ file: Configuration.AccountFile, _ text: [UInt8], acceptsEmpty: Bool, _ result: inout Result
  ) throws {
    let mailbox = { (name: [UInt8]) -> [UInt8]? in
      if name.first == AccountListing.at { return name }
      guard !name.contains(AccountListing.at), let domain = file.domain else { return self.mailbox(name) }
      return self.mailbox(name + [AccountListing.at] + Array(domain.utf8))
    }
    let listing = AccountListing(text, file.format, isMailbox: { mailbox($0) != nil })
    if let first = listing.unreadLines.first {
      result.problems.append(
        "\(file.path):\(first): no account (\(listing.unreadLines.count) such lines); is the format \(file.format.rawValue)?"
      )
    }
    let snapshot = AccountSnapshot(of: listing, file.format, key: result.state.key)
    guard let old = result.state.snapshots[file.path], old.format == file.format else {
      // A file of another format is not taken for a list, of whatever it has in it.
      guard listing.unreadLines.count <= listing.accounts.count / 10 else { return }
      result.firstSeen.append((file.path, snapshot.accounts.count))
      result.state.snapshots[file.path] = snapshot
      return
    }
    if snapshot.accounts.isEmpty, !old.accounts.isEmpty, !acceptsEmpty {
      result.problems.append(
        "\(file.path): all \(old.accounts.count) accounts are gone, which is not reported: a file is empty while it is "
          + "written anew; if they were deleted, run ‘mailtrail accounts --accept-empty’")
      return
    }
    for change in AccountChange.between(old, and: snapshot, listing: listing, mailbox: mailbox) {
      let identity = AccountState.hexadecimal(UInt64.random(in: 0 ... .max))
      result.state.pending.append(try message(change, file, identity))
    }
    result.state.snapshots[file.path] = snapshot
  }

  private func sendPending(_ result: inout Result) throws {
    guard !result.state.pending.isEmpty else { return }
    // An hour earlier: the clock may have been set back meanwhile.
    let start = result.state.pendingSince
    let sent = try channel.sent(since: start - min(start, TimeSpan.hour))
    let missing = result.state.pending.filter { !sent.contains($0) }
    try channel.send(missing)
    result.reported += missing.count
    result.state.pending = []
    result.state.pendingSince = 0
    try save(result.state)
  }
}

/// Where reports go: the system journal.
package protocol ReportChannel {
  /// Sends messages, and returns when all are kept.
  func send(_ messages: [String]) throws
  /// The messages that are kept, from a moment on, microseconds since 1970.
  func sent(since: UInt64) throws -> Set<String>
}
