import AuditModel
import RuleTable

/// Waiting rules in a checkpoint.
extension Correlator {
  func encode(_ item: Waiting) -> [UInt8] {
    var writer = ByteWriter()
    let execution = item.execution
    let rule = table.rules[execution.rule]
    writer.write(Array(rule.id.utf8))
    writer.write(UInt32(item.next))
    writer.write(item.deadline)
    let facts = execution.facts
    writer.write(facts.realtime)
    writer.write(facts.identity)
    writer.write(facts.machine)
    writer.write(facts.pid)
    writer.write(facts.uid)
    writer.write(facts.host)
    writer.write(facts.unit)
    writer.write(facts.identifier)
    writer.write(execution.captures.bytes)
    writer.write(Self.flags(of: execution, hasOffer: item.offer != nil))
    writer.write(UInt32(execution.contexts.count))
    for key in execution.contexts { writer.write(key?.bytes ?? []) }
    writer.write(UInt32(item.targets.count))
    for target in item.targets {
      writer.write(target.key.bytes)
      writer.write(UInt32(target.name))
    }
    writer.write(execution.doubtfulContexts)
    if let offer = item.offer {
      for key in [offer.key, offer.group, offer.fields] { writer.write(key.bytes) }
      writer.write(UInt32(offer.name))
    }
    if facts.sender != .proven { writer.write(facts.sender.rawValue) }
    return writer.bytes
  }

  /// The bits of a waiting rule, as checkpoints have them.
  private enum Flag {
    static let ambiguous: UInt8 = 1
    static let emitted: UInt8 = 2
    // 4 is what checkpoints up to version 7 may have: not confirmed.
    static let confirmed: UInt8 = 8
    static let branchDoubtful: UInt8 = 16
    static let cut: UInt8 = 32
    static let offer: UInt8 = 64
  }

  private static func flags(of execution: Execution, hasOffer: Bool) -> UInt8 {
    var flags: UInt8 = 0
    if execution.isAmbiguous { flags |= Flag.ambiguous }
    if execution.hasEmitted { flags |= Flag.emitted }
    if execution.isConfirmed { flags |= Flag.confirmed }
    if execution.isBranchDoubtful { flags |= Flag.branchDoubtful }
    if execution.isCut { flags |= Flag.cut }
    if hasOffer { flags |= Flag.offer }
    return flags
  }

  /// The outer nil says that the bytes are damaged, the inner that their rule is gone.
  func decodeWaiting(_ bytes: [UInt8]) -> Waiting?? {
    var reader = ByteReader(bytes)
    guard let rule = reader.string(), let next = reader.number(UInt32.self), let deadline = reader.number(UInt64.self),
      let realtime = reader.number(UInt64.self), let identity = reader.number(UInt64.self),
      let machine = reader.number(UInt64.self), let pid = reader.number(Int32.self),
      let uid = reader.number(UInt32.self), let host = reader.string(), let unit = reader.string(),
      let identifier = reader.string(), let captures = reader.string().flatMap(renumbered),
      let flags = reader.number(UInt8.self), let contextCount = reader.number(UInt32.self)
    else { return nil }
    var contexts: [ContextKey?] = []
    for _ in 0..<contextCount {
      guard let key = reader.string() else { return nil }
      contexts.append(key.isEmpty ? nil : storedKey(key))
    }
    guard let targetCount = reader.number(UInt32.self) else { return nil }
    var targets: [(key: ContextKey, name: Int)] = []
    for _ in 0..<targetCount {
      guard let key = reader.string().flatMap(storedKey), let name = reader.number(UInt32.self) else { return nil }
      targets.append((key, Int(name)))
    }
    let id = String(decoding: rule, as: UTF8.self)
    guard let index = table.rules.firstIndex(where: { $0.id == id }), Int(next) <= table.rules[index].actions.count,
      contexts.count == table.rules[index].contextNames.count,
      targets.allSatisfy({ contexts.indices.contains($0.name) })
    else { return .some(nil) }
    let facts = EntryFacts(
      realtime: realtime, identity: identity, machine: machine, pid: pid, uid: uid, host: host, unit: unit,
      identifier: identifier)
    var execution = Execution(
      rule: index, facts: facts, captures: captures, isAmbiguous: flags & Flag.ambiguous != 0, contexts: contexts,
      hasEmitted: flags & Flag.emitted != 0)
    execution.isConfirmed = flags & Flag.confirmed != 0
    execution.isBranchDoubtful = flags & Flag.branchDoubtful != 0
    execution.isCut = flags & Flag.cut != 0
    var item = Waiting(execution: execution, next: Int(next), targets: targets, offer: nil, deadline: deadline)
    // Checkpoints up to version 6 end here.
    if reader.isAtEnd { return item }
    guard let doubtful = reader.number(UInt64.self) else { return nil }
    item.execution.doubtfulContexts = doubtful
    if flags & Flag.offer != 0 {
      guard let offer = decodeOffer(&reader) else { return nil }
      guard contexts.indices.contains(offer.name) else { return .some(nil) }
      item.offer = offer
    }
    // Rules that waited for proven senders alone have no more.
    if reader.isAtEnd { return item }
    guard let sender = reader.number(UInt8.self).flatMap(EntryFacts.Sender.init) else { return nil }
    item.execution.facts.sender = sender
    return item
  }

  private func decodeOffer(_ reader: inout ByteReader) -> Offer? {
    guard let key = reader.string().flatMap(storedKey), let group = reader.string().flatMap(storedKey),
      let fields = reader.string().flatMap(storedKey), let name = reader.number(UInt32.self)
    else { return nil }
    return Offer(key: key, group: group, fields: fields, name: Int(name))
  }
}
