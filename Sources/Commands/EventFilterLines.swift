import AuditModel
import AuditReading

extension EventFilter {
  /// What the bytes of a line must have for its event to be one that this filter accepts.
  var lineFilter: LineFilter {
    var lines = LineFilter()
    if let since { lines.times = since...max(since, until ?? .max) } else if let until { lines.times = 0...until }
    lines.level = level
    if !kinds.isEmpty {
      let kinds = kinds.map { Array($0.utf8) }
      lines.wantsKind = { name in
        kinds.contains { name.starts(with: $0) && (name.count == $0.count || name[$0.count] == UInt8(ascii: ".")) }
      }
    }
    if let text {
      lines.sought = LineFilter.sought(oneOf: [SoughtText(text, foldsCase: true)])
      lines.seeksOtherKeys = true
    } else if !addresses.isEmpty {
      let addresses = addresses
      lines.sought = .address { value in addresses.contains { $0.accepts(value) } }
    }
    return lines
  }
}
