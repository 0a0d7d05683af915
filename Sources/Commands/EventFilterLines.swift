import AuditModel
import AuditReading

extension EventFilter {
  /// What the bytes of a line must have for its event to be one that this filter accepts.
  ///
  /// One part of the filter is sought in all of the bytes, the one with the longest text, which is the quickest and the
  /// rarest; the others are left to `accepts`.
  var lineFilter: LineFilter {
    var lines = LineFilter()
    if let since { lines.times = since...max(since, until ?? .max) } else if let until { lines.times = 0...until }
    lines.level = level
    let kinds = kinds
    if !kinds.isEmpty { lines.wantsKind = { kinds.accepts(name: $0) } }
    let (sought, isText) = longestSought
    if Self.length(sought) > 0 {
      lines.sought = LineFilter.sought(oneOf: sought)
      lines.seeksOtherKeys = isText
    } else if !addresses.isEmpty {
      let addresses = addresses
      lines.sought = .address { value in addresses.contains { $0.accepts(value) } }
    }
    return lines
  }

  private var longestSought: (sought: [SoughtText], isText: Bool) {
    let text = text.map { [SoughtText($0, foldsCase: true)] } ?? []
    let best = values.map(\.sought).max { Self.length($0) < Self.length($1) } ?? []
    return Self.length(text) > Self.length(best) ? (text, true) : (best, false)
  }

  /// The length of the shortest of the texts.
  private static func length(_ sought: [SoughtText]) -> Int { sought.map(\.length).min() ?? 0 }
}
