import Glibc
import Platform

/// One log that is followed: finds its files again after a stop, and goes on in the next one after a rotation.
///
/// A rename is seen by the path naming another file: the old one is read to its end by the descriptor that is held, and
/// for a minute more. copytruncate is seen by a file that is shorter than what was read of it, or begins otherwise: its
/// copy is looked for, and read from where we were. What was compressed or renamed while nobody was looking is known by
/// its first bytes.
final class FollowedLog {
  let log: TextLog
  /// What the configuration names it by.
  let pattern: String
  private let since: UInt64
  private let watch: LogWatch?
  private var earlier: TextLogPosition?
  private var hasStarted = false
  private var watches: [ObjectIdentifier: Int32] = [:]

  init(log: TextLog, pattern: String, position: TextLogPosition?, since: UInt64, watch: LogWatch?) {
    self.log = log
    self.pattern = pattern
    self.since = since
    self.watch = watch
    earlier = position
  }

  /// The position to go on from; before the log was found, the one that was given.
  var position: TextLogPosition { hasStarted ? log.position : earlier ?? TextLogPosition() }

  /// Looks at the path: opens what is new. Returns why the log cannot be read now; nil when all is well.
  func check() -> String? {
    do throws(JournalError) {
      if !hasStarted { try start() }
      for stream in log.streams { stream.retry() }
      log.removeFinished()
      try followPath()
      updateWatches()
      if let failure = log.streams.last?.failure { return "\(failure)" }
      return nil
    } catch {
      updateWatches()
      return "\(error)"
    }
  }

  // MARK: Start

  private func start() throws(JournalError) {
    if let earlier, !earlier.files.isEmpty {
      try goOn(from: earlier)
    } else {
      try beginAnew()
    }
    hasStarted = true
    earlier = nil
  }

  /// The first time: what rotation put aside since the wanted moment, then the log itself.
  private func beginAnew() throws(JournalError) {
    // Without the log itself it would be read again for each of its rotated files that cannot be.
    let current = try openPath()
    let older = siblings().filter { $0.modified >= since && $0.identity != current?.identity }
    let files = Self.withoutCopies(older + (current.map { [$0] } ?? []))
    for file in files { log.append(TextLogStream(file: file)) }
    if let first = log.streams.first, !log.assembler.clock.isSet { try? first.findFirstYear(log.assembler.format) }
  }

  private func goOn(from position: TextLogPosition) throws(JournalError) {
    let current = try openPath()
    let candidates = (current.map { [$0] } ?? []) + siblings()
    var found: [(stream: TextLogStream, offset: UInt64)] = []
    for (index, known) in position.files.enumerated() {
      let isLast = index == position.files.count - 1
      if let file = Self.find(known, in: candidates) {
        guard !found.contains(where: { $0.stream.file.identity == file.identity }) else { continue }
        found.append((TextLogStream(file: file, at: known.windowStart), known.offset))
      } else if known.offset > 0, isLast || !known.isAtEnd {
        noteLoss("a file of it that was being read is gone; lines in it may be lost", position.lastTime)
      }
    }
    for one in found { log.append(one.stream) }
    log.resume(lastTime: position.lastTime, offsets: found.map(\.offset))
    addNewer(candidates)
  }

  /// Appends the files that were begun after those of which something was read, oldest first.
  ///
  /// Of a file of which nothing was read its inode is all that is known: copytruncate may have emptied it since, and what
  /// came first is in a copy. Such files are put in order anew, together with what is found.
  private func addNewer(_ candidates: [TextLogFile]) {
    let currentIdentity = TextLogFile.identity(ofPath: log.path)
    let begun = log.streams.lastIndex { $0.bytesRead > 0 }.map { $0 + 1 } ?? 0
    let (read, waiting) = (log.streams[..<begun], log.streams[begun...])
    if waiting.isEmpty, let last = read.last, last.file.identity == currentIdentity { return }
    // What was read before says whether a file is a copy of it. Where that is gone, the log itself is all that is read.
    if read.isEmpty, log.lastTime > 0, waiting.last?.file.identity == currentIdentity { return }
    let found = candidates.filter { file in
      !log.streams.contains { Self.isCopy(file, of: $0) } && (file.identity == currentIdentity || isNewer(file))
    }
    // Of the log and a copy that is just being made of it the log is read.
    let single = Self.withoutCopies(
      found.filter { $0.identity == currentIdentity } + found.filter { $0.identity != currentIdentity })
    let order = inOrder(waiting.map(\.file) + single, last: currentIdentity)
    guard order.map(\.identity) != waiting.map(\.file.identity) else { return }
    for stream in waiting { log.remove(stream) }
    for file in order { log.append(TextLogStream(file: file)) }
  }

