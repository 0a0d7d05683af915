import AuditModel
import RuleTable

/// Writing the state of correlation into a checkpoint: see `StateRecords`.
extension Correlator {
  /// From now on changes are remembered for `encodeChanges`, and logins for `drainLogins`.
  public func trackChanges() {
    contexts.tracksChanges = true
    mailboxes.tracksChanges = true
    tracksChanges = true
    noteLogins()
  }

  /// Everything, for a new snapshot. Forgets which changes were to be written.
  public func encodeState() -> [UInt8] {
    var writer = ByteWriter()
    writeNames(&writer)
    writeVocabulary(&writer)
    writeSecret(&writer)
    contexts.visitAll { key, record in StateRecords.write(.contexts, key.bytes, encode(record), &writer) }
    for (id, item) in waiting { StateRecords.write(.waiting, StateRecords.bytes(of: id), encode(item), &writer) }
    for (key, burst) in bursts { StateRecords.write(.bursts, key.bytes, encode(burst), &writer) }
    for (mailbox, _) in sent.counts { StateRecords.write(.sent, mailbox.bytes, encode(sent, mailbox), &writer) }
    for (file, _) in strangers.counts { StateRecords.write(.strangers, file.bytes, encode(strangers, file), &writer) }
    for (index, address) in mailboxes.addresses.enumerated() {
      StateRecords.write(.mailboxes, address.bytes, StateRecords.bytes(of: mailboxes.silence(at: index)), &writer)
    }
    for (key, record) in senders.records { write(record, of: key, &writer) }
    writeClock(&writer)
    forgetChanges()
    return writer.bytes
  }

  /// What changed since the last call of this or of `encodeState`.
  public func encodeChanges() -> [UInt8] {
    var writer = ByteWriter()
    for key in contexts.changed { StateRecords.write(.contexts, key.bytes, contexts.record(key).map(encode), &writer) }
    for id in changedWaiting {
      StateRecords.write(.waiting, StateRecords.bytes(of: id), waiting[id].map(encode), &writer)
    }
    for key in changedBursts { StateRecords.write(.bursts, key.bytes, bursts[key].map(encode), &writer) }
    for mailbox in sent.changed { StateRecords.write(.sent, mailbox.bytes, encode(sent, mailbox), &writer) }
    for file in strangers.changed { StateRecords.write(.strangers, file.bytes, encode(strangers, file), &writer) }
    for address in mailboxes.changed {
      StateRecords.write(.mailboxes, address, mailboxes.silence(of: address).map(StateRecords.bytes), &writer)
    }
    for key in senders.changed { if let record = senders.records[key] { write(record, of: key, &writer) } }
    writeClock(&writer)
    forgetChanges()
    return writer.bytes
  }

  func forgetChanges() {
    contexts.changed.removeAll(keepingCapacity: true)
    changedWaiting.removeAll(keepingCapacity: true)
    changedBursts.removeAll(keepingCapacity: true)
    sent.changed.removeAll(keepingCapacity: true)
    strangers.changed.removeAll(keepingCapacity: true)
    mailboxes.changed.removeAll(keepingCapacity: true)
    senders.changed.removeAll(keepingCapacity: true)
  }

  private func write(_ record: SenderLedger.Record, of key: SenderLedger.Key, _ writer: inout ByteWriter) {
    StateRecords.write(.senders, SenderLedger.bytes(of: key), SenderLedger.bytes(of: record), &writer)
  }

  private func writeNames(_ writer: inout ByteWriter) {
    StateRecords.write(.names, Array(table.names.own.joined(separator: "\0").utf8), nil, &writer)
  }

  private func writeVocabulary(_ writer: inout ByteWriter) {
    StateRecords.write(.vocabulary, StoredVocabulary.current.keyBytes, StoredVocabulary.current.kindBytes, &writer)
  }

  private func writeSecret(_ writer: inout ByteWriter) {
    StateRecords.write(.secret, ContextKey(high: secret.high, low: secret.low).bytes, nil, &writer)
  }

  private func writeClock(_ writer: inout ByteWriter) {
    var clock = ByteWriter()
    clock.write(clocks.newest)
    clock.write(nextWait)
    StateRecords.write(.clock, clock.bytes, nil, &writer)
  }

  private func encode(_ counter: HourlyCounter, _ name: ByteKey) -> [UInt8] {
    var writer = ByteWriter()
    let entry = counter.counts[name] ?? (0, 0, false)
    writer.write(entry.hour)
    writer.write(UInt64(entry.number))
    writer.write(UInt8(entry.isReported ? 1 : 0))
    return writer.bytes
  }
}
