import Glibc

/// The time zone that decides to which day's file an event belongs (`audit.time-zone`).
package enum TimeZoneSetting: Sendable, Hashable {
  /// The machine's own (localtime(5)).
  case local
  case utc
  /// A name of the IANA database that this machine has: `Europe/Berlin`.
  case named(String)

  /// Where the zones of tzfile(5) are installed.
  static let databaseDirectory = "/usr/share/zoneinfo"

  /// Reads a name; nil when there is no such zone in the database, where the C library would silently take UTC.
  init?(_ name: String, databaseDirectory: String = databaseDirectory) {
    switch name.lowercased() {
    case "local": self = .local
    case "utc": self = .utc
    default:
      guard Self.isWellFormed(name), Self.isZoneFile("\(databaseDirectory)/\(name)") else { return nil }
      self = .named(name)
    }
  }

  /// Whether the name can be one: no path that leaves the database.
  private static func isWellFormed(_ name: String) -> Bool {
    let isAllowed = name.utf8.allSatisfy { byte in
      (byte | 32) >= 97 && (byte | 32) <= 122 || byte >= 48 && byte <= 57 || "+-_/".utf8.contains(byte)
    }
    return isAllowed && !name.split(separator: "/", omittingEmptySubsequences: false).contains("")
  }

  /// Files of the database begin with `TZif` (RFC 8536); it holds lists and directories too.
  private static func isZoneFile(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var magic = [UInt8](repeating: 0, count: 4)
    return read(descriptor, &magic, magic.count) == magic.count && magic == Array("TZif".utf8)
  }
}
