import AuditModel

/// How many events were written, by daemon and kind.
package struct EventCounts: Sendable, Equatable {
  /// By the names that records have.
  package private(set) var byDaemon: [String: [EventKind: UInt64]] = [:]

  mutating func count(_ event: AuditEvent) {
    byDaemon[event.fields[.daemon].map { String(decoding: $0, as: UTF8.self) } ?? "", default: [:]][
      event.kind, default: 0] += 1
  }

  package var byKind: [EventKind: UInt64] {
    byDaemon.values.reduce(into: [:]) { sum, counts in sum.merge(counts, uniquingKeysWith: +) }
  }

  // MARK: - As lines of the status file: events.DAEMON.KIND=NUMBER

  static let prefix = "events."

  var lines: [String] {
    byDaemon.sorted { $0.key < $1.key }.flatMap { daemon, counts in
      counts.sorted { $0.key.name.description < $1.key.name.description }
        .map { "\(Self.prefix)\(daemon).\($0.key.name)=\($0.value)\n" }
    }
  }

  /// - Parameter name: behind the prefix.
  mutating func read(_ name: Substring, _ value: String) {
    // A kind's name has one dot, a daemon's may have some.
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 3, let count = UInt64(value),
      let kind = EventKind(name: parts.suffix(2).joined(separator: "."))
    else { return }
    byDaemon[parts.dropLast(2).joined(separator: "."), default: [:]][kind] = count
  }
}
