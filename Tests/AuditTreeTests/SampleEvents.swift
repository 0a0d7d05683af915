import AuditFiles
import AuditModel
import Testing

func mailbox(_ address: String) -> TrailOwner { .mailbox(MailboxAddress(Array(address.utf8))!) }

/// 2026-03-01T10:00:00Z.
let sampleTime: UInt64 = 1_772_359_200_000_000

func sampleEvent(_ number: Int, time: UInt64? = nil, text: String = "hello") -> AuditEvent {
  var fields = FieldSet()
  fields.set(.mailbox, to: "ann@example.org")
  fields.set(.ip, to: "192.0.2.\(number % 256)")
  fields.set(.uids, to: "\(number + 1)")
  fields.set(.reason, to: text)
  var hash = StableHash()
  hash.combine(UInt64(number))
  return AuditEvent(
    id: EventID(source: hash.value, detail: UInt64(number)), time: time ?? sampleTime + UInt64(number) * 1_000_000,
    kind: .messageExpunged, level: .normal, fields: fields)
}

func line(_ event: AuditEvent) -> [UInt8] {
  var bytes: [UInt8] = []
  RecordEncoder().append(event, to: &bytes)
  return bytes
}

/// A small generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    var hash = StableHash()
    hash.combine(state)
    state &+= 1
    return hash.value
  }
}
