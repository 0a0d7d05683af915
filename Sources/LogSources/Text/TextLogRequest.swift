/// Which text logs are read, and how.
public struct TextLogRequest: Sendable {
  /// A log that is followed.
  public struct Followed: Sendable, Equatable {
    /// Absolute; may be a pattern of glob(7).
    public var path: String
    public var format: TextLogFormat

    public init(path: String, format: TextLogFormat) {
      self.path = path
      self.format = format
    }
  }

  /// Files that are read once, from their starts to their ends; `-` is standard input.
  public var files: [String]
  /// The format of `files`; nil to find it by their first lines.
  public var format: TextLogFormat?
  /// Logs that are read on from a position, through rotation.
  public var followed: [Followed]

  public init(files: [String] = [], format: TextLogFormat? = nil, followed: [Followed] = []) {
    self.files = files
    self.format = format
    self.followed = followed
  }

  public var isEmpty: Bool { files.isEmpty && followed.isEmpty }
}

/// What a `SourceReader` reads: the journal, text logs, or both.
public struct SourceRequest: Sendable {
  /// nil for no journal. Its start, end and filter hold for the text logs too.
  public var journal: JournalSelection?
  public var text: TextLogRequest
  public var start: StartPoint
  /// The last moment, microseconds since 1970.
  public var until: UInt64?
  public var boot: BootSelection?
  public var filter: EntryFilter
  /// Whether `wait` will be called.
  public var follows: Bool

  public init(
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
