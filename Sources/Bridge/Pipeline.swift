import AuditModel
import Correlation
import Glibc
import LogSources
import RuleTable

/// Matches entries and joins them into events. Used by one thread.
public final class Pipeline {
  /// What the pipeline has seen so far.
  public struct Counts: Sendable, Equatable {
    /// Entries of mail daemons, believed.
    public var recognised: UInt64 = 0
    /// Entries of mail daemons that no rule knows.
    public var unrecognised: UInt64 = 0
    /// Entries under a mail daemon's identifier that did not come from it.
    public var refused: UInt64 = 0
  }

  public private(set) var counts = Counts()
  public let correlator: Correlator
  private let table: CompiledTable
  private let router: TableRouter
  private let trust: SenderTrust?
  /// Gaps that journald itself reports, since the caller last took them.
  var gaps: [Correlator.Told] = []
  private var scratch = MatchScratch()
  private var host: [UInt8] = []
  private var unit: [UInt8] = []
  private var identifier: [UInt8] = []
  /// Gets entries that no rule knows, for `rules coverage`.
  public var onUnrecognised: ((JournalEntry, EntryBatch) -> Void)?
  /// Gets matches, for `rules explain`.
  public var onMatch: ((Int, MatchScratch, JournalEntry, EntryBatch) -> Void)?

  /// - Parameter requiresTrust: whether an entry must come from the daemon's user or unit.
  public convenience init(table: CompiledTable, policy: CorrelationPolicy, requiresTrust: Bool) {
    self.init(router: TableRouter(table: table), policy: policy, requiresTrust: requiresTrust)
  }

  init(router: TableRouter, policy: CorrelationPolicy, requiresTrust: Bool) {
    self.router = router
    table = router.table
    correlator = Correlator(table: table, policy: policy)
    trust = requiresTrust ? SenderTrust(scopes: table.scopes) : nil
  }

  /// Which entries the source has to keep.
  ///
  /// With a memory of its own: the reader asks once an entry, and two threads at one lock would wait for each other.
  public var interest: any EntryInterest { TableRouter(table: table) }

  /// Hands out the gaps and forgets them.
  func takeGaps() -> [Correlator.Told] {
    defer { gaps.removeAll() }
    return gaps
  }

  /// Takes a batch's entries up, in their order.
  public func process(_ batch: EntryBatch) {
    batch.withAllBytes { bytes in for entry in batch.entries { process(entry, batch, bytes) } }
  }

  private func process(_ entry: JournalEntry, _ batch: EntryBatch, _ bytes: UnsafeRawBufferPointer) {
    if entry.isSuppressionNotice {
      let unit = entry.objectUnit.isEmpty ? entry.unit : entry.objectUnit
      if table.isMailUnit(Self.part(bytes, unit)) { gaps.append(BridgeEvents.suppressed(entry, in: batch)) }
      return
    }
    var scopes = router.scopes(ofIdentifier: Self.part(bytes, entry.identifier))
    if scopes.isEmpty { scopes = router.scopes(ofCommand: Self.part(bytes, entry.command)) }
    guard !scopes.isEmpty else { return }
    var isRefused = false
    let line = Self.part(bytes, entry.message).assumingMemoryBound(to: UInt8.self)
    for scope in scopes {
      if let trust, !trust.trusts(entry, in: batch, scope: scope) {
        isRefused = true
        continue
      }
      guard let rule = table.match(scope: scope, line, &scratch) else { continue }
      counts.recognised += 1
      onMatch?(rule, scratch, entry, batch)
      if !table.rules[rule].isNoise {
        correlator.process(facts(of: entry, bytes), rule: rule, scratch: scratch, line: line)
      }
      return
    }
    if isRefused {
      counts.refused += 1
    } else {
      counts.unrecognised += 1
      onUnrecognised?(entry, batch)
    }
  }

  private static func part(_ bytes: UnsafeRawBufferPointer, _ range: FieldRange) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[Int(range.offset)..<(Int(range.offset) + Int(range.length))])
  }

  private func facts(of entry: JournalEntry, _ bytes: UnsafeRawBufferPointer) -> EntryFacts {
    var hash = StableHash()
    for value in [entry.bootID.high, entry.bootID.low, entry.monotonic, entry.realtime, entry.contentHash] {
      hash.combine(value)
    }
    Self.keep(Self.part(bytes, entry.hostname), in: &host)
    Self.keep(Self.part(bytes, entry.unit), in: &unit)
    Self.keep(Self.part(bytes, entry.identifier), in: &identifier)
    return EntryFacts(
      realtime: entry.realtime, identity: hash.value, machine: entry.machineID.high ^ entry.machineID.low,
      pid: entry.pid, uid: entry.uid, host: host, unit: unit, identifier: identifier)
  }

  /// Neighbouring entries mostly have the same host and unit: one array serves them.
  private static func keep(_ part: UnsafeRawBufferPointer, in array: inout [UInt8]) {
    if !array.elementsEqual(part) { array = Array(part) }
  }
}
