import AuditModel
import Platform

/// What an event must be like to be shown.
struct EventFilter: Sendable {
  /// Microseconds since 1970.
  var since: UInt64?
  var until: UInt64?
  var kinds = KindFilter()
  var addresses: [AddressFilter] = []
  var services: [[UInt8]] = []
  var level: Level?
  /// In lower case.
  var text: [UInt8]?
  /// All of them have to fit.
  var values: [ValueFilter] = []

  /// The time about which an answer says something: what was asked for, as far as there is a bound, else from the first
  /// event that was found.
  func shownTimes(of found: [AuditEvent]) -> ClosedRange<UInt64> {
    let first = since ?? found.first?.time ?? 0
    return first...max(first, until ?? .max - 1)
  }

  func accepts(_ event: AuditEvent) -> Bool {
    if let since, event.time < since { return false }
    if let until, event.time > until { return false }
    if let level, event.level < level { return false }
    if !kinds.accepts(event.kind) { return false }
    if !addresses.isEmpty {
      guard let address = event.fields[.ip], addresses.contains(where: { $0.accepts(address) }) else { return false }
    }
    if !services.isEmpty, !services.contains(where: { event.fields[.service]?.elementsEqual($0) == true }) {
      return false
    }
    if !values.allSatisfy({ $0.accepts(event) }) { return false }
    if let text { return contains(text, event) }
    return true
  }

  private func contains(_ text: [UInt8], _ event: AuditEvent) -> Bool {
    if event.kind.name.description.contains(String(decoding: text, as: UTF8.self)) { return true }
    var isFound = Self.contains(text, in: event.unknownKeys)
    event.fields.forEachField { _, value in
      isFound = isFound || Self.contains(text, in: value)
    }
    return isFound
  }

  /// - Parameter text: in lower case.
  private static func contains(_ text: [UInt8], in value: some Collection<UInt8>) -> Bool {
    guard value.count >= text.count else { return false }
    let lowered = value.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
    return lowered.indices.dropLast(max(0, text.count - 1)).contains { lowered[$0...].starts(with: text) }
  }
}
