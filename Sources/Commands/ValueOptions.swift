import ArgumentParser
import AuditFiles
import AuditModel
import AuditReading
import Platform

/// Which events to show, by their values and around a time: options of `show` and `search`.
struct ValueOptions: ParsableArguments {
  @Option(help: "Show events of this actor: owner, admin, delegate, system, sender or a name; may be repeated.")
  var actor: [String] = []

  @Option(help: "Show events with this sender; @example.org is all of the domain; may be repeated.")
  var sender: [String] = []

  @Option(help: "Show events with this recipient; @example.org is all of the domain; may be repeated.")
  var recipient: [String] = []

  @Option(help: "Show events in, from or to this folder; may be repeated.")
  var folder: [String] = []

  @Option(
    name: .customLong("message-id"), help: "Show events of this message, with or without <>; may be repeated.")
  var messageID: [String] = []

  @Option(help: "Show events with this outcome: success, failure, denied or unknown; may be repeated.")
  var outcome: [String] = []

  @Option(help: ArgumentHelp("Show what happened around this time, or around this event.", valueName: "time|id"))
  var around: String?

  @Option(help: ArgumentHelp("With --around, how far before and after it; 5min by default.", valueName: "span"))
  var within: String?

  static let outcomes = ["success", "failure", "denied", "unknown"]

  mutating func validate() throws {
    outcome = outcome.map { $0.lowercased() }
    for name in outcome where !Self.outcomes.contains(name) {
      throw ValidationError(
        Suggestion.unknown("outcome", name, among: Self.outcomes) + "there are "
          + Self.outcomes.joined(separator: ", "))
    }
    let texts = [
      ("actor", actor), ("sender", sender), ("recipient", recipient), ("folder", folder), ("message-id", messageID),
    ]
    for (name, values) in texts where values.contains("") { throw ValidationError("--\(name) needs a text") }
    if within != nil, around == nil { throw ValidationError("--within goes with --around") }
    if let within, TimeSpan.microseconds(within) == nil {
      throw ValidationError("‘\(within)’ is no length of time; as in 30s, 5min or \"1h 30min\" (systemd.time(7))")
    }
    if let around, EventID(around.utf8) == nil { _ = try Self.time(of: around) }
  }

  /// What the values have to be, besides what `EventOptions` asks for.
  private var filters: [ValueFilter] {
    let filters: [(keys: [FieldKey], texts: [String], foldsCase: Bool)] = [
      ([.messageID], messageID, false), ([.sender], sender, true), ([.recipient, .recipients], recipient, true),
      ([.folder, .toFolder], folder, true), ([.actor, .actorName], actor, true), ([.outcome], outcome, true),
    ]
    return filters.filter { !$0.texts.isEmpty }.map { ValueFilter($0.keys, $0.texts, foldsCase: $0.foldsCase) }
  }

  /// The filter of all options together.
  ///
  /// - Parameter trails: where the event is sought that `--around` names.
  func filter(_ events: EventOptions, _ reader: TrailReader, in trails: [TrailPath]) throws -> EventFilter {
    var filter = try events.filter()
    filter.values = filters
    guard let around else { return filter }
    guard filter.since == nil, filter.until == nil else {
      throw ValidationError("--around says from when to when; leave --since and --until out")
    }
    let time = try EventID(around.utf8).map { try Self.time(of: $0, reader, trails) }
    let center = try time ?? Self.time(of: around)
    let span = within.flatMap { TimeSpan.microseconds($0) } ?? 5 * TimeSpan.minute
    let times = Self.times(around: center, within: span)
    (filter.since, filter.until) = (times.lowerBound, times.upperBound)
    return filter
  }

  /// What is not further from a time than so many microseconds.
  static func times(around center: UInt64, within span: UInt64) -> ClosedRange<UInt64> {
    // Times go on to be counted with as Int, and one more than the last of them is one, too.
    let sum = center.addingReportingOverflow(span)
    let end = min(sum.overflow ? .max : sum.partialValue, UInt64(Int.max - 1))
    return min(end, center > span ? center - span : 0)...end
  }

  static func time(of text: String) throws -> UInt64 {
    do { return try TimeExpression.microseconds(of: text) } catch {
      throw ValidationError("--around takes the id of an event or a time: \(error)")
    }
  }

  /// When an event was.
  static func time(of id: EventID, _ reader: TrailReader, _ trails: [TrailPath]) throws -> UInt64 {
    try event(id, reader, trails).time
  }

  /// The event that has this id.
  ///
  /// - Throws: `CommandFailure` when there is none.
  static func event(_ id: EventID, _ reader: TrailReader, _ trails: [TrailPath]) throws -> AuditEvent {
    var text: [UInt8] = []
    id.append(to: &text)
    var lines = LineFilter()
    lines.sought = LineFilter.sought(oneOf: [SoughtText(text, foldsCase: false)])
    let search = TreeSearch(reader, trails: trails, filter: lines) { event, _ in event.id == id }
    var found: AuditEvent?
    _ = try search.forEachEvent(newest: 1) { event in
      found = event
      return true
    }
    guard let found else {
      throw CommandFailure("mailtrail: no event has the id \(String(decoding: text, as: UTF8.self))")
    }
    return found
  }
}
