/// One line of a text log taken apart. The texts are ranges of the line's own bytes.
public struct TextLine: Sendable, Equatable {
  /// When it was written, by its own word.
  public var time: LineTime
  /// Empty when the line does not say it.
  public var host = 0..<0
  /// The syslog tag; empty where the format decides it.
  public var identifier = 0..<0
  /// -1 when the line does not say it.
  public var pid: Int32 = -1
  /// What the daemon said.
  public var message: Range<Int>
  /// Whose own format the line has, where another format's frame was taken off.
  public var daemon: TextLogFormat?
  /// Where a container's runtime says of the line whether it is whole, and of which stream.
  public var part = Part.none
  /// How often the syslog daemon says that it came again.
  public var repetition = Repetition.none
  /// A part in `message` that syslog would not have: Dovecot's `Info: `.
  public var omitted = 0..<0
  /// What the line holds, where it is no text itself.
  public var content = Content.line

  /// What the ranges are of.
  public enum Content: Sendable, Equatable {
    case line
    /// A text that stands in the line with escapes.
    case decoded([UInt8])
    /// Nothing: it is a whole entry of a journal.
    case entry(ExportedEntry)
  }

  /// The flags of the Container Runtime Interface's log files.
  public enum Part: Sendable, Equatable {
    case none
    /// More of the line follows.
    case cut(stream: UInt8)
    /// The line, or its last part, ends here.
    case end(stream: UInt8)
  }

  /// What a syslog daemon writes instead of equal lines.
  public enum Repetition: Sendable, Equatable {
    case none
    /// `last message repeated 4 times`: the line before came so often again.
    case ofLine(Int)
    /// rsyslog's `message repeated 3 times: [ … ]`: `message` is the text.
    case ofMessage(Int)
  }

  /// More than this nobody repeats within the time that syslog daemons wait.
  static let repetitionLimit = 1000
  /// Longer host names are none (RFC 1035).
  static let hostLimit = 255
  /// Longer syslog tags are none of a mail daemon's.
  static let identifierLimit = 128

  init(time: LineTime, message: Range<Int>) {
    self.time = time
    self.message = message
  }
}

// MARK: - What every format may have

extension TextLine {
  /// Takes off what rsyslog made of control characters at the line's end (`#015`, `#012`; its
  /// escapeControlCharactersOnReceive).
  mutating func trimEnd(in bytes: UnsafeRawBufferPointer) {
    while message.count >= 4, bytes[(message.upperBound - 4)..<(message.upperBound - 2)].elementsEqual("#0".utf8) {
      let last = (bytes[message.upperBound - 2], bytes[message.upperBound - 1])
      guard last == (UInt8(ascii: "1"), UInt8(ascii: "5")) || last == (UInt8(ascii: "1"), UInt8(ascii: "2")) else {
        break
      }
      message = message.lowerBound..<(message.upperBound - 4)
    }
    omitted = omitted.clamped(to: message)
  }

  /// Finds out whether the message stands for others that were alike.
  mutating func readRepetition(in bytes: UnsafeRawBufferPointer) {
    var cursor = LineCursor(bytes)
    cursor.index = message.lowerBound
    if identifier.isEmpty {
      guard cursor.skip(word: "last message repeated "), let count = cursor.number(limit: 7),
        cursor.skip(word: count == 1 ? " time" : " times") || cursor.skip(word: " time"),
        cursor.index == message.upperBound
      else { return }
      repetition = .ofLine(min(count, Self.repetitionLimit))
    } else if cursor.skip(word: "message repeated "), let count = cursor.number(limit: 7),
      cursor.skip(word: " times: [ "), bytes[message.upperBound - 1] == UInt8(ascii: "]")
    {
      repetition = .ofMessage(min(count, Self.repetitionLimit))
      message = cursor.index..<max(cursor.index, message.upperBound - 1)
    }
  }

  /// The same line in bytes that begin so much earlier.
  func moved(by count: Int) -> TextLine {
    func moved(_ range: Range<Int>) -> Range<Int> { (range.lowerBound + count)..<(range.upperBound + count) }
    var line = self
    (line.host, line.identifier) = (moved(host), moved(identifier))
    (line.message, line.omitted) = (moved(message), moved(omitted))
    return line
  }
}

// MARK: - Daemons' own formats

extension TextLine {
  /// `2026-03-03 18:07:03.123 +0100 [pid] 1tq…`: fraction, zone and pid as `log_selector` and `log_timezone` ask.
  static func exim(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    guard let time = LineTime.iso(&cursor), cursor.skip(" ") else { return nil }
    var line = TextLine(time: time, message: 0..<0)
    line.readPID(&cursor, open: "[", close: "]")
    line.message = cursor.index..<bytes.count
    return line
  }

  /// `Mar 03 18:07:03 imap-login: Info: …`; `log_timestamp` may ask for `%Y-%m-%d %H:%M:%S` instead.
  static func dovecot(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    let isNamed = cursor.byte > UInt8(ascii: "9")
    guard let time = isNamed ? LineTime.syslog(&cursor) : LineTime.iso(&cursor), cursor.skip(" ") else { return nil }
    var line = TextLine(time: time, message: cursor.index..<bytes.count)
    if let level = DovecotLevel.find(in: bytes, from: cursor.index), level.isInfo { line.omitted = level.range }
    return line
  }

  /// `Mar 03 18:07:03 2026 (pid) …`.
  static func mailman(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    guard var time = LineTime.syslog(&cursor), cursor.skip(" "), let year = cursor.digits(4), year >= 1970,
      cursor.skip(" "), cursor.byte == UInt8(ascii: "(")
    else { return nil }
    time.year = year
    var line = TextLine(time: time, message: 0..<0)
    line.readPID(&cursor, open: "(", close: ")")
    guard line.pid >= 0 else { return nil }
    line.message = cursor.index..<bytes.count
    return line
  }

