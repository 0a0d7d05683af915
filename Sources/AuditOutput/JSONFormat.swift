import AuditFiles
import AuditModel

/// The record as it is stored, a line each: `json`.
struct JSONFormat: EventFormat {
  func write(_ event: AuditEvent, to output: inout [UInt8]) { RecordEncoder().append(event, to: &output) }
}
