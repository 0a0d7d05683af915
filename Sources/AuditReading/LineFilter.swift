import AuditFiles
import AuditModel
import Platform

/// What the bytes of a line must have for its record to be decoded. It lets lines pass that are none of those that are
/// sought, and never keeps one back that is.
package struct LineFilter: Sendable {
  /// What is sought in all of the line.
  package enum Sought: Sendable {
    /// Nothing: only what stands in front of a record counts.
    case anything
    /// One of these texts. They fold case all or none.
    case texts([SoughtText])
    /// A value of the key `ip` that the function takes. It is given the bytes between the quotation marks.
    case address(@Sendable (UnsafeRawBufferPointer) -> Bool)
  }

  package var sought = Sought.anything
  /// Whether a text is sought in keys of another version too, not only in values of known ones.
  package var seeksOtherKeys = false
  /// Microseconds since 1970.
  package var times: ClosedRange<UInt64> = 0...UInt64.max
  package var level: Level?
  /// Whether a kind is wanted, by its name, which this version need not know; nil for all.
  package var wantsKind: (@Sendable (UnsafeRawBufferPointer) -> Bool)?

  package init() {}

  /// A text of which nothing can be sought makes the others of no use.
  package static func sought(oneOf texts: [SoughtText]) -> Sought {
    texts.isEmpty || texts.contains { $0.bytes.isEmpty } ? .anything : .texts(texts)
  }
}
