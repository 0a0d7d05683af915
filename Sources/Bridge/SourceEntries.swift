import Configuration
import LogSources
import Platform
import RuleTable

/// An entry of the journal, or a line of a text log, as its source has it: for `mailtrail source`.
package struct SourceEntry: Sendable {
  /// Microseconds since 1970, UTC.
  package var time: UInt64
  /// What the journal, or the line, says of the sender; empty where it does not.
  package var host: [UInt8]
  package var identifier: [UInt8]
  package var command: [UInt8]
  package var unit: [UInt8]
  package var container: [UInt8]
  package var message: [UInt8]
  /// `_PID`; nil when absent.
  package var pid: Int32?
  /// `_UID`; nil when absent.
  package var uid: UInt32?
  /// Whether it is a line of a text log, which has none of journald's own fields.
  package var isFromTextLog: Bool
  /// The number of the rule that the message matches; nil for none.
  package var rule: Int?
  /// What the rule takes from it, by the numbers of the names.
  package var captures: [(name: UInt16, value: [UInt8])] = []
}

/// Finds the entry behind an event, by the hash of the entry that the event's id begins with.
package struct SourceEntries {
  /// Entries whose processing emitted the event: one, or more where a file is read twice.
  package private(set) var found: [SourceEntry] = []
  /// Entries of mail daemons with one of the texts, in their order.
  package private(set) var related: [SourceEntry] = []
  /// How many entries were read, of whomever.
  package private(set) var examined = 0

  private static let maximumRelated = 100

  /// - Parameters:
  ///   - source: the first part of the event's id.
  ///   - request: where to look, and from when to when.
  ///   - texts: what related entries contain, as the session or the queue id.
  /// - Throws: `JournalError` or `FileError`.
  package init(
    of source: UInt64, in request: SourceRequest, rules: Configuration.Rules, table: CompiledTable, texts: [[UInt8]]
  ) throws {
    let recognizer = EntryRecognizer(table: table, rules: rules, isForGood: true)
    let thread = try SourceThread()
    thread.start(request, interest: recognizer)
    defer { thread.stop() }
    while let (batch, _) = try thread.next() {
      examined += batch.examinedCount
      for entry in batch.entries {
        let finding = recognizer.finding(of: entry, in: batch)
        if Pipeline.identity(of: entry) == source {
          found.append(SourceEntry(entry, batch, finding))
        } else if related.count < Self.maximumRelated, Self.isOfMailDaemon(finding),
          batch.withBytes(of: entry.message, { line in texts.contains { line.firstOffset(of: $0, from: 0) != nil } })
        {
          related.append(SourceEntry(entry, batch, finding))
        }
      }
      thread.recycle(batch)
    }
  }

  private static func isOfMailDaemon(_ finding: EntryFinding) -> Bool {
    finding.number >= 0 || finding.number == EntryRecognizer.Outcome.unrecognised
  }
}

extension SourceEntry {
  fileprivate init(_ entry: JournalEntry, _ batch: EntryBatch, _ finding: EntryFinding) {
    self.init(
      time: entry.realtime, host: batch.bytes(of: entry.hostname), identifier: batch.bytes(of: entry.identifier),
      command: batch.bytes(of: entry.command), unit: batch.bytes(of: entry.unit),
      container: batch.bytes(of: entry.containerName), message: batch.bytes(of: entry.message),
      pid: entry.pid < 0 ? nil : entry.pid, uid: entry.uid == .max ? nil : entry.uid,
      isFromTextLog: entry.isFromTextLog, rule: finding.number < 0 ? nil : Int(finding.number))
    let first = Int(finding.firstRange)
    for range in batch.ranges[first..<(first + Int(finding.rangeCount))] where rule != nil {
      let encoding = CaptureEncoding(rawValue: range.form) ?? .plain
      captures.append((range.name, encoding.decode(message[Int(range.start)..<Int(range.end)])))
    }
  }
}
