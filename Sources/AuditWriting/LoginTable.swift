import AuditFiles
import AuditModel
import Glibc
import Platform

/// The table of logins of a tree, as its one writer sees it: what was learnt is appended to `_logins/changes`, and from time
/// to time table and changes become a new table.
///
/// Lines may be written again, and old changes may stand beside a new table: rows are merged, and merging knows no order.
/// So nothing need be repaired after a stop. Belongs to one thread at a time.
package final class LoginTable {
  /// How long the logins of a mailbox are kept, in microseconds: 400 days.
  package static let retention: UInt64 = 400 * TimeSpan.day
  /// How long failures are kept of a mailbox that nobody ever logged in to.
  private static let retentionOfUnused: UInt64 = 7 * TimeSpan.day

  private let root: Directory
  private let isDurable: Bool
  /// The length of the changes up to which they are durable, or written; 0 until they were looked at.
  private var length = 0
  /// When the table was written, by the entries' time; nil until it was looked at.
  private var written: UInt64?
  private let maximumChanges: Int

  /// Changes become a table when they are so long: they are held in memory then.
  private static let usualMaximumChanges = 8 << 20

  /// Opens nothing yet. The tree must be there.
  ///
  /// - Parameters:
  ///   - isDurable: whether each append is made durable at once; else `synchronize` does it.
  ///   - maximumChanges: bytes; for tests.
  /// - Throws: `FileError` when the tree cannot be opened.
  package init(
    root path: String, isDurable: Bool, maximumChanges: Int? = nil, calls: SystemCalls = SystemCalls()
  ) throws(FileError) {
    root = try Directory.open(path, calls: calls)
    self.isDurable = isDurable
    self.maximumChanges = maximumChanges ?? Self.usualMaximumChanges
  }

  /// Looks at the table that is there.
  ///
  /// - Throws: `FileError` when it cannot be read, or a newer mailtrail wrote it.
  package func check() throws(FileError) {
    if let reader = try LoginTableReader(root: root) { written = reader.bounds?.written }
  }

  /// Adds rows; makes the table when there is none.
  ///
  /// - Parameter since: since when a new table knows all logins, microseconds since 1970.
  /// - Throws: `FileError`, after which it is called with the same again; or when a newer mailtrail wrote the table.
  package func append(_ rows: [MailboxLogins], since: UInt64) throws(FileError) {
    guard !rows.isEmpty || written == nil else { return }
    let sorted = rows.sorted { LoginTableReader.precedes($0.mailbox, $1.mailbox) }
    try append(lines: sorted.flatMap { LoginTableFormat.encode(.row($0)) }, since: since)
  }

  /// Adds what was seen, likewise.
  package func append(_ sightings: LoginSightings, since: UInt64) throws(FileError) {
    guard !sightings.isEmpty || written == nil else { return }
    var lines: [UInt8] = []
    lines.reserveCapacity(2 * sightings.byteCount)
    sightings.forEachSighting { LoginTableFormat.append($0, to: &lines) }
    try append(lines: lines, since: since)
  }

  private func append(lines: [UInt8], since: UInt64) throws(FileError) {
    let directory = try open(since: since)
    if !lines.isEmpty { try append(lines, in: directory) }
  }

  /// Makes durable what was appended, where that does not do it.
  package func synchronize() throws(FileError) {
    guard !isDurable, written != nil, let directory = try root.directory(LoginTableFormat.directoryName) else { return }
    if let (file, _) = try directory.file(LoginTableFormat.changesName, flags: O_RDWR) {
      try synchronize(file, in: directory)
    }
    try directory.synchronize()
    try root.synchronize()
  }

  // MARK: - The files

  private func open(since: UInt64) throws(FileError) -> Directory {
    let directory = try openDirectory()
    if directory.isFile(LoginTableFormat.tableName) {
      if written == nil { written = try LoginTableReader(directory: directory).bounds?.written ?? 0 }
    } else {
      try replaceTable(in: directory, bounds: .init(since: since, written: since)) { _ in LoginTableReader.Damage() }
    }
    return directory
  }

  private func openDirectory() throws(FileError) -> Directory {
    let name = LoginTableFormat.directoryName
    if let directory = try root.directory(name) { return directory }
    try root.makeDirectory(name)
    guard let directory = try root.directory(name) else { throw root.error(.open, name, ENOENT) }
    return directory
  }

  private func append(_ bytes: [UInt8], in directory: Directory) throws(FileError) {
    let name = LoginTableFormat.changesName
    guard let (file, found) = try directory.file(name, flags: O_RDWR | O_CREAT, mode: 0o640) else {
      throw directory.error(.open, name, ENOENT)
    }
    // What is behind the known length is what a failed try left; another length is another run's, or somebody removed it.
    var start = found
    if length > 0, found >= length { start = length } else { start = try soundEnd(of: file, found, directory) }
    if start < found {
      let result = directory.calls.truncate(file.number, to: start)
      if result < 0 { throw directory.error(.truncate, name, -result) }
    }
    let lines = start == 0 ? LoginTableFormat.head + bytes : bytes
    try directory.overwrite(file, at: start, with: lines, name: name)
    if isDurable { try synchronize(file, in: directory) }
    // The names, too: an earlier run may have been ended before it could do that.
    if length == 0 || start == 0, isDurable {
      try directory.synchronize()
      try root.synchronize()
    }
    length = start + lines.count
  }

  /// The offset behind the last whole line.
  private func soundEnd(
    of file: FileDescriptor, _ length: Int, _ directory: Directory
  ) throws(FileError) -> Int {
    var end = 0
    let path = directory.path + "/" + LoginTableFormat.changesName
    try LineScanner(file, path: path).backward(from: length) { line in
      end = line.isWhole ? line.end : line.offset
      return false
    }
    return end
  }

  private func synchronize(_ file: FileDescriptor, in directory: Directory) throws(FileError) {
    let result = directory.calls.synchronizeData(file.number)
    if result < 0 { throw directory.error(.synchronize, LoginTableFormat.changesName, -result) }
  }

  // MARK: - A new table

  /// Whether it is time for a new table: the changes are long, or a day has passed, after which rows may be too old.
  package func isRewriteDue(newest: UInt64) -> Bool {
    guard let written else { return false }
    return length > maximumChanges || (isDurable && newest > written && newest - written > TimeSpan.day)
  }

  /// Makes a new table of the old one and the changes, without what is too old. Where nothing is written by anybody else.
  ///
  /// - Parameters:
  ///   - now: the clock, microseconds since 1970.
  ///   - newest: the newest entry's time; the earlier of the two decides what is too old.
  /// - Returns: what was damaged and is left out.
  /// - Throws: `FileError`; then all is as it was.
  @discardableResult
  package func rewrite(now: UInt64, newest: UInt64) throws(FileError) -> LoginTableReader.Damage {
    let time = min(now, newest)
    return try rewrite(written: newest, now: now) { row in
      var row = row
      row.removeLogins(
        before: time - min(time, Self.retention), ofUnusedBefore: time - min(time, Self.retentionOfUnused))
      return row
    }
  }

  /// Moves all that is known of the mailboxes whose trail is `source` to another mailbox, durably.
  ///
  /// - Parameter now: the clock, microseconds since 1970.
  /// - Returns: whether there was anything.
  /// - Throws: `FileError`, after which it is called again.
  @discardableResult
  package func move(_ source: TrailPath, to target: MailboxAddress, now: UInt64) throws(FileError) -> Bool {
    guard let reader = try LoginTableReader(root: root) else { return false }
    var moved = MailboxLogins(mailbox: target)
    _ = try reader.forEachRow { row in
      if TrailPath(.mailbox(row.mailbox)) == source { moved.merge(row) }
    }
    guard !moved.isEmpty, TrailPath(.mailbox(target)) != source else { return false }
    // It stands under both names for a moment, never under none.
    try append([moved], since: now)
    try rewrite(written: reader.bounds?.written ?? 0, now: now) { row in
      TrailPath(.mailbox(row.mailbox)) == source ? nil : row
    }
    return true
  }

  @discardableResult
  private func rewrite(
    written: UInt64, now: UInt64, _ kept: (MailboxLogins) -> MailboxLogins?
  ) throws(FileError) -> LoginTableReader.Damage {
    let directory = try openDirectory()
    let reader = try LoginTableReader(directory: directory)
    let bounds = LoginTableFormat.Bounds(since: reader.bounds?.since ?? now, written: written)
    let damage = try replaceTable(in: directory, bounds: bounds) { (write) throws(FileError) in
      try reader.forEachRow { (row) throws(FileError) in
        if let row = kept(row), !row.isEmpty { try write(row) }
      }
    }
    // Old changes that come back after a power cut change nothing.
    _ = try directory.remove(LoginTableFormat.changesName, isDirectory: false)
    length = 0
    return damage
  }

  /// Replaces the table at once and durably by what the body writes; it says what was damaged.
  @discardableResult
  private func replaceTable(
    in directory: Directory, bounds: LoginTableFormat.Bounds,
    _ body: ((MailboxLogins) throws(FileError) -> Void) throws(FileError) -> LoginTableReader.Damage
  ) throws(FileError) -> LoginTableReader.Damage {
    let output = try LoginTableOutput(in: directory)
    try output.add(LoginTableFormat.head + LoginTableFormat.encode(.bounds(bounds)))
    var rows = 0
    let damage = try body { (row) throws(FileError) in
      try output.add(LoginTableFormat.encode(.row(row)))
      rows += 1
    }
    try output.add(LoginTableFormat.encode(.end(.init(rows: rows, damaged: damage.total))))
    try output.finish()
    written = bounds.written
    return damage
  }
}

/// A table on its way into its file, a piece at a time: it need not fit into the memory.
private final class LoginTableOutput {
  private static let name = LoginTableFormat.tableName + ".tmp"

  private let directory: Directory
  private let file: FileDescriptor
  private var offset = 0
  private var buffer: [UInt8] = []

  init(in directory: Directory) throws(FileError) {
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    guard let (file, _) = try directory.file(Self.name, flags: flags, mode: 0o640) else {
      throw directory.error(.open, Self.name, ENOENT)
    }
    (self.directory, self.file) = (directory, file)
  }

  func add(_ bytes: [UInt8]) throws(FileError) {
    buffer += bytes
    if buffer.count >= 1 << 16 { try flush() }
  }

  func finish() throws(FileError) {
    try flush()
    let result = directory.calls.synchronizeData(file.number)
    if result < 0 { throw directory.error(.synchronize, Self.name, -result) }
    try directory.rename(Self.name, to: LoginTableFormat.tableName)
    try directory.synchronize()
  }

  private func flush() throws(FileError) {
    try directory.overwrite(file, at: offset, with: buffer, name: Self.name)
    offset += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }
}
