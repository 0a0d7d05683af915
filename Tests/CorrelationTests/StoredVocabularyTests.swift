import AuditModel
import Testing

@testable import Correlation

/// Checkpoints of versions that number keys and kinds otherwise.
@Suite struct StoredVocabularyTests {
  private static let rules =
    BurstTests.rules + """
      rule begin
        match begin <session:word> <ip:ip> <client:word>
        note s <session>: ip=<ip> client=<client>
        example begin s 192.0.2.1 c
          expect session=s ip=192.0.2.1 client=c
      rule end
        match end <session:word> <mailbox:word>
        use s <session>
        event logout with s
        example end s ann
          expect session=s mailbox=ann

      """

  /// A state in which the two first names of a list changed their places, as a version that puts a key in between has it.
  private func state(_ correlator: Correlator, swapping keys: (String, String), _ kinds: (String, String)) -> [UInt8] {
    var writer = ByteWriter()
    let isWhole = StateRecords.forEach(correlator.encodeState()) { table, key, value in
      writer.write(table.rawValue)
      writer.write(table == .vocabulary ? swapped(key, keys) : key)
      writer.write(UInt8(value == nil ? 0 : 1))
      if let value { writer.write(table == .vocabulary ? swapped(value, kinds) : value) }
      return true
    }
    #expect(isWhole)
    return writer.bytes
  }

  private func swapped(_ bytes: [UInt8], _ names: (String, String)) -> [UInt8] {
    let list = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return Array(
      list.map { $0 == names.0 ? names.1 : $0 == names.1 ? names.0 : $0 }.joined(separator: "\0").utf8)
  }

  private func restored(_ state: [UInt8], _ bench: CorrelationBench) -> CorrelationBench {
    let next = Correlator(table: bench.table, policy: .everything)
    #expect(next.restore(state))
    next.finishRestoring()
    bench.replace(by: next)
    return bench
  }

  @Test func fieldsOfContextsKeepTheirNames() throws {
    let bench = try CorrelationBench(Self.rules)
    bench.feed(0, "begin s 192.0.2.1 c")
    let same = try CorrelationBench(Self.rules)
    same.feed(0, "begin s 192.0.2.1 c")
    // What was written as ip with that version's number for client is the client.
    let other = restored(state(bench.correlator, swapping: ("ip", "client"), ("logout", "login.failed")), bench)
    other.feed(1, "end s ann")
    #expect(other.emitted(.ip, .client) == ["logout ann@example.org ip=c client=192.0.2.1"])
    let unchanged = restored(same.correlator.encodeState(), same)
    unchanged.feed(1, "end s ann")
    #expect(unchanged.emitted(.ip, .client) == ["logout ann@example.org ip=192.0.2.1 client=c"])
  }

  @Test func aKeyThatIsGoneIsLeftOut() throws {
    let bench = try CorrelationBench(Self.rules)
    bench.feed(0, "begin s 192.0.2.1 c")
    let other = restored(state(bench.correlator, swapping: ("ip", "gone"), ("logout", "gone")), bench)
    other.feed(1, "end s ann")
    #expect(other.emitted(.ip, .client) == ["logout ann@example.org client=c"])
  }

  @Test func windowsKeepTheirKind() {
    // Its number of login.failed is ours of logout.
    let list = StoredVocabulary.current.kindBytes
    let vocabulary = StoredVocabulary(
      keys: StoredVocabulary.current.keyBytes, kinds: swapped(list, ("logout", "login.failed")))
    let key = BurstKey(bytes: [EventKind.logout.rawValue, 1, 0, 97])
    #expect(vocabulary.burstKey(key.bytes)?.bytes == [EventKind.loginFailed.rawValue, 1, 0, 97])
    #expect(vocabulary.burstKey([EventKind.logout.rawValue | 0x80])?.bytes == [EventKind.loginFailed.rawValue | 0x80])
    #expect(vocabulary.burstKey([0x7f]) == nil)
    #expect(vocabulary.strangersName([97, EventKind.logout.rawValue]) == [97, EventKind.loginFailed.rawValue])
    #expect(vocabulary.strangersName([.max]) == [.max])
    #expect(StoredVocabulary.current.burstKey(key.bytes) == key)
  }
}
