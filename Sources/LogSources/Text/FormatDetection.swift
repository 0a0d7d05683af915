/// Finds the format of a text log by its first lines.
enum FormatDetection {
  /// The format that most lines speak for; nil when none does.
  ///
  /// - Parameters:
  ///   - head: the first bytes of the log.
  ///   - name: its file name: Zimbra's two logs are framed alike.
  static func format(ofHead head: [UInt8], name: String) -> TextLogFormat? {
    var votes: [TextLogFormat: Int] = [:]
    for line in head.split(separator: 10).prefix(100) {
      if let format = Array(line).withUnsafeBytes({ format(of: $0, name: name) }) { votes[format, default: 0] += 1 }
    }
    return TextLogFormat.allCases.max { votes[$0, default: 0] < votes[$1, default: 0] }
      .flatMap { votes[$0] == nil ? nil : $0 }
  }

  private static func format(of line: UnsafeRawBufferPointer, name: String) -> TextLogFormat? {
    if let parsed = SyslogLine.parse(line), !parsed.identifier.isEmpty { return .syslog }
    if TextLine.mailman(line) != nil { return .mailman }
    if let parsed = TextLine.cpanel(line) { return cpanel(line, parsed) }
    if let parsed = TextLine.zimbra(line), parsed.time.microsecond > 0 || contains(line, "] [") {
      return contains(line, "security - cmd=") || name.hasPrefix("audit") ? .zimbraAudit : .zimbraMailbox
    }
    if let parsed = TextLine.dovecot(line), DovecotLevel.find(in: line, from: parsed.message.lowerBound) != nil {
      return .dovecot
    }
    return TextLine.exim(line) == nil ? nil : .exim
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
