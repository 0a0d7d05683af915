import AuditModel
import Glibc
import Platform

/// Reads the table of logins of a tree, also while it is written. Holds what changed since the table was written last,
/// never the table.
package struct LoginTableReader {
  /// Since when logins are known and when the table was written; nil when its head is damaged or it is not there.
  package let bounds: LoginTableFormat.Bounds?
  /// Lines of the changes that are damaged.
  private let damagedChanges: Int
  private let changes: [MailboxLogins]
  private let directory: Directory
  private let table: (file: FileDescriptor, length: Int)?

  /// Opens the table; nil when the tree has none.
  ///
  /// - Throws: `FileError` when it cannot be read, or a newer mailtrail wrote it.
  package init?(root: Directory) throws(FileError) {
    guard let directory = try root.directory(LoginTableFormat.directoryName) else { return nil }
    try self.init(directory: directory)
  }

  /// The same by the path of the tree.
  package init?(root path: String) throws(FileError) { try self.init(root: try Directory.open(path)) }

  /// - Parameter directory: the one that the files are in.
  package init(directory: Directory) throws(FileError) {
    self.directory = directory
    // First the changes: what is not in them any more is in the table by then.
    (changes, damagedChanges) = try Self.changes(in: directory)
    table = try directory.file(LoginTableFormat.tableName, flags: O_RDONLY)
    bounds = try table.map { (file, _) throws(FileError) in try Self.bounds(file, directory) } ?? nil
  }

  /// Lines that cannot be read, of which nothing is known.
  package struct Damage: Sendable, Hashable {
    package var found = 0
    /// Those that earlier tables had and that were left out since.
    package var earlier = 0

    package init(found: Int = 0, earlier: Int = 0) { (self.found, self.earlier) = (found, earlier) }

    package var total: Int { found + earlier }
  }

  /// Hands out the rows in the order of their mailboxes' names, each mailbox once.
  ///
  /// - Throws: `FileError` when the table cannot be read.
  package func forEachRow(_ body: (MailboxLogins) throws(FileError) -> Void) throws(FileError) -> Damage {
    var rest = changes[...]
    var (last, rows, damaged): (MailboxAddress?, Int, Int) = (nil, 0, damagedChanges)
    var end: LoginTableFormat.End?
    try forEachLine { (line) throws(FileError) in
      switch line {
      case .row(var row)? where last.map({ Self.precedes($0, row.mailbox) }) ?? true:
        while let change = rest.first, !Self.precedes(row.mailbox, change.mailbox) {
          rest.removeFirst()
          if change.mailbox == row.mailbox { row.merge(change) } else { try body(change) }
        }
        (last, rows) = (row.mailbox, rows + 1)
        try body(row)
      case .end(let found)?: end = found
      default: damaged += 1
      }
    }
    for change in rest { try body(change) }
    guard table != nil else { return Damage(found: damaged) }
    // Whole lines may be missing, too, and how many only the end says.
    guard let end else { return Damage(found: damaged + 1) }
    return Damage(found: max(damaged, damagedChanges + max(0, end.rows - rows)), earlier: end.damaged)
  }

  /// Whether there is a row of the mailbox whose trail it is.
  package func knows(_ trail: TrailPath) throws(FileError) -> Bool {
    var isKnown = false
    _ = try forEachRow { row in isKnown = isKnown || TrailPath(.mailbox(row.mailbox)) == trail }
    return isKnown
  }

  package static func precedes(_ one: MailboxAddress, _ other: MailboxAddress) -> Bool {
    one.bytes.lexicographicallyPrecedes(other.bytes)
  }

  // MARK: - Lines

  /// The lines of the table behind its head; nil for a damaged one.
  private func forEachLine(
    _ body: (LoginTableFormat.Line?) throws(FileError) -> Void
  ) throws(FileError) {
    guard let table else { return }
    var number = 0
    try scanner(table.file).forward(from: 0) { (line) throws(FileError) in
      number += 1
      let decoded = line.isWhole ? LoginTableFormat.decode(line.bytes) : nil
      if number == 1, LoginTableFormat.version(of: line.bytes) != nil { return true }
      if number == 2, case .bounds? = decoded { return true }
      try body(decoded)
      return true
    }
  }

  private func scanner(_ file: FileDescriptor) -> LineScanner {
    LineScanner(file, path: directory.path + "/" + LoginTableFormat.tableName)
  }

  private static func bounds(
    _ file: FileDescriptor, _ directory: Directory
  ) throws(FileError) -> LoginTableFormat.Bounds? {
    var bounds: LoginTableFormat.Bounds?
    let path = directory.path + "/" + LoginTableFormat.tableName
    var isFirst = true
    try LineScanner(file, path: path).forward(from: 0) { (line) throws(FileError) in
      if isFirst {
        isFirst = false
        return try check(line, path)
      }
      if line.isWhole, case .bounds(let found)? = LoginTableFormat.decode(line.bytes) { bounds = found }
      return false
    }
    return bounds
  }

  /// Whether a first line is of a version that is known; false when it is damaged.
  private static func check(_ line: LineScanner.Line, _ path: String) throws(FileError) -> Bool {
    guard line.isWhole, let version = LoginTableFormat.version(of: line.bytes) else { return false }
    guard version <= LoginTableFormat.version else {
      throw FileError(
        .use, path: path,
        reason: "it is of version \(version), and this mailtrail knows up to \(LoginTableFormat.version)",
        remedy: "install the newer mailtrail again, or move the file away to begin a new table")
    }
    return true
  }

  /// What the changes say, one row a mailbox, in the order of their names.
  private static func changes(in directory: Directory) throws(FileError) -> ([MailboxLogins], damaged: Int) {
    guard let (file, _) = try directory.file(LoginTableFormat.changesName, flags: O_RDONLY) else { return ([], 0) }
    var rows: [MailboxAddress: MailboxLogins] = [:]
    var (damaged, isFirst) = (0, true)
    let path = directory.path + "/" + LoginTableFormat.changesName
    try LineScanner(file, path: path).forward(from: 0) { (line) throws(FileError) in
      defer { isFirst = false }
      if isFirst, try check(line, path) { return true }
      // The last one was being written: its entries are read again.
      guard line.isWhole else { return false }
      guard case .row(let row)? = LoginTableFormat.decode(line.bytes) else {
        damaged += 1
        return true
      }
      rows[row.mailbox]?.merge(row)
      if rows[row.mailbox] == nil { rows[row.mailbox] = row }
      return true
    }
    return (rows.values.sorted { precedes($0.mailbox, $1.mailbox) }, damaged)
  }
}
