import Glibc
import LogSources
import Platform

/// Remembers which journal files ended the process while they were read (durability 4), and leaves one out after three
/// times in a row.
///
/// Kept in the state directory beside the checkpoint: `journal-fault`, which the dying process writes, and
/// `journal-faults`, a line `COUNT PATH` for each file, replaced as the checkpoint is.
struct JournalFaults {
  static let maximumInRow = 3
  private static let fileName = "journal-faults"

  private let directory: String
  private var counts: [String: Int] = [:]
  /// What has to be said at this start.
  private(set) var notices: [SourceNotice] = []

  /// Takes up how the last run ended, and arms the trap for this one.
  init(directory: String) {
    self.directory = directory
    read()
    takeUpLastRun()
    if !FaultTrap.arm(directory: directory) {
      notices.append(
        SourceNotice(
          kind: .warning, subject: directory + "/" + FaultTrap.fileName,
          reason: "cannot be written (\(String(cString: strerror(errno)))): a journal file that kills the reader will "
            + "not be known"))
    }
  }

  /// The files that are not to be opened.
  var excluded: Set<String> { Set(counts.filter { $0.value >= Self.maximumInRow }.keys) }

  /// Everything was read to its end: no file that was read is to blame any more.
  mutating func settle() {
    let kept = counts.filter { $0.value >= Self.maximumInRow }
    guard kept.count != counts.count else { return }
    counts = kept
    write()
  }

  private mutating func takeUpLastRun() {
    // A file that is gone, or was replaced by a newer one under its name, has a clean slate.
    let before = counts
    counts = counts.filter { access($0.key, F_OK) == 0 }
    defer { if counts != before { write() } }
    guard let bytes = try? InputFile.contents(of: directory + "/" + FaultTrap.fileName), !bytes.isEmpty else { return }
    let recorded = FaultTrap.recordedFile(in: bytes)
    // Vacuuming empties what it removes (systemd's unlinkat_deallocate), also under those who read it.
    let mark = " (deleted)"
    if let recorded, recorded.hasSuffix(".journal" + mark) || recorded.hasSuffix(".journal~" + mark) {
      notices.append(
        SourceNotice(
          kind: .warning, subject: String(recorded.dropLast(mark.count)),
          reason: "it was removed while it was read, which ended the last run (SIGBUS); nothing is wrong with it"))
      return
    }
    guard let path = recorded, path.hasSuffix(".journal") || path.hasSuffix(".journal~")
    else {
      notices.append(
        SourceNotice(
          kind: .warning, subject: "the last run", reason: "it ended with SIGBUS, but not while reading a journal file"
        ))
      return
    }
    let count = counts[path, default: 0] + 1
    counts = counts.filter { $0.value >= Self.maximumInRow }
    counts[path] = count
    let reason = "reading it ended the last run (SIGBUS: the file was cut, or its disk cannot be read)"
    guard count >= Self.maximumInRow else {
      notices.append(
        SourceNotice(
          kind: .warning, subject: path,
          reason: reason + "; tried again, and left out after \(Self.maximumInRow) times in a row (now \(count))"))
      return
    }
    let times = JournalFileTimes(path: path)
    notices.append(
      SourceNotice(
        kind: .gap, subject: path,
        reason: reason + ", \(count) times in a row; it is left out until it is removed",
        from: times?.first, to: times?.last))
  }

  private mutating func read() {
    guard let bytes = try? InputFile.contents(of: directory + "/" + Self.fileName) else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      if parts.count == 2, let count = Int(parts[0]) { counts[String(parts[1])] = count }
    }
  }

  private func write() {
    let text = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\n" }.joined()
    do {
      try Directory.open(directory).replace(Self.fileName, with: Array(text.utf8), mode: 0o600)
    } catch {
      // Then the next run counts from what the file says: a fault more is needed before a journal file is left out.
    }
  }
}
