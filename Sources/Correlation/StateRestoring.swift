import AuditModel
import RuleTable

/// Restoring the state of correlation from a checkpoint: see `StateRecords`.
extension Correlator {
  /// Takes records up; a snapshot first, then its changes in order. False when they are damaged.
  ///
  /// Call `finishRestoring` behind the last.
  public func restore(_ bytes: [UInt8]) -> Bool {
    StateRecords.forEach(bytes, restore)
  }

  /// Sets the timers of what was restored.
  public func finishRestoring() {
    let items = waiting
    waiting.removeAll()
    waitingBytes = 0
    for (id, item) in items.sorted(by: { $0.key < $1.key }) { add(item, id: id) }
    for (key, burst) in bursts { closeWindow(key, at: burst.end) }
    contexts.finishRestoring()
    mailboxes.finishRestoring(at: clocks.newest)
    forgetChanges()
  }

  private func restore(_ table: StateRecords.Table, _ key: [UInt8], _ value: [UInt8]?) -> Bool {
    switch table {
    case .names:
      storedNames =
        key.isEmpty
        ? [] : key.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    case .vocabulary: storedVocabulary = StoredVocabulary(keys: key, kinds: value ?? [])
    case .contexts:
      guard let key = storedKey(key) else { return false }
      guard let value else {
        contexts.restore(key, nil)
        return true
      }
      guard let record = decodeContext(value) else { return false }
      contexts.restore(key, record)
    case .waiting:
      var reader = ByteReader(key)
      guard let id = reader.number(UInt64.self) else { return false }
      guard let value else {
        waiting[id] = nil
        return true
      }
      guard let item = decodeWaiting(value) else { return false }
      // A rule that is no longer there has nothing to go on with.
      if let item { waiting[id] = item } else { waiting[id] = nil }
    case .bursts:
      // Of a kind that this version does not know.
      guard let key = storedVocabulary.burstKey(key) else { return true }
      guard let value else {
        bursts[key] = nil
        return true
      }
      guard let burst = decodeBurst(value) else { return false }
      bursts[key] = burst
    case .sent: return Self.restore(&sent, key, value)
    case .strangers:
      guard let key = storedVocabulary.strangersName(key) else { return true }
      return Self.restore(&strangers, key, value)
    case .mailboxes:
      // What the configuration now makes of a name, another made of it before. Without a value nothing was said of days.
      guard let mailbox = policy.naming.mailbox(of: AccountName(key)) else { return true }
      var reader = ByteReader(value ?? [])
      mailboxes.restore(mailbox.bytes, silence: value == nil ? nil : reader.number() ?? 0)
    case .senders: return senders.restore(key, value ?? [])
    case .clock:
      var reader = ByteReader(key)
      guard let now = reader.number(UInt64.self), let next = reader.number(UInt64.self) else { return false }
      self.now = now
      clocks.newest = now
      nextWait = next
    case .secret:
      guard let stored = ContextKey(bytes: key) else { return false }
      secret = KeySecret(high: stored.high, low: stored.low)
      areStoredKeysHashes = true
    }
    return true
  }

  /// A context's key as this correlator has it. Checkpoints up to version 3 had no secret, and the bytes that are hashed
  /// now were the keys themselves.
  func storedKey(_ bytes: [UInt8]) -> ContextKey? {
    areStoredKeysHashes ? ContextKey(bytes: bytes) : bytes.withUnsafeBytes { secret.key(of: $0) }
  }

  /// Fields with the numbers that this table gives their names; names that it does not have are left out.
  func renumbered(_ bytes: [UInt8]) -> FieldSet? {
    guard let fields = FieldSet(bytes: bytes) else { return nil }
    guard storedNames != table.names.own || storedVocabulary != .current else { return fields }
    var result = FieldSet()
    fields.forEachField { number, value in
      let doubt = fields.isDoubtful(number) ? FieldLayout.doubt : 0
      guard number >= NameTable.firstOwn else {
        if let key = storedVocabulary.key(number) { result.append(key.rawValue | doubt, value) }
        return
      }
      let index = Int(number - NameTable.firstOwn)
      if storedNames.indices.contains(index), let number = table.names.lookUp(storedNames[index]) {
        result.append(number | doubt, value)
      }
    }
    return result
  }

  private static func restore(_ counter: inout HourlyCounter, _ name: [UInt8], _ value: [UInt8]?) -> Bool {
    guard let value else { return true }
    var reader = ByteReader(value)
    guard let hour = reader.number(UInt64.self), let number = reader.number(UInt64.self).flatMap({ Int(exactly: $0) }),
      let isReported = reader.number(UInt8.self)
    else { return false }
    counter.restore(name, hour: hour, number: number, isReported: isReported == 1)
    return true
  }
}
