import Accounts
import ArgumentParser
import AuditModel
import Bridge
import Configuration
import Glibc
import Platform

/// `mailtrail accounts`: what became of the accounts that files list, for servers on which nothing logs it.
struct AccountsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accounts",
    abstract: "Compare the files that list accounts with the last run, and record what became of the accounts.",
    discussion: """
      Reads the files that ‘accounts’ in mailtrail.yaml(5) names, and reports accounts that came, went or changed, and \
      forwarders, as ‘mailtrail record’ does. The first run reports nothing. mailtrail-accounts.timer runs it each minute.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Report also that all accounts of a file are gone.")
  var acceptEmpty = false

  @Flag(name: [.short, .long], help: "Print problems only.")
  var quiet = false

  private static let stateName = "state"
  private static let stampsName = "compared"
  private static let fileLimit = 256 << 20

  func run() throws {
    let configuration = try options.load()
    guard !configuration.accounts.isEmpty else {
      throw CommandFailure(
        "mailtrail: no file of accounts is configured; name them in ‘accounts’ of mailtrail.yaml(5), as in "
          + "‘- {path: /etc/dovecot/users, format: passwd}’")
    }
    guard geteuid() == 0 else {
      throw CommandFailure("mailtrail: accounts were not compared: only root's reports count; run it with sudo(8)")
    }
    // Apart from the collector's, whose user must not choose where root writes.
    var path = configuration.state.directory
    while path.hasSuffix("/") { path.removeLast() }
    path += "-accounts"
    umask(0o077)
    try DirectoryLock.acquire(path)
    let directory = try Directory.open(path)
    let stamps = Self.stamps(of: configuration.accounts)
    if let stamps, !acceptEmpty, try Self.areCompared(stamps, path) { return }
    let naming = try MailboxNaming(configuration.mailboxes)
    let comparison = AccountComparison(
      channel: JournalReports(), now: SystemClock.realtime(), mailbox: { naming.mailbox(of: AccountName($0))?.bytes },
      save: { try Self.save($0, directory) },
      message: Self.message)
    let contents = configuration.accounts.map { file in
      (file, Result { try Self.content(of: file.path) })
    }
    let result = try comparison.run(try Self.state(path), files: contents, acceptsEmpty: acceptEmpty)
    if let stamps, result.problems.isEmpty {
      try directory.replace(Self.stampsName, with: stamps, mode: 0o600, isDurable: false)
    }
    try report(result)
  }

  /// What the files are known by, before they are read; nil where one is not there.
  private static func stamps(of files: [Configuration.AccountFile]) -> [UInt8]? {
    var lines = ""
    for file in files {
      guard let stamp = FileStamp.stamp(of: file.path) else { return nil }
      lines += "\(stamp) \(file.format.rawValue) \(file.path)\n"
    }
    return Array(lines.utf8)
  }

  /// Whether the last run compared these files as they are: a great one is not read each minute.
  private static func areCompared(_ stamps: [UInt8], _ path: String) throws -> Bool {
    let isBegun = FileStamp.stamp(of: path + "/" + stateName) != nil
    return try isBegun && InputFile.contentsIfPresent(of: path + "/" + stampsName) == stamps
  }

  private func report(_ result: AccountComparison<JournalReports>.Result) throws {
    if !quiet {
      for (path, count) in result.firstSeen {
        print("\(path): \(count) account\(count == 1 ? "" : "s"); changes are recorded from now on")
      }
      if result.reported > 0 { print("\(result.reported) change\(result.reported == 1 ? "" : "s") recorded") }
    }
    for problem in result.problems { StandardError.log.warning(problem) }
    if !result.problems.isEmpty { throw ExitCode(1) }
  }

  /// A file that is being written has a part of its accounts.
  private static func content(of path: String) throws -> [UInt8] {
    try SettledFile.contents(of: path, limit: fileLimit, quiet: 2_000_000, patience: 10_000_000)
  }

  private static func state(_ path: String) throws -> AccountState {
    guard let bytes = try InputFile.contentsIfPresent(of: path + "/" + stateName) else { return .new() }
    guard let state = AccountState(text: String(decoding: bytes, as: UTF8.self)) else {
      throw CommandFailure(
        "mailtrail: accounts were not compared: \(path)/\(stateName) is damaged or of a newer version; without it the "
          + "next run begins anew, and reports nothing of what changed until then")
    }
    return state
  }

  private static func save(_ state: AccountState, _ directory: Directory) throws {
    try directory.replace(stateName, with: Array(state.text.utf8), mode: 0o600)
  }

  /// How a change is reported: nobody knows who made it, and the file is the evidence.
  private static func message(
    _ change: AccountChange, _ file: Configuration.AccountFile, identity: String
  ) -> String {
    let account = String(decoding: change.account, as: UTF8.self)
    let isMailbox = !account.hasPrefix("@")
    var members = isMailbox ? [("mailbox", account)] : []
    members += [
      ("actor", "unknown"), ("service", "system"), ("reason", "seen in " + file.path), ("report", identity),
    ]
    if let text = change.change { members.append(("change", isMailbox ? text : account + " " + text)) }
    if change.kind == .accountSuspended || change.kind == .accountResumed { members.append(("scope", "login")) }
    if file.format == .virtual { members.append(("if", "known")) }
    return ReportedOperation.message(change.kind, members)
  }
}

/// The system journal as the place where reports go.
struct JournalReports: ReportChannel {
  func send(_ messages: [String]) throws {
    if let reason = try ReportedOperation.send(messages, patience: ReportedOperation.patience).failure {
      throw CommandFailure("mailtrail: changes were not recorded, the next run tries it again: \(reason)")
    }
  }

  func sent(since: UInt64) throws -> Set<String> { try ReportedOperation.messages(since: since) }
}
