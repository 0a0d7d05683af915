/// Which text logs are read, and how.
package struct TextLogRequest: Sendable {
  /// A log that is followed.
  package struct Followed: Sendable, Equatable {
    /// Absolute; may be a pattern of glob(7).
    package var path: String
    package var format: TextLogFormat

    package init(path: String, format: TextLogFormat) {
      self.path = path
      self.format = format
    }
  }

  /// Files that are read once, from their starts to their ends; `-` is standard input.
  package var files: [String]
  /// The format of `files`; nil to tell it by their first lines.
  package var format: TextLogFormat?
  /// Logs that are read on from a position, through rotation.
  package var followed: [Followed]

  package init(files: [String] = [], format: TextLogFormat? = nil, followed: [Followed] = []) {
    self.files = files
    self.format = format
    self.followed = followed
  }

  package var isEmpty: Bool { files.isEmpty && followed.isEmpty }
}

/// What a `SourceReader` reads: the journal, text logs, or both.
package struct SourceRequest: Sendable {
  /// nil for no journal. Its start, end and filter hold for the text logs too.
  package var journal: JournalSelection?
  package var text: TextLogRequest
  package var start: StartPoint
  /// The last moment, microseconds since 1970.
  package var until: UInt64?
  package var boot: BootSelection?
  package var filter: EntryFilter
  /// Whether `wait` will be called.
  package var follows: Bool

  package init(
    journal: JournalSelection? = nil, text: TextLogRequest = TextLogRequest(), start: StartPoint = .head,
    until: UInt64? = nil, boot: BootSelection? = nil, filter: EntryFilter = EntryFilter(), follows: Bool = false
  ) {
    self.journal = journal
    self.text = text
    self.start = start
    self.until = until
    self.boot = boot
    self.filter = filter
    self.follows = follows
  }

  var journalRequest: JournalRequest? {
    journal.map {
      JournalRequest(selection: $0, start: start, until: until, boot: boot, filter: filter, follows: follows)
    }
  }
}
