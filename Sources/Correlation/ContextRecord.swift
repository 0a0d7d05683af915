import AuditModel

/// Something that one line said and others need: what the rule language calls a context.
struct ContextRecord: Sendable {
  var fields: FieldSet
  /// Entry time at which it is forgotten, microseconds.
  var expires: UInt64
  /// How long it is kept after the mention that `expires` counts from.
  var ttl: UInt64
  /// The key of the record that this key means instead.
  var alias: ContextKey?
}
