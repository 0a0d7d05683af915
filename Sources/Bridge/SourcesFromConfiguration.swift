import Configuration
import LogSources

extension SourceRequest {
  /// What the configuration names to be read.
  package init(_ sources: [Configuration.Source], follows: Bool) {
    self.init(follows: follows)
    for source in sources {
      switch source {
      case .journal(let journal):
        var selection = self.journal ?? JournalSelection()
        selection.namespaces += journal.namespaces
        selection.directories += journal.directories
        if journal.namespaces.isEmpty, journal.directories.isEmpty { selection.localMachine = true }
        self.journal = selection
      case .text(let log): text.followed.append(.init(path: log.path, format: TextLogFormat(log.format)))
      }
    }
  }
}
