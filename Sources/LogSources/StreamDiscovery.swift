import Glibc

/// Finds the writers of a selection, one stream each, and the files that cannot be read.
struct StreamDiscovery {
  private(set) var origins: [StreamOrigin] = []
  private(set) var notices: [SourceNotice] = []

  private let selection: JournalSelection

  /// Throws when a part of the selection cannot be read at all; single bad files of a directory become notices.
  init(_ selection: JournalSelection) throws(JournalError) {
    self.selection = selection
    if selection.localMachine || !selection.namespaces.isEmpty {
      try JournalAccess.check(directories: JournalListing.systemDirectories)
    }
    if selection.localMachine {
      origins.append(StreamOrigin(opening: opening(of: .localMachine), name: "local"))
    }
    for name in selection.namespaces {
      origins.append(StreamOrigin(opening: opening(of: .namespace(name)), name: "namespace:\(name)"))
    }
    for directory in selection.directories { try addDirectory(directory) }
    try addFiles(selection.files)
    if origins.isEmpty {
      throw JournalError(
        operation: "cannot read", subject: "the journal", detail: "no journal was chosen",
        remedy: "name this machine's journal, a namespace, a directory or a file")
    }
  }

  private mutating func addDirectory(_ path: String) throws(JournalError) {
    let files = try JournalDirectory.files(in: path)
    try JournalAccess.check(directories: [path])
    if files.isEmpty {
      notices.append(SourceNotice(kind: .warning, subject: path, reason: "the directory has no journal files"))
    }
    origins += try Self.origins(ofDirectory: path, opening: opening(of: .directory(path)))
  }

  /// How to open a journal: by libsystemd's own listing, unless it would leave files out or we must.
  private mutating func opening(of plain: JournalOpening) -> JournalOpening {
    guard var listing = plain.listing else { return plain }
    let files = listing.allFiles()
    for file in files where !selection.excludedFiles.contains(file) {
      guard let defect = Self.defect(of: file) else { continue }
      // Vacuumed since it was listed: the cursor says whether entries went unread with it.
      if access(file, F_OK) != 0, errno == ENOENT { continue }
      notices.append(SourceNotice(kind: .gap, subject: file, reason: "the file is left out: \(defect)"))
    }
    listing.excluded = selection.excludedFiles.intersection(files)
    listing.groupSize = selection.groupSize
    if files.count > listing.groupSize {
      notices.append(Self.tooManyFiles(files.count, of: plain, limit: listing.groupSize))
    }
    return listing.excluded.isEmpty && files.count <= listing.groupSize ? plain : .listed(listing)
  }

  /// Reported once for a journal whose files are more than libsystemd opens.
  static func tooManyFiles(_ count: Int, of opening: JournalOpening, limit: Int) -> SourceNotice {
    SourceNotice(
      kind: .warning, subject: "\(opening)",
      reason: "the journal has \(count) files, and libsystemd opens \(limit) at the most; they are read in groups, "
        + "which is slow: raise SystemMaxFileSize= or lower MaxRetentionSec= in journald.conf(5)")
  }

  /// One writer a machine; a directory without entries is one writer that will learn its machine. Beside several
  /// machines there is one more, for entries without a machine id.
  static func origins(ofDirectory path: String, opening: JournalOpening) throws(JournalError)
    -> [StreamOrigin]
  {
    let handle = try JournalHandle(opening, matches: [], watches: false)
    let machines = handle.machineIDs()
    let name = "directory:\(path)"
    if machines.isEmpty { return [StreamOrigin(opening: opening, name: name)] }
    var origins = machines.map {
      StreamOrigin(opening: opening, name: name, machine: $0, matchesMachine: machines.count > 1)
    }
    if machines.count > 1 { origins.append(StreamOrigin(opening: opening, name: name, isRest: true)) }
    return origins
  }

  /// Files of one machine are one writer, because a machine's journal is many files.
  private mutating func addFiles(_ paths: [String]) throws(JournalError) {
    var groups: [[ID128]: [String]] = [:]
    for path in paths {
      if let defect = JournalFile.defect(ofFileAt: path) {
        throw JournalError(
          operation: "cannot read the journal file", subject: path, detail: defect.description,
          remedy: "journalctl --verify --file=\(path) says more; leave the file out to read the others")
      }
      groups[try JournalHandle(.files([path]), matches: [], watches: false).machineIDs(), default: []].append(path)
    }
    for (machines, paths) in groups.sorted(by: { $0.value[0] < $1.value[0] }) {
      if machines.count < 2 {
        origins.append(StreamOrigin(opening: .files(paths), name: "files", machine: machines.first))
      } else {
        // A file that holds several machines has one order, that of their arrival; it is a writer of its own.
        origins += paths.map { StreamOrigin(opening: .files([$0]), name: "file:\($0)") }
      }
    }
  }

  /// Why a file of a directory will not be read: by its header, then by libsystemd's own word.
  private static func defect(of path: String) -> String? {
    if let defect = JournalFile.defect(ofFileAt: path) { return defect.description }
    do {
      _ = try JournalHandle(.files([path]), matches: [], watches: false)
      return nil
    } catch {
      return error.code == 0 ? error.description : JournalError.message(for: error.code)
    }
  }
}