  /// In the order of their last changes, the log itself last. The clock of a file system is too coarse to separate a copy from
  /// what was written into the emptied file at once (current_time in Linux' inode code: a jiffy): then their first lines
  /// decide.
  private func inOrder(_ files: [TextLogFile], last: TextLogFile.Identity?) -> [TextLogFile] {
    let rotated = files.filter { $0.identity != last }
      .map { (file: $0, modified: $0.modified, begun: firstTime(of: $0) ?? .max) }
    return rotated.sorted { ($0.modified, $0.begun) < ($1.modified, $1.begun) }.map(\.file)
      + files.filter { $0.identity == last }
  }

  /// Whether a rotated file was begun after the last line that was read.
  private func isNewer(_ file: TextLogFile) -> Bool {
    if log.lastTime == 0 { return file.modified >= since }
    return firstTime(of: file).map { $0 >= log.lastTime } ?? false
  }

  /// The time of a file's first line, microseconds since 1970; nil when it has none or cannot be read.
  private func firstTime(of file: TextLogFile) -> UInt64? {
    guard let reader = try? file.makeReader() else { return nil }
    while let line = (try? reader.line(takesTorn: true)) ?? nil {
      if let time = log.assembler.format.parse(line.bytes)?.time {
        var clock = LineClock(zone: log.assembler.zone, last: log.lastTime == 0 ? nil : log.lastTime)
        return clock.resolve(time, limit: Int(SystemClock.realtime() / 1_000_000))
      }
      reader.consume()
    }
    return nil
  }

  // MARK: Rotation

  private func followPath() throws(JournalError) {
    let identity = TextLogFile.identity(ofPath: log.path)
    guard let identity else {
      if log.streams.isEmpty { _ = try openPath(isNeeded: true) }
      return
    }
    if let last = log.streams.last, last.file.identity == identity, !last.isSealed {
      if isTruncated(last) { try goOnAfterTruncation(of: last) } else if last.bytesRead == 0 { addNewer(siblings()) }
      return
    }
    if log.streams.contains(where: { $0.file.identity == identity && !$0.isSealed }) { return }
    guard let current = try openPath() else { return }
    addNewer(siblings() + [current])
    if log.streams.last?.file.identity != current.identity { log.append(TextLogStream(file: current)) }
  }

  private func isTruncated(_ stream: TextLogStream) -> Bool {
    if stream.file.compression != .none { return false }
    if stream.file.size < stream.bytesRead { return true }
    guard let head = stream.reader?.head, !head.isEmpty else { return false }
    return (try? stream.file.head(count: head.count)) != head
  }

  private func goOnAfterTruncation(of stream: TextLogStream) throws(JournalError) {
    let known = stream.position
    let others = siblings().filter { $0.identity != stream.file.identity }
    let copy = known.offset == 0 ? copy(of: stream, among: others) : Self.find(known, in: others)
    if let copy {
      log.remove(stream)
      log.append(TextLogStream(file: copy, at: known.offset))
    } else {
      // What was read ahead of it is all that is left.
      stream.seal()
      if !stream.hasMore { log.remove(stream) }
      noteLoss(
        "it was truncated, and no rotated copy of it was found: lines that came after the last one read may be lost",
        log.lastTime)
    }
    guard let current = try openPath() else { return }
    log.append(TextLogStream(file: current))
  }

  /// The file that begins as one does of which lines are at hand, none of them taken yet.
  private func copy(of stream: TextLogStream, among files: [TextLogFile]) -> TextLogFile? {
    guard let head = stream.reader?.head, !head.isEmpty else { return nil }
    return files.first { (try? $0.head(count: head.count)) == head }
  }

