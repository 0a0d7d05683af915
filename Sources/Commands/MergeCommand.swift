import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Bridge
import Configuration
import Platform

/// `mailtrail merge SOURCE TARGET`: moves a trail that was written under a wrong name into the right one.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Move the trail of a wrong mailbox name into that of the right one.",
    discussion: """
      For trails that were split: a domain was spelt in two ways, or default-domain was wrong. Correct the configuration \
      first, and stop the collector. Each record is then in the target once, with its id and time, and the source is \
      gone; a record in _bridge says so. A merge that was interrupted is finished by the same command.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Print how many records of each day would be moved, and change nothing.")
  var dryRun = false

  @Argument(help: "The trail that was written under a wrong name, or _local/USER, _panel/ACCOUNT.")
  var source: String

  @Argument(help: "The mailbox that it belongs to; it may have no trail yet.")
  var target: String

  func run() throws {
    let configuration = try options.load()
    let root = configuration.audit.directory
    let user = "\(try ReportingUser.name()) (as uid \(ProcessUser.real))"
    if !dryRun { try ProcessUser.become(ownerOf: root) }
    let lookup = try MailboxLookup(configuration, try TrailReader(root: root))
    let to = try mailbox(try lookup.subject(of: target))
    let from = try lookup.source(of: source, in: root)
    if from.trail == TrailPath(.mailbox(to)) {
      throw CommandFailure("mailtrail: ‘\(source)’ and ‘\(target)’ are the same trail, \(from.trail.directory)")
    }
    guard from.trail.child != nil else {
      throw CommandFailure("mailtrail: \(from.trail.directory) is of many and cannot be merged into one mailbox")
    }
    let isRest = try !lookup.hasTrail(from.trail)
    let isUnfinished = try TrailRemoval(root: root, trail: from.trail).isUnfinished()
    if isRest, !isUnfinished, try !lookup.hasLogins(from.trail) { throw try lookup.noTrail(of: from) }
    let merger = TrailMerger(
      configuration, source: from.trail, target: to, firstKept: try configuration.firstKept(), user: user,
      log: StandardError.log)
    let names = (
      TerminalText.safe(from.mailbox?.bytes ?? Array(from.trail.directory.utf8)), TerminalText.safe(to.bytes)
    )
    if dryRun {
      if isRest { return Swift.print("\(names.0) has no records; what else there is of it would be moved or removed") }
      return try print(merger.plan(), names)
    }
    for directory in [root, configuration.state.directory] { try DirectoryLock.acquire(directory) }
    let outcome = try merger.run(now: SystemClock.realtime())
    if isRest, !isUnfinished {
      return Swift.print("\(names.0) has no trail; what is known of its logins is that of \(names.1) now")
    }
    if isRest { return Swift.print("the trail of \(names.0), which an earlier merge had moved, is removed") }
    Swift.print(
      "\(Self.records(outcome.moved)) of \(names.0) moved to \(names.1), \(outcome.records - outcome.moved) were there "
        + "already; the trail of \(names.0) is removed")
  }

  private func mailbox(_ subject: MailboxLookup.Subject) throws -> MailboxAddress {
    guard let mailbox = subject.mailbox else {
      throw CommandFailure("mailtrail: ‘\(target)’ is no mailbox, and only a mailbox takes another trail's records")
    }
    return mailbox
  }

  private func print(_ plan: [TrailMerger.DayCount], _ names: (source: String, target: String)) {
    for count in plan {
      let day = count.day.civil
      let date = [day.month, day.day].map { $0 < 10 ? "0\($0)" : "\($0)" }
      Swift.print(
        "\(day.year)-\(date[0])-\(date[1]): \(Self.records(count.missing)) to move, \(count.present) already there")
    }
    let (missing, present) = plan.reduce(into: (0, 0)) { $0 = ($0.0 + $1.missing, $0.1 + $1.present) }
    Swift.print(
      "\(Self.records(missing)) of \(names.source) would be moved to \(names.target), \(present) are there already; "
        + "nothing was changed")
  }

  private static func records(_ count: Int) -> String { count == 1 ? "1 record" : "\(count) records" }
}
