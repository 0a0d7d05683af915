import AuditFiles
import AuditModel

/// Any line for the reader, and any fields for the writer: what was read or written is read as the same again.
enum Record {
  static func run(_ input: UnsafeBufferPointer<UInt8>) {
    let bytes = Array(input)
    let decoder = RecordDecoder()
    _ = decoder.identity(of: bytes)
    if let event = try? decoder.decode(bytes) { RecordCheck.check(event) }
    guard let first = bytes.first, let fields = FieldSet(bytes: Array(bytes.dropFirst())) else { return }
    let kind = EventKind.allCases[Int(first) % EventKind.allCases.count]
    RecordCheck.check(
      AuditEvent(
        id: EventID(source: UInt64(bytes.count), detail: UInt64(first), isBurst: first & 1 == 1),
        time: UInt64(first) << 55 | UInt64(bytes.count), kind: kind, level: .normal, fields: fields))
  }
}