  private func noteLoss(_ reason: String, _ from: UInt64) {
    log.add(SourceNotice(kind: .gap, subject: log.path, reason: reason, from: from == 0 ? nil : from))
  }

  // MARK: Files

  private func open(_ path: String) throws(JournalError) -> TextLogFile {
    let file = try TextLogFile(path: path, isFollowed: true)
    file.framing = log.assembler.format.framing
    return file
  }

  /// Nil when there is no such file yet and it is not needed.
  private func openPath(isNeeded: Bool = false) throws(JournalError) -> TextLogFile? {
    do throws(JournalError) { return try open(log.path) } catch {
      if error.code == ENOENT, !isNeeded { return nil }
      throw error
    }
  }

  /// The files that rotation put aside, in the order of their last changes. Of a file and its compressed copy, made just
  /// now, the plain one.
  private func siblings() -> [TextLogFile] {
    // A name that is gone before it could be opened is another by now: compressed, or shifted by rotation.
    var files = openSiblings()
    for _ in 0..<Self.listings where files.hasVanished { files = openSiblings() }
    // Numbers grow towards the past, so that of equal times the later name is the older file.
    return files.found.enumerated().sorted { ($0.element.modified, -$0.offset) < ($1.element.modified, -$1.offset) }
      .map(\.element)
  }

  /// How often the directory is listed again at most: a name may be a link that leads nowhere.
  private static let listings = 10

  private func openSiblings() -> (found: [TextLogFile], hasVanished: Bool) {
    let (directory, name) = StoredTextLogs.split(log.path)
    let names = ((try? InputFile.names(in: directory)) ?? []).filter { RotatedName.original(of: $0) == name }
    var found: [TextLogFile] = []
    var hasVanished = false
    for sibling in names {
      let isBeingCompressed = names.contains { sibling.hasPrefix($0 + ".") && RotatedName.original(of: $0) == name }
      if isBeingCompressed { continue }
      do throws(JournalError) {
        found.append(try open(directory + "/" + sibling))
      } catch {
        // What may not be read is none of the log's files; `status` says so of the log itself.
        if error.code == ENOENT { hasVanished = true }
      }
    }
    return (found, hasVanished)
  }

  /// The file that a position is in: the same inode if it still begins alike, else any that begins alike.
  private static func find(_ known: TextLogPosition.File, in files: [TextLogFile]) -> TextLogFile? {
    let alike = files.filter { isSame($0, known) }
    return alike.first { $0.identity?.inode == known.inode && $0.identity?.device == known.device } ?? alike.first
  }

  private static func isSame(_ file: TextLogFile, _ known: TextLogPosition.File) -> Bool {
    if known.headLength == 0 { return file.identity?.inode == known.inode && file.identity?.device == known.device }
    if file.compression == .none, file.size < known.offset { return false }
    guard let head = try? file.head(count: Int(known.headLength)), head.count == Int(known.headLength) else {
      return false
    }
    return head.withUnsafeBytes { LineHash.of($0) } == known.headHash
  }

  /// Whether a file is one that is read already, or a copy of it.
  private static func isCopy(_ file: TextLogFile, of stream: TextLogStream) -> Bool {
    if file.identity == stream.file.identity { return true }
    return isCopy(file, stream.file)
  }

  private static func isCopy(_ first: TextLogFile, _ second: TextLogFile) -> Bool {
    guard let left = try? first.head(count: LineReader.headLimit),
      let right = try? second.head(count: LineReader.headLimit)
    else { return false }
    return !left.isEmpty && !right.isEmpty && (left.starts(with: right) || right.starts(with: left))
  }

  private static func withoutCopies(_ files: [TextLogFile]) -> [TextLogFile] {
    var kept: [TextLogFile] = []
    for file in files where !kept.contains(where: { isCopy($0, file) }) { kept.append(file) }
    return kept
  }

  // MARK: Watching

  private func updateWatches() {
    guard let watch else { return }
    let present = Set(log.streams.map { ObjectIdentifier($0.file) })
    for (file, number) in watches where !present.contains(file) {
      watch.unwatch(number)
      watches[file] = nil
    }
    for stream in log.streams where watches[ObjectIdentifier(stream.file)] == nil {
      watches[ObjectIdentifier(stream.file)] = stream.file.watch(by: watch)
    }
  }
}
