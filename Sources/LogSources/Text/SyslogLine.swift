/// Takes lines of syslog daemons apart: the one parser for log files and for lines that a syslog daemon hands over.
///
/// It knows RFC 3164 (`Mar  3 18:07:03 host ident[pid]: message`), the same with RFC 3339 times (rsyslog's default since
/// 8.2204 on Debian), and RFC 5424; each with or without `<PRI>`, and without a host; and all that
/// `journalctl -o short` and its relatives write with a date. BusyBox's facility and level behind the host, and the weekday
/// of `journalctl -o short-full`, are passed. It keeps no state and allocates nothing. The time
/// is as written: `LineClock` finds the year and the zone.
///
/// All before the message was written by the syslog daemon, but from what the sender claimed: identifier and pid are
/// claims, as in the journal.
public enum SyslogLine {
  /// Takes a line apart; the bytes are one line without its end. Nil when it is none.
  public static func parse(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    guard let line = plain(LineCursor(bytes)) ?? ContainerLine.composed(bytes) else { return nil }
    // Without a host it may be a line of Dovecot's own log among others.
    if line.host.isEmpty, let own = ContainerLine.dovecot(LineCursor(bytes)) { return own }
    return ContainerLine.inner(of: line, in: bytes) ?? line
  }

  /// Takes apart what stands behind the cursor, to the end of the line.
  static func plain(_ start: LineCursor) -> TextLine? {
    var cursor = start
    if skipPriority(&cursor), cursor.skip(word: "1 ") { return structured(&cursor) }
    if cursor.byte(ahead: 1) == UInt8(ascii: " ") { return bareStructured(cursor) }
    let isFull = skipWeekday(&cursor)
    guard var time = readTime(&cursor) else { return nil }
    if isFull { skipZoneName(&cursor, &time) }
    guard cursor.skip(" ") else { return nil }
    var line = TextLine(time: time, message: 0..<0)
    if let host = hostBeforeTag(&cursor) {
      line.host = host
      skipFacility(&cursor)
      readTag(&cursor, &line)
    } else {
      readTag(&cursor, &line)
      // A line without both says nothing of where it is from.
      guard !line.identifier.isEmpty else { return nil }
    }
    if line.identifier.isEmpty, let structured = bareStructured(start) { return structured }
    line.message = cursor.index..<cursor.bytes.count
    line.readRepetition(in: cursor.bytes)
    return line
  }

  private static func readTime(_ cursor: inout LineCursor) -> LineTime? {
    guard cursor.byte &- 48 < 10 else { return LineTime.syslog(&cursor) }
    var ahead = cursor
    if let time = LineTime.iso(&cursor) { return time }
    defer { cursor = ahead }
    return LineTime.unix(&ahead)
  }

  /// `Mon `, as `journalctl -o short-full` begins.
  private static func skipWeekday(_ cursor: inout LineCursor) -> Bool {
    let days: [StaticString] = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "]
    var ahead = cursor
    guard days.contains(where: { ahead.skip(word: $0) }), ahead.byte &- 48 < 10 else { return false }
    cursor = ahead
    return true
  }

  /// ` UTC`, behind the time of `journalctl -o short-full`. Other names are ambiguous: the time is local then.
  private static func skipZoneName(_ cursor: inout LineCursor, _ time: inout LineTime) {
    var ahead = cursor
    guard time.offset == nil, ahead.skip(" ") else { return }
    // A zone without letters is its hours: `+03`.
    let sign = ahead.byte
    if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
      ahead.index += 1
      guard let hours = ahead.digits(2), hours < 24, ahead.byte == UInt8(ascii: " ") else { return }
      time.offset = hours * 3600 * (sign == UInt8(ascii: "-") ? -1 : 1)
      cursor = ahead
      return
    }
    let start = ahead.index
    while (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(ahead.byte), ahead.index - start < 6 { ahead.index += 1 }
    guard ahead.index - start >= 3, ahead.byte == UInt8(ascii: " ") else { return }
    let name = ahead.bytes[start..<ahead.index]
    if name.elementsEqual("UTC".utf8) || name.elementsEqual("GMT".utf8) { time.offset = 0 }
    cursor = ahead
  }

  /// `mail.info `, which BusyBox's syslogd writes behind the host.
  private static func skipFacility(_ cursor: inout LineCursor) {
    var ahead = cursor
    guard let facility = ahead.text(upTo: ".", limit: 8), isLowercase(ahead.bytes[facility]), ahead.skip("."),
      let level = ahead.text(upTo: " ", limit: 7), isLowercase(ahead.bytes[level]), ahead.skip(" ")
    else { return }
    let levels: [StaticString] = [
      "emerg", "alert", "crit", "err", "error", "warn", "warning", "notice", "info", "debug",
    ]
    let isLevel = levels.contains { word in
      ahead.bytes[level].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
    if isLevel { cursor = ahead }
  }

  private static func isLowercase(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 &- 48 < 10 }
  }

  /// `<22>`: facility times eight and severity (RFC 3164, 4.1.1), of no interest; whether it is there.
  private static func skipPriority(_ cursor: inout LineCursor) -> Bool {
    var ahead = cursor
    guard ahead.skip("<"), ahead.number(limit: 3) != nil, ahead.skip(">") else { return false }
    cursor = ahead
    return true
  }

  /// The host and the blank behind it; nil, and nothing read, where the line has none: what a number in brackets follows is
  /// SOGo's tag.
  private static func hostBeforeTag(_ cursor: inout LineCursor) -> Range<Int>? {
    var ahead = cursor
    guard let host = readHost(&ahead), ahead.skip(" "),
      !(ahead.byte == UInt8(ascii: "[") && ahead.byte(ahead: 1) &- 48 < 10)
    else { return nil }
    cursor = ahead
    return host
  }

