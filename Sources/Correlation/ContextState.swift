import AuditModel
import RuleTable

/// Context records in a checkpoint.
extension Correlator {
  func encode(_ record: ContextRecord) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(record.expires)
    writer.write(record.ttl)
    writer.write(record.fields.bytes)
    writer.write(record.alias?.bytes ?? [])
    return writer.bytes
  }

  func decodeContext(_ bytes: [UInt8]) -> ContextRecord? {
    var reader = ByteReader(bytes)
    guard let expires = reader.number(UInt64.self), let ttl = reader.number(UInt64.self),
      let fields = reader.string().flatMap(renumbered), let alias = reader.string()
    else { return nil }
    return ContextRecord(
      fields: fields, expires: expires, ttl: ttl, alias: alias.isEmpty ? nil : storedKey(alias))
  }
}
