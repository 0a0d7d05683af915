import AuditModel
import RuleTable

/// Windows of failed logins in a checkpoint.
extension Correlator {
  func encode(_ burst: Burst) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(burst.first.source)
    writer.write(burst.first.detail)
    writer.write(burst.end)
    writer.write(burst.count)
    switch burst.owner {
    case .mailbox(let address):
      writer.write(UInt8(1))
      writer.write(address.bytes)
    case .unknown, .bridge:
      writer.write(UInt8(0))
      writer.write([] as [UInt8])
    case .panel(let account):
      writer.write(UInt8(2))
      writer.write(account)
    case .local(let user):
      writer.write(UInt8(3))
      writer.write(user)
    }
    guard let last = burst.last else { return writer.bytes }
    writer.write(last.time)
    writer.write(last.id.source)
    writer.write(last.id.detail)
    writer.write(Array(last.kind.name.description.utf8))
    writer.write(last.level.rawValue)
    writer.write(last.fields.bytes)
    return writer.bytes
  }

  func decodeBurst(_ bytes: [UInt8]) -> Burst? {
    var reader = ByteReader(bytes)
    guard let source = reader.number(UInt64.self), let detail = reader.number(UInt64.self),
      let end = reader.number(UInt64.self), let count = reader.number(UInt64.self),
      let ownerKind = reader.number(UInt8.self), let ownerBytes = reader.string()
    else { return nil }
    let owner: TrailOwner
    switch ownerKind {
    case 1:
      guard let address = MailboxAddress(ownerBytes) else { return nil }
      owner = .mailbox(address)
    case 2: owner = .panel(ownerBytes)
    case 3: owner = .local(ownerBytes)
    default: owner = .unknown
    }
    var burst = Burst(first: EventID(source: source, detail: detail), end: end, owner: owner, last: nil, count: count)
    if reader.isAtEnd { return burst }
    guard let time = reader.number(UInt64.self), let lastSource = reader.number(UInt64.self),
      let lastDetail = reader.number(UInt64.self), let name = reader.string(),
      let kind = EventKind(name: String(decoding: name, as: UTF8.self)),
      let level = reader.number(UInt8.self).flatMap(Level.init), let fields = reader.string().flatMap(renumbered)
    else { return nil }
    burst.last = AuditEvent(
      id: EventID(source: lastSource, detail: lastDetail), time: time, kind: kind, level: level, fields: fields)
    return burst
  }
}
