import Correlation
import LogSources

/// What an ingestor's checkpoint keeps: chunks of the length of the remembered lines (4 bytes, little-endian), those
/// lines, and the correlator's records.
enum IngestState {
  static func encode(lines: [UInt8], records: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(lines.count).littleEndian) { Array($0) } + lines + records
  }

  /// Takes a chunk up; false when it is damaged.
  static func restore(_ chunk: [UInt8], correlator: Correlator, recent: inout RecentLines) -> Bool {
    guard chunk.count >= 4 else { return false }
    let length = chunk[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= chunk.count - 4 else { return false }
    return recent.restore(chunk[4..<(4 + length)]) && correlator.restore(Array(chunk[(4 + length)...]))
  }
}
