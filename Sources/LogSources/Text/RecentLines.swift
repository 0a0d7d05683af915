/// The last lines that were taken, so that those which a syslog daemon sends again are known.
///
/// A line that begins with `@TOKEN ` is known by the token, which the syslog daemon gives each message once and sends
/// again with it. Without tokens lines that are alike are counted: only as many are taken for sent again
/// as may be.
public struct RecentLines: Sendable {
  /// One line that was taken.
  public struct Line: Sendable, Equatable {
    /// A hash of the token, or of the whole line without one.
    public var mark: UInt64
    public var hasToken: Bool
    /// What the number among lines alike is counted by.
    public var identity: TextEntryAssembler.Identity

    public init(mark: UInt64, hasToken: Bool, identity: TextEntryAssembler.Identity) {
      self.mark = mark
      self.hasToken = hasToken
      self.identity = identity
    }
  }

  /// How many lines are remembered. A syslog daemon sends again what it has in flight: a batch, a thousand at the most
  /// unless another is given.
  public static let defaultCapacity = 16_384

  private let capacity: Int
  private var lines: [Line] = []
  /// Where the oldest of them is, once there are as many as there may be.
  private var oldest = 0
  private var tokens: Set<UInt64> = []
  /// Lines without a token that may come again, and how often.
  private var expected: [UInt64: Int] = [:]
  /// Lines without a token since the last acknowledgement.
  private var unacknowledged: [UInt64] = []
  /// Lines since the last saving.
  private var unsaved: [Line] = []

  public init(capacity: Int = Self.defaultCapacity) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  /// The lines, oldest first.
  public var all: [Line] { Array(lines[oldest...] + lines[..<oldest]) }

  /// Takes a line's token off: what follows it, and what the line is known by.
  public static func separate(_ line: UnsafeRawBufferPointer) -> (
    rest: UnsafeRawBufferPointer, mark: UInt64, hasToken: Bool
  ) {
    guard line.first == UInt8(ascii: "@"), let space = line.prefix(tokenLimit).firstIndex(of: UInt8(ascii: " ")),
      space > 1
    else { return (line, LineHash.of(line), false) }
    let token = UnsafeRawBufferPointer(rebasing: line[1..<space])
    return (UnsafeRawBufferPointer(rebasing: line[(space + 1)...]), LineHash.of(token), true)
  }

  private static let tokenLimit = 130

  /// From here on every line may come again: which ones the syslog daemon knows as taken is not known after a start.
  public mutating func expectAll() {
    expected = [:]
    for line in lines where !line.hasToken { expected[line.mark, default: 0] += 1 }
  }

  /// From here on the lines since the last acknowledgement may come again.
  public mutating func expectUnacknowledged() {
    expected = [:]
    for mark in unacknowledged { expected[mark, default: 0] += 1 }
  }

  /// The syslog daemon knows that what was taken so far is durable.
  public mutating func acknowledge() { unacknowledged.removeAll(keepingCapacity: true) }

  /// No line without a token comes again from here on.
  public mutating func expectNothing() { expected = [:] }

  /// Whether a line was taken already. One without a token counts once for each time that it was taken.
  public mutating func takesAgain(mark: UInt64, hasToken: Bool) -> Bool {
    if hasToken { return tokens.contains(mark) }
    guard let count = expected[mark], count > 0 else { return false }
    expected[mark] = count - 1
    return true
  }

  /// Remembers a line.
  public mutating func insert(_ line: Line) {
    keep(line)
    unsaved.append(line)
    if !line.hasToken, unacknowledged.count < capacity { unacknowledged.append(line.mark) }
  }

  private mutating func keep(_ line: Line) {
    if line.hasToken { tokens.insert(line.mark) }
    guard lines.count == capacity else { return lines.append(line) }
    if lines[oldest].hasToken { tokens.remove(lines[oldest].mark) }
    lines[oldest] = line
    oldest = (oldest + 1) % capacity
  }

  // MARK: Saving

  private static let recordLength = 25

  /// All lines, for a new snapshot; what was to be saved is forgotten.
  public mutating func encodeAll() -> [UInt8] {
    unsaved.removeAll(keepingCapacity: true)
    return Self.encode(all)
  }

  /// The lines since the last saving.
  public mutating func encodeChanges() -> [UInt8] {
    defer { unsaved.removeAll(keepingCapacity: true) }
    return Self.encode(unsaved)
  }

  /// Takes up what was saved, in its order; false when it is damaged.
  public mutating func restore(_ bytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(bytes)
    guard bytes.count % Self.recordLength == 0 else { return false }
    for start in stride(from: 0, to: bytes.count, by: Self.recordLength) {
      func number(_ offset: Int) -> UInt64 {
        bytes[(start + offset)..<(start + offset + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
      let second = Int(Int64(bitPattern: number(9)))
      keep(
        Line(
          mark: number(1), hasToken: bytes[start] == 1,
          identity: TextEntryAssembler.Identity(second: second, hash: number(17))))
    }
    return true
  }

  /// For each line whether it had a token (1 byte), then mark, second and hash, 8 bytes each, little-endian.
  private static func encode(_ lines: some Collection<Line>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lines.count * recordLength)
    for line in lines {
      bytes.append(line.hasToken ? 1 : 0)
      for number in [line.mark, UInt64(bitPattern: Int64(line.identity.second)), line.identity.hash] {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }
}
