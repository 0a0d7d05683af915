import LogSources

/// May we read the journal, and did journald drop messages of mail daemons of late?
struct SuppressionCheck {
  /// What of the journal to look at.
  let request: JournalRequest
  /// Whether a unit's messages matter here.
  let isMailUnit: (String) -> Bool
  /// Now, in microseconds since 1970.
  let now: UInt64

  func findings() -> [Finding] {
    let reader: JournalReader
    do { reader = try JournalReader(request, interest: Nothing()) } catch {
      return [
        Finding(
          .bad, "journal", "\(error)",
          remedy: ["usermod -aG systemd-journal USER      (or run this as root)"])
      ]
    }
    var dropped: [String: UInt64] = [:]
    var newest: UInt64 = 0
    let batch = EntryBatch()
    do {
      while true {
        let outcome = try reader.read(into: batch, limit: 4096)
        for entry in batch.entries {
          newest = max(newest, entry.realtime)
          guard entry.isSuppressionNotice else { continue }
          let unit = batch.text(of: entry.objectUnit.isEmpty ? entry.unit : entry.objectUnit)
          if isMailUnit(unit) { dropped[unit, default: 0] += max(1, entry.droppedCount) }
        }
        if outcome == .end { break }
      }
    } catch { return [Finding(.bad, "journal", "\(error)")] }
    return [Finding(.good, "journal", "may be read")] + clock(newest) + drops(dropped)
  }

  /// Reads notices only.
  private final class Nothing: EntryInterest {
    func wants(identifier: UnsafeRawBufferPointer) -> Bool { false }
    func wants(command: UnsafeRawBufferPointer) -> Bool { false }
  }

  private func clock(_ newest: UInt64) -> [Finding] {
    guard newest > now + 60_000_000 else { return [] }
    return [
      Finding(
        .bad, "clock",
        "the journal has entries \((newest - now) / 1_000_000) seconds in the future: the clock was set back, or is wrong now",
        remedy: ["timedatectl set-ntp true"])
    ]
  }

  private func drops(_ dropped: [String: UInt64]) -> [Finding] {
    if dropped.isEmpty { return [Finding(.good, "journald", "dropped no message of a mail daemon in the last day")] }
    return dropped.sorted { $0.key < $1.key }.map { unit, count in
      Finding(
        .bad, "journald",
        "dropped \(count) messages of \(unit) in the last day: its rate limit is too low for this unit",
        remedy: ["systemctl edit \(unit):", "  [Service]", "  LogRateLimitIntervalSec=0"])
    }
  }
}
