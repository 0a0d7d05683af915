/// The line before, for a syslog daemon's `last message repeated 4 times`. Only a line that was wanted is kept.
struct LastLine {
  private var line: TextLine?
  private var bytes: [UInt8] = []
  /// How often it may still be repeated: a log of such lines alone must not grow to many times its size.
  private var left = 0

  mutating func remember(_ line: TextLine, of bytes: UnsafeRawBufferPointer, isWanted: Bool) {
    self.line = isWanted ? line : nil
    guard isWanted else { return }
    self.bytes.removeAll(keepingCapacity: true)
    self.bytes.append(contentsOf: bytes)
    left = TextLine.repetitionLimit
  }

  /// The line, and how often it counts, when it was of the same host.
  mutating func take(_ count: Int, ofHost host: Slice<UnsafeRawBufferPointer>) -> (TextLine, [UInt8], count: Int)? {
    guard let line, bytes[line.host].elementsEqual(host) else { return nil }
    let count = min(count, left)
    left -= count
    return (line, bytes, count)
  }
}
