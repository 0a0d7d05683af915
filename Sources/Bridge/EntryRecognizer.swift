import Configuration
import Correlation
import LogSources
import RuleTable
import Synchronization

/// Finds the rule that an entry matches: on the reading thread, as the reader's interest, so that matching and joining
/// share the work of a core each; by the pipeline itself for entries that nobody looked at.
///
/// The rule and the offsets of its captures are the entry's finding. Entries that are known to say nothing for an audit
/// are only counted.
///
/// Sendable: the one thing that changes, the scratch, is touched under the lock only. The reader mostly has it alone.
final class EntryRecognizer: EntryInterest, @unchecked Sendable {
  /// What the number of a finding says when it is no rule.
  enum Outcome {
    /// The entry is of no daemon that the table knows.
    static let foreign: Int32 = -1
    static let unrecognised: Int32 = -2
    /// Under a daemon's identifier, but not from it.
    static let refused: Int32 = -3
    /// Under a daemon's identifier, and nothing in it could prove or disprove that it is the daemon's.
    static let unprovable: Int32 = -5
    /// journald lost messages of a mail daemon.
    static let suppression: Int32 = -4
  }

  let table: CompiledTable
  private let router: TableRouter
  private let trust: SenderTrust?
  private let containers: BelievedContainers
  /// The number of each scope's daemon, for the ledger.
  private let daemons: [UInt64]
  private let lock = Mutex(())
  private var scratch = MatchScratch()
  /// Tells this recognizer's findings from those of others, with other tables.
  private let number: UInt32

  /// Whether only entries that may emit an event get what an event's id is made of. Where tables may change while
  /// entries are on their way, all do.
  private let isForGood: Bool

  private static let lastNumber = Atomic<UInt32>(0)

  /// - Parameters:
  ///   - senders: who may speak for the daemons of the table; nil to believe everybody.
  ///   - off: names of tables that count for nobody.
  ///   - isForGood: whether no other recognizer, after a reload, will look at the same entries.
  init(
    table: CompiledTable, senders: SenderTrust?, off: [String] = [],
    containers: BelievedContainers = BelievedContainers(Configuration.Rules()), isForGood: Bool = false
  ) {
    self.table = table
    self.containers = containers
    self.isForGood = isForGood
    router = TableRouter(table: table, off: Set(off))
    trust = senders
    daemons = table.scopes.map { SenderLedger.number(ofDaemon: $0.daemon) }
    number = Self.lastNumber.add(1, ordering: .relaxed).newValue
  }

  convenience init(table: CompiledTable, rules: Configuration.Rules, isForGood: Bool = false) {
    self.init(
      table: table, senders: SenderTrust(table, rules), off: rules.tables.off,
      containers: BelievedContainers(rules), isForGood: isForGood)
  }

  /// One that finds the same, for another thread.
  private init(twinOf other: EntryRecognizer) {
    (table, trust, daemons) = (other.table, other.trust, other.daemons)
    containers = other.containers
    (number, isForGood) = (other.number, other.isForGood)
    router = TableRouter(table: other.table, off: other.router.off)
  }

  func twin() -> EntryRecognizer { EntryRecognizer(twinOf: self) }

  func wants(identifier: UnsafeRawBufferPointer) -> Bool { router.wants(identifier: identifier) }

  func wants(command: UnsafeRawBufferPointer) -> Bool {
    router.wants(command: command) || containers.wants(command: command)
  }

  func keeps(_ entry: inout JournalEntry, in batch: EntryBatch) -> Bool {
    if entry.isFromContainer { containers.unwrap(&entry, in: batch) }
    entry.finding = look(at: entry, in: batch)
    if entry.finding.number == Outcome.foreign { return false }
    guard entry.finding.number >= 0 else { return true }
    if isForGood { entry.finding.needsContentHash = table.mayEmit(entry.finding.number) }
    guard table.isNoise(entry.finding.number), SenderTrust.Standing(of: entry.finding).isBelieved else { return true }
    batch.leftOutCount += 1
    return false
  }

  /// This recognizer's finding, made now if it was not made by the reader.
  func finding(of entry: JournalEntry, in batch: EntryBatch) -> EntryFinding {
    entry.finding.finder == number ? entry.finding : look(at: entry, in: batch)
  }

