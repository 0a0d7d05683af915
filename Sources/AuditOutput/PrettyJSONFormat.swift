import AuditFiles
import AuditModel

/// The record with one key a line, as journalctl's `json-pretty`.
struct PrettyJSONFormat: EventFormat {
  func write(_ event: AuditEvent, to output: inout [UInt8]) {
    var line: [UInt8] = []
    RecordEncoder().append(event, to: &line)
    var isQuoted = false
    var isEscaped = false
    var depth = 0
    for byte in line.dropLast() {
      if isEscaped {
        isEscaped = false
        output.append(byte)
        continue
      }
      if byte == UInt8(ascii: "\\") { isEscaped = true }
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted {
        output.append(byte)
        continue
      }
      switch byte {
      case UInt8(ascii: "{"):
        output += Array("{\n    ".utf8)
        depth += 1
      case UInt8(ascii: "}"): output += Array("\n}".utf8)
      case UInt8(ascii: "["):
        depth += 1
        output.append(byte)
      case UInt8(ascii: "]"):
        depth -= 1
        output.append(byte)
      case UInt8(ascii: ","): output += depth == 1 ? Array(",\n    ".utf8) : Array(", ".utf8)
      case UInt8(ascii: ":"): output += Array(": ".utf8)
      default: output.append(byte)
      }
    }
    output.append(10)
  }
}
