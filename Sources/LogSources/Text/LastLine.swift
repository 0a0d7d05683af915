/// The line before, for a syslog daemon's `last message repeated 4 times`. Only a line that was wanted is kept.
struct LastLine {
  private var line: TextLine?
  private var bytes: [UInt8] = []

  mutating func remember(_ line: TextLine, of bytes: UnsafeRawBufferPointer, isWanted: Bool) {
    self.line = isWanted ? line : nil
    guard isWanted else { return }
    self.bytes.removeAll(keepingCapacity: true)
    self.bytes.append(contentsOf: bytes)
  }

  /// The line, when it was of the same host.
  func line(ofHost host: Slice<UnsafeRawBufferPointer>) -> (TextLine, [UInt8])? {
    guard let line, bytes[line.host].elementsEqual(host) else { return nil }
    return (line, bytes)
  }
}
