import AuditModel

/// One way to print events: `begin`, then `write` for each event, then `finish`. One file a format.
package protocol EventFormat {
  /// What stands above the first event.
  func begin(_ output: inout [UInt8])
  func write(_ event: AuditEvent, to output: inout [UInt8])
  /// What stands below the last event.
  func finish(_ output: inout [UInt8])
}

extension EventFormat {
  package func begin(_ output: inout [UInt8]) {}
  package func finish(_ output: inout [UInt8]) {}
}

/// The formats by the names that `--output` takes.
package enum OutputFormat: String, CaseIterable, Sendable {
  case short
  case shortISO = "short-iso"
  case json
  case jsonPretty = "json-pretty"
  case csv

  /// - Parameters:
  ///   - usesColor: whether the reader is a terminal that shows colours.
  ///   - showsMailbox: whether lines for people name the mailbox: needless in the trail of one.
  package func format(usesColor: Bool, showsMailbox: Bool) -> any EventFormat {
    switch self {
    case .short: ShortFormat(isISO: false, usesColor: usesColor, showsMailbox: showsMailbox)
    case .shortISO: ShortFormat(isISO: true, usesColor: usesColor, showsMailbox: showsMailbox)
    case .json: JSONFormat()
    case .jsonPretty: PrettyJSONFormat()
    case .csv: CSVFormat()
    }
  }
}
