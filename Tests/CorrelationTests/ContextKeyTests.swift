import AuditModel
import RuleTable
import Testing

@testable import Correlation

@Suite struct ContextKeyTests {
  /// Vectors of the SipHash authors' own test (vectors_sip128): key 00…0f, inputs of so many bytes 00 01 ….
  @Test(arguments: [
    (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
    (2, "8177228da4a45dc7fca38bdef60affe4"),
  ])
  func isSipHash(length: Int, expected: String) {
    let secret = KeySecret(high: 0x0f0e_0d0c_0b0a_0908, low: 0x0706_0504_0302_0100)
    let key = (0..<length).map { UInt8($0) }.withUnsafeBytes { secret.key(of: $0) }
    var writer = ByteWriter()
    writer.write(key.low)
    writer.write(key.high)
    let text = writer.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(text == expected)
  }

  /// Up to version 3 a checkpoint had the bytes of keys: kind, host, and each part with its length.
  @Test func keysOfOlderCheckpointsAreUnderstood() throws {
    let table = try CorrelationBench.table(
      """
      rule ask
        match ask <k:word>
        use q <k> as q
        event login.succeeded mailbox="ann@example.org" ip=q.ip if q
        example ask k
          expect k=k

      """)
    var key = ByteWriter()
    key.write(ContextReference.hash(ofKind: "q"))
    key.write(UInt32(1))
    key.write(UInt16(3))
    for byte in "abc".utf8 { key.write(byte) }
    var fields = FieldSet()
    fields.set(.ip, to: "192.0.2.9")
    var context = ByteWriter()
    context.write(CorrelationBench.time(100))
    context.write(UInt64(100_000_000))
    context.write(fields.bytes)
    context.write([] as [UInt8])
    var state = ByteWriter()
    state.write(UInt8(1))
    state.write(key.bytes)
    state.write(UInt8(1))
    state.write(context.bytes)
    let bench = CorrelationBench(table: table)
    #expect(bench.correlator.restore(state.bytes))
    bench.correlator.finishRestoring()
    bench.feed(1, "ask abc")
    bench.feed(2, "ask abd")
    #expect(bench.emitted(.ip) == ["login.succeeded ann@example.org ip=192.0.2.9"])
  }

  /// A hash table without tombstones, lanes and free entries: what is forgotten in any order leaves the others whole.
  @Test func storeHoldsWhatItShould() {
    let store = ContextStore(maximum: 5_000)
    var kept: [ContextKey: UInt64] = [:]
    var random = SystemRandomNumberGenerator()
    for round in 0..<20_000 {
      // Few home slots, so that runs in the table are long.
      let key = ContextKey(high: random.next(upperBound: 500), low: random.next(upperBound: 300))
      if round % 3 == 0 {
        store.forget(key, at: 0, now: 1)
        kept[key] = nil
      } else {
        var fields = FieldSet()
        fields.set(.count, to: String(round))
        store.begin(key, fields: fields, ttl: UInt64(1 + round % 7) * 1_000, now: 1)
        kept[key] = UInt64(round)
      }
      guard kept.count < 5_000 else { break }
    }
    #expect(store.count == kept.count)
    for (key, round) in kept {
      let index = store.index(of: key, now: 2)
      #expect(
        index.map { store.withFields(at: $0) { String(decoding: $0.dropFirst(5), as: UTF8.self) } } == String(round))
    }
    #expect(kept.count > 1_000)
    store.expire(now: 10_000)
    #expect(store.count == 0)
    #expect(kept.keys.allSatisfy { !store.has($0, now: 10_000) })
  }
}
