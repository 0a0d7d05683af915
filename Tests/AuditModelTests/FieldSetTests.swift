import AuditModel
import Testing

@Suite struct FieldSetTests {
  @Test func replacesAndRemoves() {
    var fields = FieldSet()
    fields.set(.ip, to: "192.0.2.1")
    fields.set(.mailbox, to: "ann@example.org")
    fields.set(.ip, to: "2001:db8::1")
    #expect(fields[.ip].map(Array.init) == Array("2001:db8::1".utf8))
    fields.remove(.mailbox)
    #expect(fields[.mailbox] == nil)
    #expect(FieldSet(bytes: fields.bytes) == fields)
  }

  @Test func refusesDamagedBytes() {
    var fields = FieldSet()
    fields.set(.ip, to: "192.0.2.1")
    for length in 1..<fields.bytes.count { #expect(FieldSet(bytes: Array(fields.bytes.prefix(length))) == nil) }
  }
}

@Suite struct EventIDTests {
  @Test(arguments: [false, true]) func readsWhatItWrote(isBurst: Bool) {
    let id = EventID(source: 0x0123_4567_89ab_cdef, detail: 0xfedc_ba98_7654_3210, isBurst: isBurst)
    var text: [UInt8] = []
    id.append(to: &text)
    #expect(String(decoding: text, as: UTF8.self) == "0123456789abcdef.ba9876543210" + (isBurst ? ".burst" : ""))
    #expect(EventID(text) == id)
    #expect(EventID(text.dropLast()) == nil)
  }

  @Test func kindsAndKeysHaveTheirNames() {
    for kind in EventKind.allCases { #expect(EventKind(name: kind.name.description) == kind) }
    for key in FieldKey.allCases { #expect(FieldKey(name: key.name.description) == key) }
    #expect(EventKind.accountImpersonated.defaultLevel == .high)
    #expect(EventKind.bridgeStopped.name.description == "bridge.stopped")
    #expect(EventKind.sendDiscarded.name.description == "send.discarded")
  }
}
