import AuditModel
import Configuration
import Correlation
import Glibc
import LogSources
import RuleTable

/// Matches entries and joins them into events. Used by one thread.
package final class Pipeline {
  /// What the pipeline has seen so far.
  package struct Counts: Sendable, Equatable {
    /// Entries of mail daemons, believed.
    package var recognised: UInt64 = 0
    /// Entries of mail daemons that no rule knows.
    package var unrecognised: UInt64 = 0
    /// The same by daemon, as records name it.
    package var unrecognisedByDaemon: [String: UInt64] = [:]
    /// Entries under a mail daemon's identifier that did not come from it.
    package var refused: UInt64 = 0
    /// Entries under a mail daemon's identifier of which the journal does not say enough to know.
    package var unprovable: UInt64 = 0

    /// What a person should know of the entries that were left out.
    package var remarks: [String] {
      var remarks: [String] = []
      if refused > 0 {
        remarks.append(
          "\(refused) entries bear a mail daemon's identifier but do not come from it, and were left out "
            + "(rules.trusted-senders)")
      }
      if unprovable > 0 {
        remarks.append(
          "\(unprovable) entries bear a mail daemon's identifier, and the journal does not prove from whom they come: "
            + "no event comes of them alone (rules.trusted-uids)")
      }
      return remarks
    }
  }

  package private(set) var counts = Counts()
  package let correlator: Correlator
  let recognizer: EntryRecognizer
  private let table: CompiledTable
  /// Gaps that journald itself reports, since the caller last took them.
  var gaps: [OwnedEvent] = []
  private var captures: [MatchScratch.Capture] = []
  private var host: [UInt8] = []
  private var unit: [UInt8] = []
  private var identifier: [UInt8] = []
  private var lastEntries = LastEntryOfUnits()
  /// Gets entries that no rule knows, for `rules coverage`.
  package var onUnrecognised: ((JournalEntry, EntryBatch) -> Void)?
  /// Gets entries that are not believed, for `doctor`; whether they are refused.
  package var onLeftOut: ((JournalEntry, EntryBatch, _ isRefused: Bool) -> Void)?
  /// Gets entries of containers that a rule knows, for `doctor`.
  package var onContained: ((JournalEntry, EntryBatch) -> Void)?

  /// - Parameter rules: says whose entries are believed.
  package convenience init(table: CompiledTable, policy: CorrelationPolicy, rules: Configuration.Rules) {
    self.init(recognizer: EntryRecognizer(table: table, rules: rules, isForGood: true), policy: policy)
  }

  init(recognizer: EntryRecognizer, policy: CorrelationPolicy) {
    self.recognizer = recognizer
    table = recognizer.table
    correlator = Correlator(table: table, policy: policy)
  }

  /// A pipeline with other rules that goes on with what this one remembers.
  func successor(recognizer: EntryRecognizer, policy: CorrelationPolicy) -> Pipeline {
    let next = Pipeline(recognizer: recognizer, policy: policy)
    _ = next.correlator.restore(correlator.encodeState())
    next.correlator.finishRestoring()
    next.correlator.trackChanges()
    return next
  }

  /// Which entries the source has to keep; it finds their rules too.
  package var interest: any EntryInterest { recognizer }

  /// Hands out the gaps and forgets them.
  func takeGaps() -> [OwnedEvent] {
    defer { gaps.removeAll() }
    return gaps
  }

  /// Takes a batch's entries up, in their order.
  package func process(_ batch: EntryBatch) {
    counts.recognised += UInt64(batch.leftOutCount)
    for entry in batch.entries { process(entry, batch, recognizer.finding(of: entry, in: batch)) }
  }

  private func process(_ entry: JournalEntry, _ batch: EntryBatch, _ finding: EntryFinding) {
    switch finding.number {
    case EntryRecognizer.Outcome.foreign: break
    case EntryRecognizer.Outcome.suppression: gaps.append(suppressed(entry, batch))
    case EntryRecognizer.Outcome.refused: leaveOut(entry, batch, isRefused: true)
    case EntryRecognizer.Outcome.unprovable: leaveOut(entry, batch, isRefused: false)
    default:
      let sender = EntrySender(uid: entry.uid, machine: Self.machine(of: entry), time: entry.realtime)
      switch recognizer.verdict(of: finding, from: sender, &correlator.senders) {
      case .believed: processBelieved(entry, batch, finding)
      case .refused: leaveOut(entry, batch, isRefused: true)
      case .unproven: processDoubtful(entry, batch, finding, sender: .unproven)
      case .unprovable: processDoubtful(entry, batch, finding, sender: .unprovable)
      }
    }
  }

  private func suppressed(_ entry: JournalEntry, _ batch: EntryBatch) -> OwnedEvent {
    let unit = batch.text(of: entry.objectUnit.isEmpty ? entry.unit : entry.objectUnit)
    let last = lastEntries.time(of: Array(unit.utf8), machine: Self.machine(of: entry))
    return BridgeEvents.suppressed(entry, unit: unit, since: last.flatMap { $0 <= entry.realtime ? $0 : nil })
  }

  private func processBelieved(_ entry: JournalEntry, _ batch: EntryBatch, _ finding: EntryFinding) {
    guard finding.number >= 0 else {
      counts.unrecognised += 1
      counts.unrecognisedByDaemon[table.scopes[Int(finding.group)].daemon, default: 0] += 1
      onUnrecognised?(entry, batch)
      return
    }
    counts.recognised += 1
    if entry.isFromBelievedContainer { onContained?(entry, batch) }
    if !table.isNoise(finding.number) { join(entry, batch, finding, sender: .proven) }
  }

  private func leaveOut(_ entry: JournalEntry, _ batch: EntryBatch, isRefused: Bool) {
    if isRefused { counts.refused += 1 } else { counts.unprovable += 1 }
    onLeftOut?(entry, batch, isRefused)
  }

  private func processDoubtful(
    _ entry: JournalEntry, _ batch: EntryBatch, _ finding: EntryFinding, sender: EntryFacts.Sender
  ) {
    leaveOut(entry, batch, isRefused: false)
    guard finding.number >= 0, table.isTolerant(finding.number) else { return }
    join(entry, batch, finding, sender: sender)
  }

  private static func machine(of entry: JournalEntry) -> UInt64 { entry.machineID.high ^ entry.machineID.low }

  private func join(
    _ entry: JournalEntry, _ batch: EntryBatch, _ finding: EntryFinding, sender: EntryFacts.Sender
  ) {
    captures.removeAll(keepingCapacity: true)
    for range in batch.ranges[Int(finding.firstRange)..<(Int(finding.firstRange) + Int(finding.rangeCount))] {
      captures.append(
        MatchScratch.Capture(
          name: range.name, start: Int(range.start), end: Int(range.end),
          encoding: CaptureEncoding(rawValue: range.form) ?? .plain, isDoubtful: range.flag))
    }
    batch.withAllBytes { bytes in
      let line = bytes.part(entry.message).assumingMemoryBound(to: UInt8.self)
      captures.withUnsafeBufferPointer {
        correlator.process(
          facts(of: entry, bytes, sender: sender), rule: Int(finding.number), captures: $0, isAmbiguous: finding.flag,
          line: line)
      }
    }
  }

  private func facts(
    of entry: JournalEntry, _ bytes: UnsafeRawBufferPointer, sender: EntryFacts.Sender
  ) -> EntryFacts {
    Self.keep(bytes.part(entry.hostname), in: &host)
    Self.keep(bytes.part(entry.unit), in: &unit)
    Self.keep(bytes.part(entry.identifier), in: &identifier)
    lastEntries.remember(unit, machine: Self.machine(of: entry), at: entry.realtime)
    var facts = EntryFacts(
      realtime: entry.realtime, identity: Self.identity(of: entry), machine: Self.machine(of: entry),
      pid: entry.pid, uid: entry.uid, host: host, unit: unit, identifier: identifier)
    facts.sender = sender
    facts.hasHostsUIDs = entry.hasHostsUIDs && !entry.isFromContainer
    return facts
  }

  /// What the ids of the entry's events begin with.
  static func identity(of entry: JournalEntry) -> UInt64 {
    var hash = StableHash()
    for value in [entry.bootID.high, entry.bootID.low, entry.monotonic, entry.realtime, entry.contentHash] {
      hash.combine(value)
    }
    return hash.value
  }

  /// Neighbouring entries mostly have the same host and unit: one array serves them.
  private static func keep(_ part: UnsafeRawBufferPointer, in array: inout [UInt8]) {
    let isSame = array.withUnsafeBytes { known in
      known.count == part.count && (part.isEmpty || memcmp(known.baseAddress!, part.baseAddress!, part.count) == 0)
    }
    if !isSame { array = Array(part) }
  }
}
