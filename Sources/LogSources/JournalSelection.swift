/// Which journals to read. Each part adds writers to the others.
public struct JournalSelection: Sendable, Equatable {
  /// This machine's journal (`SD_JOURNAL_LOCAL_ONLY`), users' entries included.
  public var localMachine: Bool
  /// Journal namespaces of this machine (systemd-journald.service(8)).
  public var namespaces: [String]
  /// Directories of journal files, followed as files come and go.
  public var directories: [String]
  /// Single files.
  public var files: [String]
  /// Paths of files in the journals above that are left out, because reading them ended the process.
  public var excludedFiles: Set<String> = []
  /// How many files are opened with one handle of libsystemd; more are read in groups.
  var groupSize = JournalListing.libsystemdLimit

  public init(
    localMachine: Bool = false, namespaces: [String] = [], directories: [String] = [], files: [String] = []
  ) {
    self.localMachine = localMachine
    self.namespaces = namespaces
    self.directories = directories
    self.files = files
  }
}

/// Where to begin reading.
public enum StartPoint: Sendable, Equatable {
  /// The oldest entry.
  case head
  /// Behind the newest entry: only what comes from now on.
  case tail
  /// The first entry at or after this moment, microseconds since 1970.
  case since(UInt64)
  /// At this entry (`journalctl --cursor`); the nearest later one when it is gone.
  case at(Cursor)
  /// Behind this entry (`journalctl --after-cursor`).
  case afterCursor(Cursor)
  /// Where a reader of the same selection stopped. Writers that the position does not know (a directory added to the
  /// configuration) begin at this moment; 0 is their head.
  case after(SourcePosition, newWritersSince: UInt64)
}

/// Which boot to read, as `journalctl --boot` numbers them; each machine has its own boots.
public enum BootSelection: Sendable, Equatable {
  case id(ID128)
  /// 0 the last boot, -1 the one before, 1 the oldest one that the journal has, 2 the next.
  case offset(Int)
}

/// What a `JournalReader` reads, and from where to where.
public struct JournalRequest: Sendable {
  public var selection: JournalSelection
  public var start: StartPoint
  /// The last moment, microseconds since 1970; a writer is read up to its first entry after it.
  public var until: UInt64?
  public var boot: BootSelection?
  public var filter: EntryFilter
  /// Whether `wait` will be called: watches the journal for new entries and new files.
  public var follows: Bool

  public init(
    selection: JournalSelection, start: StartPoint = .head, until: UInt64? = nil, boot: BootSelection? = nil,
    filter: EntryFilter = EntryFilter(), follows: Bool = false
  ) {
    self.selection = selection
    self.start = start
    self.until = until
    self.boot = boot
    self.filter = filter
    self.follows = follows
  }
}
