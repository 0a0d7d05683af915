/// How the lines of a text log are framed; the raw value is the name in the configuration and on the command line.
public enum TextLogFormat: String, Sendable, CaseIterable {
  /// What syslog daemons write: `Mar  3 18:07:03 host ident[pid]: message` (RFC 3164), or the time as RFC 3339 has it,
  /// or RFC 5424; each with or without `<PRI>` in front.
  case syslog
  /// Exim's mainlog, rejectlog and paniclog: `2026-03-03 18:07:03 [pid] …`.
  case exim
  /// Dovecot's own `log_path`: `Mar 03 18:07:03 imap-login: Info: …`.
  case dovecot
  /// Mailman's logs: `Mar 03 18:07:03 2026 (pid) …`.
  case mailman
  /// cPanel's access_log: `192.0.2.1 - user [03/03/2026:18:07:03 -0000] "POST …" …`.
  case cpanelAccess = "cpanel-access"
  /// cPanel's login_log: `[2026-03-03 18:07:03 +0000] info [cpaneld] 192.0.2.1 - user "POST …" FAILED LOGIN …`.
  case cpanelLogin = "cpanel-login"
  /// cPanel's session_log: `[2026-03-03 18:07:03 +0000] info [cpaneld] 192.0.2.1 NEW user:… address=…`.
  case cpanelSession = "cpanel-session"
  /// Zimbra's audit.log: `2026-03-03 18:07:03,123 INFO  [thread] [name=…;] security - cmd=Auth; …`.
  case zimbraAudit = "zimbra-audit"
  /// Zimbra's mailbox.log, framed as its audit.log is.
  case zimbraMailbox = "zimbra-mailbox"
  /// Roundcube's userlogins.log, sendmail.log, errors.log: `[02-Nov-2026 10:00:00 +0000]: …`.
  case roundcube
  /// rspamd.log: `2026-11-02 10:00:00 #2934(normal) <tag>; task; …`.
  case rspamd
  /// Horde's horde.log: `2026-11-02T10:00:00+00:00 NOTICE: HORDE [imp] …`.
  case horde
  /// Stalwart's stalwart.log: `2026-11-02T10:00:00Z INFO …`.
  case stalwart
  /// maddy's, where `log` names a file: `2026-11-02T10:00:00.123Z smtp: accepted`, a tab, and JSON.
  case maddy
  /// `journalctl -o json`, also `json-seq` and `json-sse`: an entry with all its fields on each line.
  case journalJSON = "journal-json"
  /// `journalctl -o export`.
  case journalExport = "journal-export"
  /// The files of Docker's log driver json-file: `{"log":"…\n","stream":"stdout","time":"…"}`.
  case dockerJSON = "docker-json"

  /// The names of all formats, for messages to people.
  public static var names: String { allCases.map(\.rawValue).sorted().joined(separator: ", ") }

  /// The identifier of the format's entries; nil where the line names it.
  ///
  /// - Parameter name: the log's file name without what rotation and compression added to it.
  func identifier(ofLogNamed name: String) -> [UInt8]? {
    switch self {
    case .syslog, .journalJSON, .journalExport, .dockerJSON: nil
    case .mailman: Array("mailman-\(name)".utf8.prefix(TextLine.identifierLimit))
    default: Array(rawValue.utf8)
    }
  }

  /// How its bytes are cut.
  var framing: RecordFraming {
    switch self {
    case .journalExport: .journalExport
    // Escapes make a text six times as long.
    case .journalJSON, .dockerJSON: .lines(limit: LineReader.bufferSize)
    default: .lines(limit: EntryBatch.fieldLimit)
    }
  }

  /// Whether every line must be of it: each that is not is damage, and none a continuation of the one before.
  var isStrict: Bool { self == .journalJSON || self == .journalExport || self == .dockerJSON }

  /// Takes a line apart; nil when it is none of this format: a continuation of the line before, or damage.
  public func parse(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    // A byte order mark stands in front of some files, and in the middle of those that were put together.
    let mark = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    var line = parseFrame(UnsafeRawBufferPointer(rebasing: bytes[mark...]))
    guard case .line? = line?.content else { return line }
    if mark > 0 { line = line?.moved(by: mark) }
    line?.trimEnd(in: bytes)
    return line
  }

  private func parseFrame(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    switch self {
    case .syslog: SyslogLine.parse(bytes)
    case .exim: TextLine.exim(bytes)
    case .dovecot: TextLine.dovecot(bytes)
    case .mailman: TextLine.mailman(bytes)
    case .cpanelAccess, .cpanelLogin, .cpanelSession: TextLine.cpanel(bytes)
    case .zimbraAudit, .zimbraMailbox: TextLine.zimbra(bytes)
    case .roundcube: TextLine.roundcube(bytes)
    case .rspamd: TextLine.rspamd(bytes)
    case .horde: TextLine.horde(bytes)
    case .stalwart: TextLine.stalwart(bytes)
    case .maddy: TextLine.maddy(bytes)
    case .journalJSON: ExportedEntry(json: bytes)?.line
    case .journalExport: ExportedEntry(export: bytes)?.line
    case .dockerJSON: DockerLine.parse(bytes)
    }
  }
}
