import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import Bridge
import Configuration
import LogSources
import Platform
import RuleTable

/// `--config` and `--set`, which every command takes.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .customLong("config"),
    help: ArgumentHelp("Read this file instead of \(Configuration.defaultPath).", valueName: "file"))
  var path: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set one key of the configuration, as in audit.level=1; may be repeated.", valueName: "key=value"))
  var overrides: [String] = []

  func load() throws -> Configuration { try Configuration.load(path: path, overrides: overrides) }
}

extension Configuration {
  /// The tables that this configuration asks for.
  func loadTable(extra: [String] = [], strictness: Strictness = .usual) throws -> CompiledTable {
    try RuleTables.load(
      directory: rules.directory, off: rules.off, tables: rules.tables.on + rules.tables.off, extra: extra,
      strictness: strictness)
  }

  func calendar() throws -> DayCalendar { try DayCalendar(audit.timeZone) }

  /// The first day that the retention keeps, as it counts: from the earlier of the clock and the newest entry.
  func firstKept() throws -> Day? {
    let status = try? CollectorStatus.read(from: state.directory)
    let now = SystemClock.realtime()
    let newest = status.map(\.newestEntry).flatMap { $0 > 0 ? $0 : nil } ?? now
    return try calendar().firstKept(now: now, newest: newest, retention: audit.retention.microseconds)
  }
}

/// Which journal entries to read, as journalctl(1) selects them.
struct JournalOptions: ParsableArguments {
  @Option(name: [.customShort("D"), .long], help: "Read the journal files of this directory; may be repeated.")
  var directory: [String] = []

  @Option(help: "Read this journal file; may be repeated.")
  var file: [String] = []

  @Option(help: "Read this journal namespace; may be repeated.")
  var namespace: [String] = []

  @Option(name: [.short, .long], help: "Read one boot: 0 is the last, -1 the one before, or its id.")
  var boot: String?

  @Option(name: [.short, .long], help: "Start at this cursor.")
  var cursor: String?

  @Option(help: "Start after this cursor.")
  var afterCursor: String?

  @Option(name: [.customShort("t"), .long], help: "Read entries with this SYSLOG_IDENTIFIER; may be repeated.")
  var identifier: [String] = []

  @Option(name: [.short, .long], help: "Read entries of this unit; may be repeated.")
  var unit: [String] = []

  func request(since: String?, until: String?) throws -> JournalRequest {
    var selection = JournalSelection(namespaces: namespace, directories: directory, files: file)
    selection.localMachine = !isChosen
    var request = JournalRequest(selection: selection, filter: EntryFilter(identifiers: identifier, units: unit))
    if let since { request.start = .since(try TimeExpression.microseconds(of: since)) }
    if let cursor { request.start = .at(try Self.parse(cursor)) }
    if let afterCursor { request.start = .afterCursor(try Self.parse(afterCursor)) }
    if let until { request.until = try TimeExpression.microseconds(of: until) }
    if let boot { request.boot = try Self.boot(boot) }
    return request
  }

  /// Whether a journal other than this machine's own is named.
  var isChosen: Bool { !(namespace.isEmpty && directory.isEmpty && file.isEmpty) }

  private static func parse(_ text: String) throws -> Cursor {
    guard let cursor = Cursor(text) else {
      throw ValidationError("‘\(text)’ is no cursor; journalctl --show-cursor prints whole ones")
    }
    return cursor
  }

  private static func boot(_ text: String) throws -> BootSelection {
    if let offset = Int(text) { return .offset(offset) }
    guard let id = ID128(text) else {
      throw ValidationError("‘\(text)’ is no boot; journalctl --list-boots lists them")
    }
    return .id(id)
  }
}

extension TextLogFormat: ExpressibleByArgument {}

/// Which text logs to read, instead of this machine's journal or besides the one that is named.
struct TextLogOptions: ParsableArguments {
  @Option(
    name: .customLong("syslog-file"),
    help: ArgumentHelp(
      "Read this text log, plain or compressed by gzip, xz or zstd; - is standard input; may be repeated.",
      valueName: "file"))
  var syslogFile: [String] = []

  @Option(
    help: ArgumentHelp(
      "The format of the text logs; detected by default: \(TextLogFormat.names).", valueName: "format"))
  var format: TextLogFormat?

  @Argument(help: ArgumentHelp("More text logs after --syslog-file, for shell patterns.", valueName: "file"))
  var moreFiles: [String] = []

  mutating func validate() throws {
    guard syslogFile.isEmpty else { return }
    if let first = moreFiles.first {
      throw ValidationError("‘\(first)’ belongs to no option; text logs are given with --syslog-file")
    }
    if format != nil { throw ValidationError("--format goes with --syslog-file") }
  }

  /// What both options ask for.
  func request(with journal: JournalOptions, since: String?, until: String?) throws -> SourceRequest {
    let asked = try journal.request(since: since, until: until)
    let readsJournal = syslogFile.isEmpty || journal.isChosen
    if !readsJournal, asked.boot != nil || journal.cursor != nil || journal.afterCursor != nil || !journal.unit.isEmpty
    {
      throw ValidationError("text logs have no boots, cursors and units; -S, -U and -t select from them")
    }
    return SourceRequest(
      journal: readsJournal ? asked.selection : nil,
      text: TextLogRequest(files: syslogFile + moreFiles, format: format),
      start: asked.start, until: asked.until, boot: asked.boot, filter: asked.filter)
  }
}

