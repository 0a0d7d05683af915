import Configuration
import Glibc
import Platform
import RuleTable
import Synchronization

/// Which tables count for this machine's journal: those of programs that are installed, or that the configuration names.
///
/// A daemon with units of its own needs no look: its entries come from them, or are not believed. A webmail's come from
/// PHP's or the web server's, where every application may log under any name; so its table counts where it is installed.
/// Asked when an entry comes, so that what is installed later counts from then on.
package final class InstalledTables: Sendable {
  /// Why a table counts or does not.
  package enum State: Equatable, Sendable {
    /// `rules.tables.on` or `off`.
    case switchedOn, switchedOff
    /// At this path.
    case found(String)
    /// At this path, where only root sees it: not the collector.
    case hidden(String)
    /// At none of the paths that the table names.
    case absent
    /// It names none.
    case always
  }

  private let settings: Configuration.Tables
  private let paths: [String: [String]]
  private struct Known {
    var state: State
    /// The time, µs since the boot, until which nobody looks again for what was not found.
    var until: UInt64

    var isLasting: Bool { if case .found = state { true } else { false } }
  }

  private let known = Mutex<[String: Known]>([:])
  private static let timeToLive: UInt64 = 60_000_000

  package init(_ table: CompiledTable, _ rules: Configuration.Rules) {
    settings = rules.tables
    var paths: [String: [String]] = [:]
    for table in table.tables { paths[table.name, default: []] += table.installed.map(\.text) }
    self.paths = paths
  }

  /// Whether the table counts for this machine's entries.
  func isOn(_ table: String) -> Bool {
    switch state(of: table) {
    case .switchedOff, .hidden, .absent: false
    case .switchedOn, .found, .always: true
    }
  }

  /// Whether the table does not count because its program was not found.
  package func isMissing(_ table: String) -> Bool {
    switch state(of: table) {
    case .hidden, .absent: true
    case .switchedOff, .switchedOn, .found, .always: false
    }
  }

  package func state(of table: String) -> State {
    if settings.off.contains(table) { return .switchedOff }
    if settings.on.contains(table) { return .switchedOn }
    guard let paths = paths[table], !paths.isEmpty else { return .always }
    let now = SystemClock.monotonic()
    return known.withLock { known in
      if let known = known[table], known.isLasting || now < known.until { return known.state }
      let state = Self.look(at: paths)
      known[table] = Known(state: state, until: now + Self.timeToLive)
      return state
    }
  }

  private static func look(at patterns: [String]) -> State {
    let found = patterns.flatMap(Self.found)
    if let path = found.first(where: isVisible) { return .found(path) }
    return found.first.map(State.hidden) ?? .absent
  }

  /// The paths that fit a pattern.
  private static func found(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in found.gl_pathv[index].map { String(cString: $0) } }
  }

  /// Whether a user without privileges, as the collector is, sees what is at a path: a replay or `doctor` of root's must
  /// not find more than the collector does.
  private static func isVisible(_ path: String) -> Bool {
    guard geteuid() == 0 else { return true }
    var status = stat()
    let parts = path.split(separator: "/").dropLast()
    return parts.indices.allSatisfy { last in
      stat("/" + parts[...last].joined(separator: "/"), &status) == 0 && status.st_mode & 0o5 == 0o5
    }
  }
}
