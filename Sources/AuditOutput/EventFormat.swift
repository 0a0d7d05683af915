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
  case verbose
  case json
  case jsonPretty = "json-pretty"
  case csv

  package func format(_ presentation: Presentation) -> any EventFormat {
    switch self {
    case .short: ShortFormat(isISO: false, presentation: presentation)
    case .shortISO: ShortFormat(isISO: true, presentation: presentation)
    case .verbose: VerboseFormat(presentation: presentation)
    case .json: JSONFormat()
    case .jsonPretty: PrettyJSONFormat()
    case .csv: CSVFormat()
    }
  }

  /// Whether it is for people, so that hints and headings may stand around the events.
  package var isForPeople: Bool {
    switch self {
    case .short, .shortISO, .verbose: true
    case .json, .jsonPretty, .csv: false
    }
  }
}
