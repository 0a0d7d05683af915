import Glibc
import Platform

/// How far a replay has come, on standard error while a person looks at it, and gone without a trace at the end.
package struct ProgressBar {
  /// Redrawn at most this often, in microseconds.
  static let interval: UInt64 = 100_000
  /// The clock is asked once in so many entries: a replay reads a million a second.
  static let entriesPerLook: UInt64 = 256

  private let range: ClosedRange<UInt64>
  private let terminal: Terminal
  private let isShown: Bool
  private let monotonicTime: () -> UInt64
  private let start: UInt64
  private var entries: UInt64 = 0
  private var fraction = 0.0
  private var lastDrawn: UInt64?

  /// - Parameters:
  ///   - first, last: the times of the range's first and last entry, in microseconds since 1970.
  ///   - isHidden: keeps it off the terminal, as where output and progress would mix on one.
  ///   - monotonicTime: microseconds of a clock that is never set.
  package init(
    first: UInt64, last: UInt64, isHidden: Bool = false, terminal: Terminal = .standardError,
    monotonicTime: @escaping () -> UInt64 = SystemClock.monotonic
  ) {
    range = first...max(first, last)
    self.terminal = terminal
    isShown = !isHidden && terminal.isTerminal && !terminal.isDumb
    self.monotonicTime = monotonicTime
    start = monotonicTime()
  }

  /// Counts one entry with its time, in microseconds since 1970.
  package mutating func advance(to time: UInt64) {
    guard isShown else { return }
    entries += 1
    guard entries.isMultiple(of: Self.entriesPerLook) else { return }
    let now = monotonicTime()
    guard now >= (lastDrawn ?? start) + Self.interval else { return }
    lastDrawn = now
    // Clocks step back in journals; the bar does not.
    fraction = max(fraction, Self.fraction(of: time, in: range))
    let elapsed = Double(now - start) / 1_000_000
    write("\r" + Self.line(fraction: fraction, entries: entries, elapsed: elapsed, width: terminal.width) + "\u{1B}[K")
  }

  /// Erases the bar; needed before anything else is written to the terminal.
  package mutating func finish() {
    guard lastDrawn != nil else { return }
    lastDrawn = nil
    write("\r\u{1B}[K")
  }

  static func fraction(of time: UInt64, in range: ClosedRange<UInt64>) -> Double {
    let length = range.upperBound - range.lowerBound
    guard length > 0 else { return 1 }
    let clamped = min(max(time, range.lowerBound), range.upperBound)
    return Double(clamped - range.lowerBound) / Double(length)
  }

  /// ` 42% [####------] 1234567 entries, 0:07 left`, one column shorter than the terminal, so that it never wraps.
  static func line(fraction: Double, entries: UInt64, elapsed: Double, width: Int) -> String {
    let percent = String(Int(fraction * 100))
    let before = String(repeating: " ", count: 3 - percent.count) + percent + "% "
    var after = " \(entries) entries"
    // A guess from the first moments would be wild.
    if fraction >= 0.01, elapsed >= 1 {
      let left = Int(min(elapsed * (1 - fraction) / fraction, 359_999))
      after += ", \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    let room = min(40, width - 1 - before.count - after.count - 2)
    guard room >= 5 else { return String((before + after.dropFirst()).prefix(max(0, width - 1))) }
    let done = Int(fraction * Double(room))
    let bar = String(repeating: "#", count: done) + String(repeating: "-", count: room - done)
    return before + "[" + bar + "]" + after
  }

  /// One write, so that the line appears whole. What cannot be written is only a bar.
  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(terminal.descriptor, bytes, bytes.count)
  }
}
