import AuditFiles
import AuditModel

/// The ids of the lines that day files had before, for a merge: read when a file is first appended to.
///
/// Events come nearly in the order of time, so that only the files of a day or two are asked for at a time: when too
/// many ids are held, all are given back and read again where they are still wanted.
struct PresentLines {
  /// An id in 16 bytes; the detail has 48 bits, so that the burst's flag fits above it.
  private struct Packed: Comparable {
    var source: UInt64
    var detail: UInt64

    init(_ id: EventID) {
      source = id.source
      detail = id.detail | (id.isBurst ? 1 << 63 : 0)
    }

    static func < (left: Packed, right: Packed) -> Bool {
      left.source != right.source ? left.source < right.source : left.detail < right.detail
    }
  }

  private var sets: [PendingLines.Key: [Packed]] = [:]
  private var total = 0
  /// 24 MB of ids.
  private static let maximumTotal = 1_500_000

  /// Whether a day's file has the line; nil when the file was not read.
  func contains(_ id: EventID, in key: PendingLines.Key) -> Bool? {
    guard let set = sets[key] else { return nil }
    if set.isEmpty { return false }
    let wanted = Packed(id)
    var low = 0
    var high = set.count
    while low < high {
      let middle = (low + high) / 2
      if set[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return low < set.count && set[low] == wanted
  }

  mutating func insert(_ ids: [EventID], for key: PendingLines.Key) {
    // A file of no lines counts too: a million empty sets are no less memory.
    if total + ids.count > Self.maximumTotal { removeAll() }
    sets[key] = ids.map(Packed.init).sorted()
    total += ids.count + 16
  }

  mutating func removeAll() {
    sets = [:]
    total = 0
  }
}
