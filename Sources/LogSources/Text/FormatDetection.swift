/// Finds the format of a text log by its first lines.
enum FormatDetection {
  /// The format that most lines speak for; nil when none does.
  ///
  /// - Parameters:
  ///   - head: the first bytes of the log.
  ///   - name: its file name: Zimbra's two logs are framed alike.
  static func format(ofHead head: [UInt8], name: String) -> TextLogFormat? {
    // An export holds lines that strangers wrote: its beginning alone says what it is.
    if isExport(head) { return .journalExport }
    var votes: [TextLogFormat: Int] = [:]
    let hasMark = head.starts(with: [0xef, 0xbb, 0xbf])
    for line in head.dropFirst(hasMark ? 3 : 0).split(separator: 10).prefix(100) {
      if let format = Array(line).withUnsafeBytes({ format(of: $0, name: name) }) { votes[format, default: 0] += 1 }
    }
    return TextLogFormat.allCases.max { votes[$0, default: 0] < votes[$1, default: 0] }
      .flatMap { votes[$0] == nil ? nil : $0 }
  }

  /// Whether at least one line is of the format.
  static func isAnyLine(of format: TextLogFormat, in head: [UInt8]) -> Bool {
    if format == .journalExport { return isExport(head) }
    return head.split(separator: 10).contains { Array($0).withUnsafeBytes { format.parse($0) != nil } }
  }

  /// `__CURSOR=`, or another of what journalctl writes in front of an entry's fields.
  private static func isExport(_ head: [UInt8]) -> Bool {
    let name = head.prefix { $0 != UInt8(ascii: "=") }
    return ["__CURSOR", "__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP"].contains { name.elementsEqual($0.utf8) }
  }

  private static func format(of line: UnsafeRawBufferPointer, name: String) -> TextLogFormat? {
    // Within JSON strangers' text stands that may look like a line of another format.
    if ExportedEntry(json: line)?.line != nil { return .journalJSON }
    if line.first == UInt8(ascii: "{") { return DockerLine.parse(line) == nil ? nil : .dockerJSON }
    // The daemons' own formats that read like a syslog line without a host come first.
    if ContainerLine.dovecot(LineCursor(line)) != nil { return isSyslogWithHost(line) ? .syslog : .dovecot }
    if let parsed = TextLine.exim(line), beginsWithMessageID(line[parsed.message]) { return .exim }
    if TextLine.horde(line) != nil, !isSyslogWithHost(line) { return .horde }
    if TextLine.maddy(line) != nil, !isSyslogWithHost(line) { return .maddy }
    if TextLine.rspamd(line) != nil { return .rspamd }
    if TextLine.roundcube(line) != nil { return .roundcube }
    if let parsed = SyslogLine.parse(line), !parsed.identifier.isEmpty || parsed.daemon != nil { return .syslog }
    if TextLine.mailman(line) != nil { return .mailman }
    if let parsed = TextLine.cpanel(line) { return cpanel(line, parsed) }
    if let parsed = TextLine.zimbra(line), parsed.time.microsecond > 0 || contains(line, "] [") {
      return contains(line, "security - cmd=") || name.hasPrefix("audit") ? .zimbraAudit : .zimbraMailbox
    }
    if TextLine.stalwart(line) != nil { return .stalwart }
    return TextLine.exim(line) == nil ? nil : .exim
  }

  /// `1tAbCd-000000001AB-1abc`, or Exim's ids up to 4.96, `1tAbCd-0001AB-2C`: as a host of syslog they would pass.
  private static func beginsWithMessageID(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
    let parts = text.prefix { $0 != UInt8(ascii: " ") }.split(
      separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return [[6, 6, 2], [6, 11, 4]].contains(parts.map(\.count))
      && parts.allSatisfy { $0.allSatisfy { $0 &- 48 < 10 || (($0 | 0x20) >= 97 && ($0 | 0x20) <= 122) } }
  }

  /// Whether a host and an identifier stand behind the time, as only syslog daemons write.
  private static func isSyslogWithHost(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let parsed = SyslogLine.parse(line) else { return false }
    return !parsed.host.isEmpty && !parsed.identifier.isEmpty
  }

  private static func cpanel(_ line: UnsafeRawBufferPointer, _ parsed: TextLine) -> TextLogFormat {
    guard line.first == UInt8(ascii: "[") else { return contains(line, "LOGIN") ? .cpanelLogin : .cpanelAccess }
    return contains(line, " NEW ") || contains(line, " PURGE ") || contains(line, " address=")
      ? .cpanelSession : .cpanelLogin
  }

  private static func contains(_ line: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    var cursor = LineCursor(line)
    while !cursor.isAtEnd {
      if cursor.skip(word: text) { return true }
      cursor.index += 1
    }
    return false
  }
}
