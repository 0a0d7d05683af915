import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditWriting
import Bridge
import Configuration
import Correlation
import Glibc
import LogSources
import Platform

/// `mailtrail replay`: the events of stored journals and text logs, printed or written as a tree.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Read stored journals or text logs and print their events, or write an audit tree.",
    discussion:
      "Has the options of journalctl. Without --file, --directory, --namespace or --syslog-file it reads this machine's journal."
  )

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var journal: JournalOptions
  @OptionGroup var text: TextLogOptions
  @OptionGroup var events: EventOptions

  @Option(help: ArgumentHelp("Write an audit tree into this directory instead of printing.", valueName: "directory"))
  var outputDir: String?

  @Option(
    help: ArgumentHelp(
      "The number of threads that read the journal in parallel; two by default.", valueName: "number"))
  var readers: Int?

  @Flag(help: "List who logged as a mail daemon and was not believed instead of the events.")
  var refused = false

  func validate() throws {
    if refused, outputDir != nil { throw ValidationError("--refused writes no tree; leave --output-dir out") }
    if let readers, !(1...64).contains(readers) { throw ValidationError("--readers takes a number from 1 to 64.") }
  }

  func run() throws {
    let configuration = try options.load()
    if let outputDir, Self.isSame(outputDir, configuration.audit.directory) { return try addToLiveTree(configuration) }
    let request = try text.request(with: journal, since: events.since, until: events.until)
    if refused { return try printLeftOut(request, configuration) }
    let replay = try Replay(
      configuration: configuration, table: try configuration.loadTable(), calendar: try configuration.calendar())
    replay.readers = readers
    if let outputDir { try write(replay, request, configuration, to: outputDir) } else { try print(replay, request) }
    report(replay.notices, replay.pipeline.counts)
  }

  private func printLeftOut(_ request: SourceRequest, _ configuration: Configuration) throws {
    let report = LeftOutReport(try SenderSurvey(of: request, configuration, try configuration.loadTable()))
    for line in events.output == .json ? report.json : report.lines { Swift.print(line) }
  }

  private func report(_ notices: [SourceNotice], _ counts: Pipeline.Counts) {
    for notice in notices { StandardError.write("mailtrail: \(notice.subject): \(notice.reason)") }
    guard !events.quiet else { return }
    for remark in counts.remarks { StandardError.write("mailtrail: " + remark) }
    if counts.recognised + counts.unrecognised + counts.refused + counts.unprovable == 0 {
      StandardError.write("mailtrail: no entry of a mail daemon was found in what was read")
    }
  }

  private func write(
    _ replay: Replay, _ request: SourceRequest, _ configuration: Configuration, to directory: String
  ) throws {
    try DirectoryLock.acquire(directory)
    let tree = try AuditTree(
      root: directory, mode: .bulk, calendar: try configuration.calendar(),
      hasTamperEvidence: configuration.audit.hasTamperEvidence)
    tree.skipsPresent = true
    let progress = ReplayProgress(until: request.until)
    replay.onProgress = progress.advance
    defer { progress.finish() }
    try replay.run(request, to: .tree(tree, try LoginTable(root: directory, isDurable: false)))
  }

  /// Adds what is missing to the tree that the collector writes.
  private func addToLiveTree(_ configuration: Configuration) throws {
    // What the collector reads is what is missing in its tree, unless another source is named.
    var request = try text.request(with: journal, since: events.since, until: events.until)
    if !journal.isChosen, text.syslogFile.isEmpty {
      let sources = SourceRequest(configuration.sources, follows: false)
      (request.journal, request.text) = (sources.journal, sources.text)
    }
    let backfill = try Backfill(configuration: configuration, table: try configuration.loadTable())
    backfill.readers = readers
    let progress = ReplayProgress(until: request.until)
    backfill.onProgress = progress.advance
    defer { progress.finish() }
    let outcome = try backfill.run(request)
    progress.finish()
    report(backfill.notices, backfill.counts)
    guard !events.quiet else { return }
    var text = "mailtrail: \(outcome.added) events were missing and are added, \(outcome.present) were there"
    if outcome.expired > 0 { text += ", \(outcome.expired) are older than audit.retention and left out" }
    if let end = outcome.end {
      text += "; no collector runs, and what is behind \(LocalClock.text(end, isISO: true)) the next one records itself"
    }
    StandardError.write(text)
  }

  private static func isSame(_ path: String, _ other: String) -> Bool {
    var (one, two) = (stat(), stat())
    guard stat(path, &one) == 0, stat(other, &two) == 0 else { return path == other }
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino
  }

  private func print(_ replay: Replay, _ request: SourceRequest) throws {
    let output = events.makeOutput(showsMailbox: true)
    var filter = try events.filter()
    // The request has bounded the time by the journal's order, which knows better.
    (filter.since, filter.until) = (nil, nil)
    let chosen = filter
    var window = EventWindow(limit: events.limit, isReversed: events.reverse)
    try replay.run(
      request,
      to: .events { owned in
        guard chosen.accepts(owned.event) else { return true }
        return try window.pass(owned.event) { try output.print($0) }
      })
    try window.finish { try output.print($0) }
    try output.finish()
    if events.grep != nil, output.count == 0 { throw CommandFailure("") }
  }
}

/// The progress bar of a replay; none where nobody looks.
final class ReplayProgress {
  private let until: UInt64?
  private var bar: ProgressBar?

  init(until: UInt64?) { self.until = until }

  func advance(to time: UInt64) {
    guard Terminal.standardError.isTerminal else { return }
    let now = SystemClock.realtime()
    if bar == nil { bar = ProgressBar(first: time, last: min(until ?? now, now)) }
    bar?.advance(to: time)
  }

  func finish() {
    bar?.finish()
    bar = nil
  }
}

/// Keeps back what `--lines` and `--reverse` need; passes everything else on at once.
struct EventWindow {
  let limit: Int?
  let isReversed: Bool
  private var kept: [AuditEvent] = []

  init(limit: Int?, isReversed: Bool) {
    self.limit = limit
    self.isReversed = isReversed
  }

  mutating func pass(_ event: AuditEvent, _ body: (AuditEvent) throws -> Bool) rethrows -> Bool {
    guard limit != nil || isReversed else { return try body(event) }
    kept.append(event)
    if let limit, kept.count >= 2 * limit + 1024 { kept.removeFirst(kept.count - limit) }
    return true
  }

  mutating func finish(_ body: (AuditEvent) throws -> Bool) rethrows {
    if let limit, kept.count > limit { kept.removeFirst(kept.count - limit) }
    for event in isReversed ? kept.reversed() : kept { guard try body(event) else { return } }
    kept = []
  }
}