  /// What comes of an entry, by what the entries before it showed. On the joining thread.
  func verdict(
    of finding: EntryFinding, from sender: EntrySender, _ ledger: inout SenderLedger
  ) -> SenderTrust.Verdict {
    guard trust != nil else { return .believed }
    let standing = SenderTrust.Standing(of: finding)
    if standing == .believed { return .believed }
    let daemon = daemons[Int(finding.group)]
    let verdict = SenderTrust.verdict(standing, of: sender, for: daemon, ledger)
    // Noise is not read when a reader has looked at it first: it may not teach.
    if case .believed = verdict, standing.teaches, finding.number >= 0, !table.isNoise(finding.number) {
      ledger.learn(sender.uid, on: sender.machine, for: daemon, at: sender.time)
    }
    return verdict
  }

  private func look(at entry: JournalEntry, in batch: EntryBatch) -> EntryFinding {
    batch.withAllBytes { bytes in
      var finding = EntryFinding()
      finding.finder = number
      if entry.isSuppressionNotice {
        let unit = entry.objectUnit.isEmpty ? entry.unit : entry.objectUnit
        finding.number = table.isMailUnit(bytes.part(unit)) ? Outcome.suppression : Outcome.foreign
        return finding
      }
      var scopes = router.scopes(ofIdentifier: bytes.part(entry.identifier))
      if scopes.isEmpty { scopes = router.scopes(ofCommand: bytes.part(entry.command)) }
      finding.number = scopes.isEmpty ? Outcome.foreign : Outcome.unrecognised
      guard let trust else {
        finding.group = UInt16(scopes.first ?? 0)
        _ = scopes.contains { match($0, bytes.part(entry.message), &finding, batch) }
        return finding
      }
      look(at: entry, in: batch, for: scopes, trust, &finding)
      return finding
    }
  }

  /// A scope that believes the sender goes first: of the others only the joining thread knows which do.
  private func look(
    at entry: JournalEntry, in batch: EntryBatch, for scopes: [Int], _ trust: SenderTrust, _ finding: inout EntryFinding
  ) {
    var best = SenderTrust.Standing.refused
    for isOpen in [false, true] {
      for scope in scopes {
        let standing = trust.standing(of: entry, in: batch, scope: scope)
        if !isOpen { best = min(best, standing) }
        guard isOpen ? standing.isOpen : standing.isBelieved else { continue }
        finding.grade = standing.rawValue
        finding.group = UInt16(scope)
        if batch.withBytes(of: entry.message, { match(scope, $0, &finding, batch) }) { return }
      }
      // Whom a scope believes, and no rule of it knows, says nothing known: no other scope is asked.
      if best.isBelieved || !best.isOpen { break }
    }
    if best == .unprovable { finding.number = Outcome.unprovable }
    if best == .refused, !scopes.isEmpty { finding.number = Outcome.refused }
  }

  private func match(
    _ scope: Int, _ message: UnsafeRawBufferPointer, _ finding: inout EntryFinding, _ batch: EntryBatch
  ) -> Bool {
    lock.withLock { _ in matchLocked(scope, message, &finding, batch) }
  }

  /// Only under the lock.
  private func matchLocked(
    _ scope: Int, _ message: UnsafeRawBufferPointer, _ finding: inout EntryFinding, _ batch: EntryBatch
  ) -> Bool {
    guard let rule = table.match(scope: scope, message.assumingMemoryBound(to: UInt8.self), &scratch) else {
      return false
    }
    finding.number = Int32(rule)
    finding.flag = scratch.isAmbiguous
    finding.firstRange = Int32(batch.ranges.count)
    if table.isNoise(Int32(rule)) { return true }
    finding.rangeCount = UInt16(clamping: scratch.captures.count)
    for capture in scratch.captures.prefix(Int(finding.rangeCount)) {
      batch.ranges.append(
        FoundRange(
          start: UInt32(capture.start), end: UInt32(capture.end), name: capture.name, form: capture.encoding.rawValue,
          flag: capture.isDoubtful))
    }
    return true
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes of a field among those of its batch.
  func part(_ range: FieldRange) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[Int(range.offset)..<(Int(range.offset) + Int(range.length))])
  }
}
