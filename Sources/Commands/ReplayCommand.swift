import ArgumentParser
import AuditModel
import AuditTree
import Bridge
import Configuration
import Correlation
import Glibc
import LogSources

/// `mailtrail replay`: the events of stored journals and text logs, printed or written as a tree.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Read stored journals or text logs and print their events, or write an audit tree.",
    discussion:
      "Takes journalctl's options. Without --file, --directory, --namespace or --syslog-file it reads this machine's journal."
  )

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var journal: JournalOptions
  @OptionGroup var text: TextLogOptions
  @OptionGroup var events: EventOptions

  @Option(help: ArgumentHelp("Write an audit tree into this directory instead of printing.", valueName: "directory"))
  var outputDir: String?

  func run() throws {
    let configuration = try options.load()
    let request = try text.request(with: journal, since: events.since, until: events.until)
    let replay = try Replay(
      configuration: configuration, table: try configuration.loadTable(), calendar: try configuration.calendar())
    if let outputDir { try write(replay, request, configuration, to: outputDir) } else { try print(replay, request) }
    for notice in replay.notices { StandardError.write("mailtrail: \(notice.subject): \(notice.reason)") }
    if replay.pipeline.counts.refused > 0, !events.quiet {
      StandardError.write(
        "mailtrail: \(replay.pipeline.counts.refused) entries bear a mail daemon's identifier but do not come from it, "
          + "and were left out (rules.trusted-senders)")
    }
  }

  private func write(
    _ replay: Replay, _ request: SourceRequest, _ configuration: Configuration, to directory: String
  ) throws {
    guard directory != configuration.audit.directory else {
      throw ValidationError(
        "\(directory) is the live tree, which only the collector writes; give another directory")
    }
    try DirectoryLock.acquire(directory)
    let tree = try AuditTree(
      root: directory, mode: .bulk, calendar: try configuration.calendar(),
      hasTamperEvidence: configuration.audit.hasTamperEvidence)
    tree.skipsPresent = true
    var bar = ProgressBar(first: 0, last: 0, isHidden: true)
    if Terminal.standardError.isTerminal {
      let now = WallClock.now()
      var first: UInt64?
      replay.onProgress = { time in
        if first == nil {
          first = time
          bar = ProgressBar(first: time, last: min(request.until ?? now, now))
        }
        bar.advance(to: time)
      }
    }
    defer { bar.finish() }
    try replay.run(request, to: .tree(tree))
  }

  private func print(_ replay: Replay, _ request: SourceRequest) throws {
    let printer = EventPrinter(
      format: events.output ?? .short, usesColor: Terminal.standardOutput.usesColor, showsMailbox: true)
    let output = EventOutput(printer: printer, isPagerDisabled: events.noPager, jumpsToEnd: false)
    var filter = try events.filter()
    // The request has bounded the time by the journal's order, which knows better.
    (filter.since, filter.until) = (nil, nil)
    let chosen = filter
    var window = EventWindow(limit: events.limit, isReversed: events.reverse)
    try replay.run(
      request,
      to: .events { told in
        guard chosen.accepts(told.event) else { return true }
        return try window.pass(told.event) { try output.print($0) }
      })
    try window.finish { try output.print($0) }
    output.finish()
    if events.grep != nil, output.count == 0 { throw CommandFailure("") }
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

/// Events on their way to a pager, a terminal or a pipe.
final class EventOutput {
  private let printer: EventPrinter
  private let pager: Pager
  private var buffer: [UInt8]
  private(set) var count = 0

  init(printer: EventPrinter, isPagerDisabled: Bool, jumpsToEnd: Bool) {
    self.printer = printer
    pager = Pager(isDisabled: isPagerDisabled, jumpsToEnd: jumpsToEnd)
    buffer = printer.heading
  }

  /// False when nobody reads any more.
  func print(_ event: AuditEvent) throws -> Bool {
    printer.print(event, to: &buffer)
    count += 1
    guard buffer.count > 32_768 else { return true }
    return try flush()
  }

  func flush() throws -> Bool {
    defer { buffer.removeAll(keepingCapacity: true) }
    return try pager.write(buffer)
  }

  func finish() {
    _ = try? flush()
    pager.finish()
  }
}
