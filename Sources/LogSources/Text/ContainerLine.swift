/// Takes off what a container's log driver, or a syslog daemon that takes a container's output for one message, puts in
/// front of a daemon's own line. One such layer is taken off, never a second.
///
/// - `mailserver-1  | Nov  2 10:00:00 mail dovecot: …` (`docker compose logs`)
/// - `2026-11-02T10:00:00.123456789Z Nov  2 10:00:00 mail dovecot: …` (`docker logs -t`)
/// - `2026-11-02T10:00:00.123456789Z stdout F Nov  2 10:00:00 mail dovecot: …` (the Container Runtime Interface's files)
/// - `Nov  2 10:00:00 host mailu-smtp[812]: Nov  2 10:00:00 srv postfix/qmgr[376]: …` (the syslog driver)
enum ContainerLine {
  /// The line behind a service's name and a bar.
  static func composed(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    let start = cursor.index
    while isNameByte(cursor.byte) { cursor.index += 1 }
    guard cursor.index > start, cursor.index - start <= TextLine.identifierLimit, cursor.skip(" ") else { return nil }
    while cursor.skip(" ") {}
    guard cursor.skip(word: "| ") else { return nil }
    return own(cursor)
  }

  /// The daemon's own line within a line that was taken apart; nil when there is none.
  static func inner(of outer: TextLine, in bytes: UnsafeRawBufferPointer) -> TextLine? {
    outer.identifier.isEmpty ? stamped(outer, bytes) : relayed(outer, bytes)
  }

  /// Behind a time alone. It is the runtime's, with its zone, and counts.
  private static func stamped(_ outer: TextLine, _ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var cursor = LineCursor(bytes)
    cursor.index = outer.host.isEmpty ? outer.message.lowerBound : outer.host.lowerBound
    let part = skipPart(&cursor)
    guard outer.time.offset != nil, var line = own(cursor) else {
      var rest = outer
      rest.part = part
      return part == .none ? nil : rest
    }
    line.time = outer.time
    line.part = part
    return line
  }

  /// `stdout F ` or `stderr P `.
  private static func skipPart(_ cursor: inout LineCursor) -> TextLine.Part {
    var ahead = cursor
    let isError = ahead.skip(word: "stderr ")
    guard isError || ahead.skip(word: "stdout ") else { return .none }
    let stream: UInt8 = isError ? 2 : 1
    guard ahead.byte(ahead: 1) == UInt8(ascii: " ") else { return .none }
    switch ahead.byte {
    case UInt8(ascii: "F"):
      cursor.index = ahead.index + 2
      return .end(stream: stream)
    case UInt8(ascii: "P"):
      cursor.index = ahead.index + 2
      return .cut(stream: stream)
    default: return .none
    }
  }

  /// Within the message of a container that is named as one of a mail system.
  ///
  /// Whoever writes text of strangers at the start of its messages would let them write lines of any daemon: hence the
  /// name, and the inner time, which is the outer one but for the zone.
  private static func relayed(_ outer: TextLine, _ bytes: UnsafeRawBufferPointer) -> TextLine? {
    guard outer.message.lowerBound < bytes.count, isMailSystem(bytes[outer.identifier]) else { return nil }
    var cursor = LineCursor(bytes)
    cursor.index = outer.message.lowerBound
    guard var line = own(cursor), isSameMoment(line.time, outer.time) else { return nil }
    line.time = outer.time
    if line.host.isEmpty { line.host = outer.host }
    return line
  }

  /// A syslog line with an identifier, or a line of Dovecot's own log.
  static func own(_ cursor: LineCursor) -> TextLine? {
    if let line = dovecot(cursor) { return line }
    guard let line = SyslogLine.plain(cursor), !line.identifier.isEmpty else { return nil }
    return line
  }

  /// `Nov  2 10:00:02 imap-login: Info: …`: the level stands directly behind the process, where no stranger writes.
  static func dovecot(_ start: LineCursor) -> TextLine? {
    var cursor = start
    guard let time = cursor.byte > UInt8(ascii: "9") ? LineTime.syslog(&cursor) : LineTime.iso(&cursor),
      cursor.skip(" ")
    else { return nil }
    let message = cursor.index
    guard skipProcess(&cursor), let level = DovecotLevel.level(at: cursor) else { return nil }
    var line = TextLine(time: time, message: message..<cursor.bytes.count)
    if level.isInfo { line.omitted = level.range }
    line.daemon = .dovecot
    return line
  }

  /// `imap-login: ` or `imap(ann@example.org)<900><S1>: `.
  private static func skipProcess(_ cursor: inout LineCursor) -> Bool {
    guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(cursor.byte) else { return false }
    while isNameByte(cursor.byte) { cursor.index += 1 }
    if cursor.skip("(") { guard cursor.text(upTo: ")", limit: 512) != nil, cursor.skip(")") else { return false } }
    while cursor.skip("<") { guard cursor.text(upTo: ">", limit: 512) != nil, cursor.skip(">") else { return false } }
    return cursor.skip(word: ": ")
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      return true
    default: return false
    }
  }

  /// A name with such a word in it; daemons' own names are none of containers.
  private static func isMailSystem(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
    let daemons: [StaticString] = ["sendmail", "fetchmail", "getmail", "procmail", "mailman", "mailutils"]
    guard !name.contains(UInt8(ascii: "/")), !contains(name, anyOf: daemons) else { return false }
    return contains(name, anyOf: ["mail", "smtp", "imap", "pop3", "dovecot", "postfix"])
  }

  private static func contains(_ name: Slice<UnsafeRawBufferPointer>, anyOf words: [StaticString]) -> Bool {
    words.contains { word in
      let text = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
      return name.indices.contains { index in
        name.endIndex - index >= text.count && name[index..<(index + text.count)].elementsEqual(text)
      }
    }
  }

  /// Whether two times differ by a zone, a multiple of a quarter of an hour, and some seconds.
  private static func isSameMoment(_ inner: LineTime, _ outer: LineTime) -> Bool {
    let quarter = 15 * 60
    let difference = ((outer.minute - inner.minute) * 60 + outer.second - inner.second + 4 * quarter) % quarter
    return difference <= slack || difference >= quarter - slack
  }

  /// In seconds.
  private static let slack = 10
}
