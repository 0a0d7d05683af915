import Configuration
import LogSources

extension TextLogFormat {
  /// The format that the configuration names.
  init(_ format: Configuration.TextSource.Format) {
    self =
      switch format {
      case .syslog: .syslog
      case .exim: .exim
      case .dovecot: .dovecot
      case .mailman: .mailman
      case .cpanelAccess: .cpanelAccess
      case .cpanelLogin: .cpanelLogin
      case .cpanelSession: .cpanelSession
      case .zimbraAudit: .zimbraAudit
      case .zimbraMailbox: .zimbraMailbox
      case .roundcube: .roundcube
      case .rspamd: .rspamd
      case .horde: .horde
      case .stalwart: .stalwart
      case .maddy: .maddy
      case .journalJSON: .journalJSON
      case .journalExport: .journalExport
      case .dockerJSON: .dockerJSON
      }
  }
}