  /// A name or an address: letters, digits, `.-_:`, and what never ends with a colon, which would be a tag.
  private static func readHost(_ cursor: inout LineCursor) -> Range<Int>? {
    let start = cursor.index
    let last = min(cursor.bytes.count, start + TextLine.hostLimit + 1)
    var end = start
    while end < last, cursor.bytes[end] != UInt8(ascii: " ") {
      guard isHostByte(cursor.bytes[end]) else { return nil }
      end += 1
    }
    guard end > start, end < last, cursor.bytes[end - 1] != UInt8(ascii: ":") else { return nil }
    cursor.index = end
    return start..<end
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: ":"), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "/"):
      return true
    default: return false
    }
  }

  /// `ident[pid]: `, `ident: ` or SOGo's `ident [pid]: `; what is neither belongs to the message, and the line has no
  /// identifier.
  private static func readTag(_ cursor: inout LineCursor, _ line: inout TextLine) {
    let start = cursor.index
    let last = min(cursor.bytes.count, start + TextLine.identifierLimit + 1)
    var end = start
    while end < last {
      let byte = cursor.bytes[end]
      if byte == UInt8(ascii: ":") || byte == UInt8(ascii: "[") || byte <= UInt8(ascii: " ") { break }
      end += 1
    }
    guard end > start, end < last else { return }
    var ahead = cursor
    ahead.index = end
    if ahead.byte == UInt8(ascii: " "), ahead.byte(ahead: 1) == UInt8(ascii: "[") { ahead.index += 1 }
    var pid: Int32 = -1
    if ahead.skip("[") {
      if let number = ahead.number(limit: 9) { pid = Int32(number) }
      guard ahead.skip("]") else { return }
    }
    guard ahead.skip(":") else { return }
    _ = ahead.skip(" ")
    line.identifier = start..<end
    line.pid = pid
    cursor = ahead
  }

  // MARK: RFC 5424

  /// The same without `<PRI>1 `, or without `<PRI>`, as some daemons and collectors write files. Without the number of the
  /// version it is one only where nothing else can be meant: its parts are all there, and the process is a number.
  private static func bareStructured(_ start: LineCursor) -> TextLine? {
    var cursor = start
    _ = cursor.skip(word: "1 ")
    guard cursor.byte(ahead: 10) == UInt8(ascii: "T") else { return nil }
    var parts = cursor
    for index in 0..<5 {
      guard let part = parts.text(upTo: " ", limit: TextLine.hostLimit), !part.isEmpty, parts.skip(" ") else {
        return nil
      }
      let isWord = cursor.bytes[part].allSatisfy { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: ":") }
      let isNumber = cursor.bytes[part].allSatisfy { $0 &- 48 < 10 } || isNil(part, cursor)
      guard index == 2 ? isWord : index == 3 ? isNumber : true else { return nil }
    }
    guard skipStructuredData(&parts), parts.isAtEnd || parts.byte == UInt8(ascii: " ") else { return nil }
    return structured(&cursor).flatMap { $0.time.offset == nil || $0.identifier.isEmpty ? nil : $0 }
  }

  /// What follows the version: `TIME HOST APP PROCID MSGID STRUCTURED-DATA MSG`, a dash for what is not known.
  private static func structured(_ cursor: inout LineCursor) -> TextLine? {
    guard let time = LineTime.iso(&cursor), cursor.skip(" "),
      let host = cursor.text(upTo: " ", limit: TextLine.hostLimit), cursor.skip(" "),
      let identifier = cursor.text(upTo: " ", limit: TextLine.identifierLimit), cursor.skip(" "),
      let process = cursor.text(upTo: " ", limit: 128), cursor.skip(" "),
      cursor.text(upTo: " ", limit: 128) != nil, cursor.skip(" "), skipStructuredData(&cursor)
    else { return nil }
    _ = cursor.skip(" ")
    _ = cursor.skip(word: "\u{feff}")
    var line = TextLine(time: time, message: cursor.index..<cursor.bytes.count)
    line.host = isNil(host, cursor) ? 0..<0 : host
    line.identifier = isNil(identifier, cursor) ? 0..<0 : identifier
    var number = LineCursor(UnsafeRawBufferPointer(rebasing: cursor.bytes[process]))
    if let pid = number.number(limit: 9), number.isAtEnd { line.pid = Int32(pid) }
    return line
  }

  private static func isNil(_ range: Range<Int>, _ cursor: LineCursor) -> Bool {
    range.count == 1 && cursor.bytes[range.lowerBound] == UInt8(ascii: "-")
  }

  /// `-`, or `[id name="value"]…`, in whose values `\"`, `\\` and `\]` are escaped.
  private static func skipStructuredData(_ cursor: inout LineCursor) -> Bool {
    if cursor.skip("-") { return true }
    guard cursor.byte == UInt8(ascii: "[") else { return false }
    while cursor.skip("[") {
      var isQuoted = false
      while true {
        guard !cursor.isAtEnd else { return false }
        let byte = cursor.byte
        cursor.index += 1
        if isQuoted, byte == UInt8(ascii: "\\") {
          cursor.index += 1
        } else if byte == UInt8(ascii: "\"") {
          isQuoted.toggle()
        } else if !isQuoted, byte == UInt8(ascii: "]") {
          break
        }
      }
    }
    return true
  }
}
