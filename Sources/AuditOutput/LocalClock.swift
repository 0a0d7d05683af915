import AuditFiles
import Glibc

/// Times for people, in the local zone unless they ask for UTC.
package enum LocalClock {
  /// `Nov 21 02:33:55`, or `2026-11-21T02:33:55+0100`.
  package static func text(_ microseconds: UInt64, isISO: Bool, zone: DisplayZone = .local) -> String {
    text(microseconds, isISO ? "%Y-%m-%dT%H:%M:%S%z" : "%b %d %H:%M:%S", zone)
  }

  /// `Sat 2026-11-21 02:33:55.000123 CET`.
  package static func precise(_ microseconds: UInt64, zone: DisplayZone) -> String {
    let fraction = String(microseconds % 1_000_000)
    let digits = String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    return text(microseconds, "%a %Y-%m-%d %H:%M:%S.", zone) + digits + text(microseconds, " %Z", zone)
  }

  /// `2026-11-21 02:33:55`.
  package static func date(_ microseconds: UInt64) -> String { text(microseconds, "%Y-%m-%d %H:%M:%S", .local) }

  /// `2026-11-21T01:33:55.000123Z`.
  package static func utc(_ microseconds: UInt64) -> String {
    var bytes: [UInt8] = []
    RecordTime.append(microseconds, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func text(_ microseconds: UInt64, _ pattern: String, _ zone: DisplayZone) -> String {
    var seconds = time_t(microseconds / 1_000_000)
    var parts = tm()
    switch zone {
    case .local: localtime_r(&seconds, &parts)
    case .utc: gmtime_r(&seconds, &parts)
    }
    return format(&parts, pattern)
  }

  private static func format(_ parts: inout tm, _ pattern: String) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = strftime(&buffer, buffer.count, pattern, &parts)
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