/// Which events to print, and how.
struct EventOptions: ParsableArguments {
  @Option(name: [.customShort("S"), .long], help: "Show events at or after this time (systemd.time(7)).")
  var since: String?

  @Option(name: [.customShort("U"), .long], help: "Show events at or before this time.")
  var until: String?

  @Option(name: [.short, .long], help: "short, short-iso, verbose, json, json-pretty or csv.")
  var output: OutputFormat?

  @Flag(help: "Show times in UTC.")
  var utc = false

  @Option(
    name: [.customShort("k"), .long],
    help:
      "Show events of these kinds: login, message.*, login.failed,logout, or !login for all others; may be repeated.",
    completion: .list(EventKind.allCases.map(\.name.description)))
  var kind: [String] = []

  @Option(help: "Show events from this address or network (192.0.2.0/24); may be repeated.")
  var ip: [String] = []

  @Option(
    help: "Show events of this service: imap, pop3, submission …; may be repeated.",
    completion: .list(ServiceName.all))
  var service: [String] = []

  @Option(
    help: "Show events of this level and above: 1, 3, 5 or 10.",
    completion: .list(Level.allCases.map { String($0.rawValue) }))
  var level: UInt8?

  @Option(name: [.short, .long], help: "Show events with this text in one of their values, without regard to case.")
  var grep: String?

  @Option(name: [.customShort("n"), .customLong("lines")], help: "Show the most recent events; 10 without a number.")
  var lines: String?

  @Flag(name: [.short, .long], help: "Show the newest event first.")
  var reverse = false

  @Flag(name: [.customShort("e"), .long], help: "Show the end first in the pager.")
  var pagerEnd = false

  @Flag(help: "Do not pipe the output into a pager.")
  var noPager = false

  @Flag(name: [.short, .long], help: "Suppress headings and hints.")
  var quiet = false

  mutating func validate() throws {
    for pattern in KindFilter.patterns(in: kind) where !KindFilter.fitsAny(pattern) {
      throw ValidationError(Self.unknownKind(pattern))
    }
    service = service.map { $0.lowercased() }
    for name in service where !ServiceName.all.contains(name) {
      throw ValidationError(
        Suggestion.unknown("service", name, among: ServiceName.all) + "there are "
          + ServiceName.all.joined(separator: ", "))
    }
    for text in ip where AddressFilter(text) == nil {
      throw ValidationError("‘\(text)’ is no address and no network; as in 192.0.2.7, 2001:db8::7 or 192.0.2.0/24")
    }
    if let level, Level(rawValue: level) == nil {
      throw ValidationError("there is no level \(level); use 1, 3, 5 or 10")
    }
    if let lines, lines != "all", !lines.allSatisfy(\.isNumber) || lines.isEmpty || !lines.utf8.allSatisfy({ $0 < 128 })
    {
      throw ValidationError("‘\(lines)’ is no number of lines")
    }
  }

  private static func unknownKind(_ pattern: String) -> String {
    let name = pattern.hasPrefix("!") ? String(pattern.dropFirst()) : pattern
    let names = EventKind.allCases.map(\.name.description)
    let families = names.compactMap { $0.split(separator: ".").first.map(String.init) }
    return Suggestion.unknown("kind", name, among: names + Set(families).sorted()) + "mailtrail-events(7) lists them"
  }

  func filter() throws -> EventFilter {
    let filter = EventFilter(
      since: try since.map { try TimeExpression.microseconds(of: $0) },
      until: try until.map { try TimeExpression.microseconds(of: $0) },
      kinds: KindFilter(KindFilter.patterns(in: kind)),
      addresses: ip.compactMap { AddressFilter($0) }, services: service.map { Array($0.utf8) },
      level: level.flatMap(Level.init), text: grep.map(Self.folded))
    if let start = filter.since, let end = filter.until, start > end {
      throw ValidationError(
        "--since (\(LocalClock.text(start, isISO: true))) is later than --until (\(LocalClock.text(end, isISO: true)))")
    }
    return filter
  }

  /// Only ASCII letters are folded, as in the values: those are bytes, not necessarily UTF-8.
  private static func folded(_ text: String) -> [UInt8] { text.utf8.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 } }

  /// nil for all: more than a memory holds is all, too.
  var limit: Int? { lines.flatMap { UInt32($0) }.map(Int.init) }
}

extension OutputFormat: ExpressibleByArgument {}

extension CompletionKind {
  /// The mailboxes that have a trail. Shells expand what they are to complete, and strangers choose names: those that a
  /// shell could take for more than a name are not completed.
  static let mailbox = CompletionKind.shellCommand(
    "mailtrail mailboxes --all 2>/dev/null | grep -xE '[A-Za-z0-9@._+/-]+'")
}