  /// The three logs of cPanel. The message is the whole line: in one form the time stands in its middle.
  static func cpanel(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    if cursor.skip("[") {
      guard let time = LineTime.iso(&cursor), cursor.skip("]") else { return nil }
      return TextLine(time: time, message: 0..<bytes.count)
    }
    // The user's name is the client's word and may hold a bracket: what is no time is no end of it.
    while cursor.text(upTo: "[", limit: 1024) != nil {
      cursor.index += 1
      var inner = cursor
      if let time = LineTime.slashed(&inner), inner.skip(word: "] ") {
        return TextLine(time: time, message: 0..<bytes.count)
      }
    }
    return nil
  }

  /// `2026-03-03 18:07:03,123 INFO  [thread] …`; the message begins with the level.
  static func zimbra(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    guard let time = LineTime.iso(&cursor), cursor.skip(" ") else { return nil }
    // FATAL, ERROR, WARN, INFO, DEBUG, TRACE.
    guard "FEWIDT".utf8.contains(cursor.byte) else { return nil }
    return TextLine(time: time, message: cursor.index..<bytes.count)
  }

  /// `[02-Nov-2026 10:00:00 +0000]: <session> …`, each file of Roundcube's own.
  static func roundcube(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    guard cursor.skip("["), let time = LineTime.named(&cursor), cursor.skip(word: "]: ") else { return nil }
    return TextLine(time: time, message: cursor.index..<bytes.count)
  }

  /// `2026-11-02 10:00:00 #2934(normal) <tag>; task; …`; the message begins with the worker's name.
  static func rspamd(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    guard let time = LineTime.iso(&cursor), cursor.skip(word: " #"), let number = cursor.number(limit: 9),
      cursor.byte == UInt8(ascii: "(")
    else { return nil }
    var line = TextLine(time: time, message: cursor.index..<bytes.count)
    line.pid = Int32(number)
    return line
  }

  /// `2026-11-02T10:00:00+00:00 NOTICE: HORDE [imp] …`, Horde's own file; Horde 3 has `Nov 02 10:00:00 HORDE [notice] …`.
  static func horde(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    let isNumeric = cursor.byte &- 48 < 10
    guard let time = isNumeric ? LineTime.iso(&cursor) : LineTime.syslog(&cursor), cursor.skip(" ") else { return nil }
    if isNumeric {
      guard cursor.text(upTo: ":", limit: 8) != nil, cursor.skip(word: ": ") else { return nil }
    }
    guard cursor.skip(word: "HORDE ") || cursor.skip(word: "HORDE: ") else { return nil }
    return TextLine(time: time, message: cursor.index..<bytes.count)
  }

  /// `2026-11-02T10:00:00Z INFO Authentication successful (auth.success) …`; the message begins with the level.
  static func stalwart(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    guard let time = LineTime.iso(&cursor), time.offset != nil, cursor.skip(" ") else { return nil }
    let start = cursor.index
    let levels: [StaticString] = ["ERROR ", "WARN ", "INFO ", "DEBUG ", "TRACE "]
    guard levels.contains(where: { cursor.skip(word: $0) }) else { return nil }
    return TextLine(time: time, message: start..<bytes.count)
  }

  /// `2026-11-02T10:00:00.123Z smtp: accepted`, a tab, and JSON or nothing. What `io_debug` writes has no tab.
  static func maddy(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    guard let time = LineTime.iso(&cursor), cursor.index == "2026-11-02T10:00:00.123Z".utf8.count, time.offset == 0,
      cursor.skip(" ")
    else { return nil }
    let start = cursor.index
    guard cursor.text(upTo: "\t", limit: 1024) != nil, cursor.skip("\t"), cursor.isAtEnd || cursor.skip("{") else {
      return nil
    }
    return TextLine(time: time, message: start..<bytes.count)
  }

  /// `[123] ` or `(123) `; leaves the cursor when it is something else.
  private mutating func readPID(_ cursor: inout LineCursor, open: Unicode.Scalar, close: Unicode.Scalar) {
    var ahead = cursor
    guard ahead.skip(open), let number = ahead.number(limit: 9), ahead.skip(close), ahead.skip(" ") else { return }
    pid = Int32(number)
    cursor = ahead
  }
}

/// The word by which Dovecot's own log file says how grave a line is. Through syslog it writes all but `Info: `.
enum DovecotLevel {
  private static let words: [StaticString] = ["Info: ", "Warning: ", "Error: ", "Debug: ", "Fatal: ", "Panic: "]

  /// The word at the cursor.
  static func level(at cursor: LineCursor) -> (range: Range<Int>, isInfo: Bool)? {
    for (index, word) in words.enumerated() {
      var ahead = cursor
      if ahead.skip(word: word) { return (cursor.index..<ahead.index, index == 0) }
    }
    return nil
  }

  /// The first one that stands behind a `: `, or at the start.
  static func find(in bytes: UnsafeRawBufferPointer, from start: Int) -> (range: Range<Int>, isInfo: Bool)? {
    var cursor = LineCursor(bytes)
    cursor.index = start
    while !cursor.isAtEnd {
      if let found = level(at: cursor) { return found }
      guard cursor.text(upTo: ":", limit: bytes.count) != nil else { return nil }
      cursor.index += 1
      while !cursor.skip(" ") {
        guard cursor.text(upTo: ":", limit: bytes.count) != nil else { return nil }
        cursor.index += 1
      }
    }
    return nil
  }
}
