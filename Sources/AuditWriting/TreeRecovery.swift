import AuditFiles
import AuditModel
import Glibc
import Platform

/// What `AuditTree.recover()` found.
package struct RecoveryReport: Sendable, Hashable {
  /// Whether an intent was there: false on the first start of all.
  package var foundIntent = false
  /// Intent files that were not whole; nothing had been appended after them.
  package var tornIntents = 0
  /// Whether others, which have a position of their own, committed since the saved position.
  package var hasForeignCommits = false
  /// Files that the last commit appended to.
  package var filesExamined = 0
  /// Whole lines of that commit: these events are skipped when they come again.
  package var linesFound = 0
  /// Bytes of torn lines that were cut.
  package var bytesCut = 0
  /// Whole lines among them that are no records: somebody else wrote them, they are left alone.
  package var foreignLines = 0
}

/// Brings the tree into order after a stop at any instant (AuditTree.recover).
struct TreeRecovery {
  let root: Directory
  private(set) var report = RecoveryReport()
  private(set) var lines = RecoveredLines()
  /// The last commit of which nothing comes again but the lines that its intent lists.
  private(set) var finishedCommit: UInt64 = 0

  init(root: Directory) { self.root = root }

  /// - Parameter savedCommit: the commit behind which the position was saved; nil when that is not known.
  mutating func run(_ content: IntentLog.Content, savedCommit: UInt64?) throws(FileError) {
    report.tornIntents = content.tornFiles
    report.foundIntent = content.newest != nil
    // Number 0 is no commit's: before the first one nothing is unfinished, but nothing was synchronized either.
    let intent = content.newest ?? IntentLog.Intent(sequence: 0)
    let isFinished = savedCommit.map { intent.sequence <= $0 } ?? false
    report.hasForeignCommits = savedCommit.map { !isFinished && !isOwn(intent, $0) } ?? false
    finishedCommit = isFinished ? savedCommit ?? 0 : intent.sequence - min(intent.sequence, 1)
    // What came again before a finished commit comes no more, and its own lines neither.
    for line in intent.lines where !(isFinished && line.isTaken) { lines.insert(line) }
    if isFinished { return }
    let result = root.calls.synchronizeFileSystem(root.descriptor.number)
    if result < 0 { throw FileError(.synchronize, path: root.path, code: -result) }
    var walker = TreeWalker(root: root)
    for entry in intent.entries {
      // Without O_APPEND: pwrite(2) would heed it.
      guard let (file, length) = try walker.open(entry.path, entry.day, create: false, flags: O_RDWR),
        length > entry.length
      else { continue }
      try examine(entry, file, length)
    }
  }

  /// Whether the last intent goes on from the saved position, and so lists all that is unfinished. The next commit does
  /// whoever made it.
  private func isOwn(_ intent: IntentLog.Intent, _ savedCommit: UInt64) -> Bool {
    intent.base == savedCommit || intent.sequence == savedCommit &+ 1
  }

  private mutating func examine(_ entry: IntentLog.Entry, _ file: FileDescriptor, _ length: Int) throws(FileError) {
    let path = root.path + "/" + entry.path.file(of: entry.day)
    let finding = try TailExaminer(isThorough: true).examine(file, path: path, from: entry.length, length: length)
    if finding.soundLength < length {
      let result = root.calls.truncate(file.number, to: finding.soundLength)
      if result < 0 { throw FileError(.truncate, path: path, code: -result) }
    }
    try rewrite(file, path, entry.length..<finding.soundLength)
    lines.insert(finding.lines, in: entry.path)
    report.filesExamined += 1
    report.linesFound += finding.lines.count
    report.bytesCut += length - finding.soundLength
    report.foreignLines += finding.foreignLines
  }

  /// Writes what is there over itself. Where the program ended after a failed sync, these bytes may be in memory only,
  /// in pages that the kernel holds for written; so they are written once more before anybody relies on them.
  private func rewrite(_ file: FileDescriptor, _ path: String, _ range: Range<Int>) throws(FileError) {
    let scanner = LineScanner(file, path: path)
    var offset = range.lowerBound
    while offset < range.upperBound {
      let bytes = try scanner.read(at: offset, count: min(1 << 20, range.upperBound - offset))
      if bytes.isEmpty { break }
      let result = bytes.withUnsafeBytes { root.calls.overwrite(file.number, $0, at: offset) }
      if result < 0 { throw FileError(.write, path: path, code: Int32(-result)) }
      offset += result
    }
    let result = root.calls.synchronizeData(file.number)
    if result < 0 { throw FileError(.synchronize, path: path, code: -result) }
  }
}
