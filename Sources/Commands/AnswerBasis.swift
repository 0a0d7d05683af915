import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Bridge
import Configuration

/// What an answer about a trail rests on, for people: from when there are records, which ones, whether the collector
/// runs, where entries are missing. So that "nothing" is not taken for "it did not happen".
struct AnswerBasis {
  private let configuration: Configuration
  private let reader: TrailReader
  private let zone: DisplayZone

  init(_ configuration: Configuration, _ reader: TrailReader, zone: DisplayZone) {
    (self.configuration, self.reader, self.zone) = (configuration, reader, zone)
  }

  /// - Parameters:
  ///   - trail: whose beginning counts; for an answer out of all of them the collector's own, `_bridge`.
  ///   - gaps: those that touch the time that was asked for.
  ///   - filter: what was asked for.
  func remark(on trail: TrailPath, gaps: [AuditEvent], _ filter: EventFilter) throws -> String {
    // A tree without records of a collector's own was made by a replay, and the report is of another tree.
    let isCollected = try !reader.days(of: TrailPath(.bridge)).isEmpty
    var sentences: [String] = []
    // The collector's own records say nothing about a tree that has none.
    if isCollected || trail != TrailPath(.bridge) { sentences.append(try beginning(of: trail) + ", " + levels) }
    sentences.append(isCollected ? state : "No collector writes this tree.")
    if let unrecorded = unrecorded(filter.kinds), isCollected { sentences.append(unrecorded) }
    sentences.append(count(gaps))
    if let removed = try removed(since: filter.since), isCollected { sentences.append(removed) }
    let text = "-- " + TerminalText.safe(sentences.joined(separator: " ").utf8)
    return FoldedText.folded(text, width: Terminal.standardOutput.width, indent: 3)
  }

  private func time(_ microseconds: UInt64) -> String { LocalClock.text(microseconds, isISO: false, zone: zone) }

  private func beginning(of trail: TrailPath) throws -> String {
    var first: UInt64?
    let decoder = RecordDecoder()
    try reader.forEachLine(of: trail) { line in
      first = decoder.identity(of: line.bytes)?.time
      return first == nil
    }
    return first.map { "Recorded since " + time($0) } ?? "Nothing was recorded yet"
  }

  private var levels: String {
    let level = configuration.audit.level
    return level == .lowest ? "all levels." : "level \(level.rawValue) and above."
  }

  /// Of which kinds the configuration records nothing: of those that were asked for all, else those that are switched off.
  private func unrecorded(_ kinds: KindFilter) -> String? {
    let audit = configuration.audit
    guard audit.isEnabled else { return "Nothing is recorded: audit.enabled is false." }
    let missing = EventKind.allCases.filter { kind in
      guard kinds.accepts(kind) else { return false }
      return audit.level(of: kind).map { kinds.isAskingForKinds && $0 < audit.level } ?? true
    }
    guard !missing.isEmpty else { return nil }
    let names = missing.prefix(Self.shownKinds).map(\.name.description).joined(separator: ", ")
    let more = missing.count > Self.shownKinds ? " and \(missing.count - Self.shownKinds) more" : ""
    return "Not recorded here: \(names)\(more) (audit.level, audit.kinds)."
  }

  private static let shownKinds = 4

  private var state: String {
    let status: CollectorStatus
    do { status = try CollectorStatus.read(from: configuration.state.directory) } catch {
      return "Whether the collector runs is not known: \(error)."
    }
    let read = status.newestEntry == 0 ? "nothing" : "up to " + time(status.newestEntry)
    guard status.isRunning(in: configuration.state.directory) else {
      return "The collector does not run; it has read \(read), and nothing since."
    }
    if !status.lastError.isEmpty { return "The collector, which has read \(read), waits: \(status.lastError)." }
    return status.isCaughtUp ? "The collector runs." : "The collector is behind: it has read \(read)."
  }

  private func count(_ gaps: [AuditEvent]) -> String {
    guard !gaps.isEmpty else { return "No gap is known in this time." }
    let shown = gaps.suffix(Self.shownGaps).map { gap in
      let bounds = RecordedGaps.bounds(of: gap)
      switch (bounds.from, bounds.to) {
      case (let from?, let to?): return time(from) + " to " + time(to)
      case (let from?, nil): return "since " + time(from)
      case (nil, let to?): return "until " + time(to)
      case (nil, nil): return "about " + time(gap.time)
      }
    }
    let more = gaps.count > shown.count ? "; and earlier ones" : ""
    return (gaps.count == 1 ? "Entries are missing: " : "Entries are missing, \(gaps.count) times: ")
      + shown.reversed().joined(separator: "; ") + more + "."
  }

  private static let shownGaps = 3

  private func removed(since: UInt64?) throws -> String? {
    guard let day = try configuration.firstKept() else { return nil }
    let calendar = try configuration.calendar()
    let start = calendar.end(of: Day(number: day.number - 1))
    guard since.map({ $0 < start }) ?? true else { return nil }
    return "What is older than \(time(start)) was removed (audit.retention)."
  }
}
