import Platform

/// A text log: the file that is written now and, before it, those that rotation put aside. Read one after the other.
final class TextLog {
  /// The path that the log is written to; the log's key in a position.
  let path: String
  var assembler: TextEntryAssembler
  /// Oldest first.
  private(set) var streams: [TextLogStream] = []
  /// Whether the files are read as they are and not followed: then their last lines count without a line feed too, and
  /// years are bound by each file's last change rather than by the clock on the wall.
  let isStored: Bool

  private var nextNumber = 0

  private struct Head {
    var line: LineReader.Line
    var parsed: TextLine
    var realtime: UInt64
  }

  private var head: Head?
  private var current = 0
  private var isAtEnd = false
  private var isEntered = false
  /// The time by which this log takes its turn among others: it never goes back.
  private var turn: UInt64 = 0
  private(set) var lastTime: UInt64 = 0
  private var limit = 0
  private var notices: [SourceNotice] = []
  private var parsedLines = 0
  private var otherLines = 0
  /// Where the first of those stands.
  private var firstOther: UInt64 = 0
  private var noted = (lines: 0, messages: 0)

  init(path: String, assembler: TextEntryAssembler, isStored: Bool) {
    self.path = path
    self.assembler = assembler
    self.isStored = isStored
  }

  func drainNotices() -> [SourceNotice] {
    defer { notices = [] }
    return notices
  }

  func add(_ notice: SourceNotice) { notices.append(notice) }

  /// Adds the file that the log went on in.
  func append(_ stream: TextLogStream) {
    stream.number = nextNumber
    nextNumber += 1
    streams.append(stream)
  }

  /// Takes a file out of which nothing more is to be read.
  func remove(_ stream: TextLogStream) {
    // The line at hand may lie in its memory; if not, it is read again.
    head = nil
    isEntered = false
    current = 0
    streams.removeAll { $0 === stream }
  }

  // MARK: Reading

  /// Looks again at all files from the oldest one on; they may have grown.
  func lookAgain() {
    isAtEnd = false
    isEntered = false
    if head == nil { current = 0 }
  }

  /// When this log is to be read among others; nil when it has no more lines now.
  func nextTime() -> UInt64? {
    if head != nil { return turn }
    while !isAtEnd {
      guard current < streams.count else {
        isAtEnd = true
        break
      }
      if !isEntered { enter(current) }
      guard let line = nextLine(of: streams[current]) else {
        leave(streams[current])
        continue
      }
      guard let parsed = assembler.format.parse(line.bytes) else {
        note(unread: line)
        streams[current].consume()
        continue
      }
      parsedLines += 1
      let time = assembler.clock.resolve(parsed.time, limit: limit)
      turn = max(turn, time)
      head = Head(line: line, parsed: parsed, realtime: time)
      return turn
    }
    return nil
  }

  private func nextLine(of stream: TextLogStream) -> LineReader.Line? {
    if let line = stream.line(takesTorn: false) { return line }
    let hasSuccessor = current < streams.count - 1
    guard isStored || hasSuccessor && stream.isFinal(now: SystemClock.realtime()) else { return nil }
    return stream.line(takesTorn: true)
  }

  /// Puts the line that `nextTime` found into the batch, when it is wanted.
  func take(into batch: EntryBatch) {
    guard let head else { return }
    let stream = streams[current]
    batch.examinedCount += 1
    _ = assembler.append(
      head.parsed, of: head.line.bytes, realtime: head.realtime, isCut: head.line.isCut, file: stream.number,
      offset: head.line.offset, to: batch)
    lastTime = head.realtime
    self.head = nil
    stream.consume()
  }

  private func enter(_ index: Int) {
    isEntered = true
    limit = Int((isStored ? streams[index].file.modified : SystemClock.realtime()) / 1_000_000)
    guard let year = streams[index].firstYear else { return }
    assembler.clock.begin(inYear: year)
    streams[index].firstYear = nil
  }

  private func leave(_ stream: TextLogStream) {
    if let failure = stream.failure, !stream.isFailureReported {
      stream.isFailureReported = true
      notices.append(
        SourceNotice(kind: .gap, subject: stream.file.path, reason: "\(failure)", from: lastTime == 0 ? nil : lastTime))
    }
    if isStored { stream.finish() }
    current += 1
    isEntered = false
  }

  // MARK: Place

  /// Removes the files that are read to their ends and that nobody writes to any more.
  ///
  /// The last one of which anything was read stays until something was read of a later one: it is what separates an unread
  /// file from one that was read.
  func removeFinished() {
    guard head == nil else { return }
    let now = SystemClock.realtime()
    while streams.count > 1, streams[0].isOld(now: now), streams[0].failure != nil || !streams[0].hasMore,
      streams[0].offset == 0 || streams.dropFirst().contains(where: { $0.offset > 0 })
    {
      streams.removeFirst()
      current = max(0, current - 1)
    }
  }

  /// Where to go on after what was taken last.
  var position: TextLogPosition {
    let files = streams.map { stream in
      var file = stream.position
      if let start = assembler.repeats.windowStart(ofFile: stream.number) { file.windowStart = min(file.offset, start) }
      return file
    }
    return TextLogPosition(files: files, lastTime: lastTime)
  }

  /// Goes on where a position stands: its files have been found again and begin at their windows, whose lines are
  /// counted and not read again.
  ///
  /// - Parameter offsets: where each file is to be read from.
  func resume(lastTime: UInt64, offsets: [UInt64]) {
    self.lastTime = lastTime
    turn = lastTime
    let batch = EntryBatch()
    var clock = LineClock(zone: assembler.zone, last: lastTime == 0 ? nil : lastTime)
    let now = Int(SystemClock.realtime() / 1_000_000)
    for (stream, offset) in zip(streams, offsets) {
      while stream.offset < offset, let line = stream.line(takesTorn: true) {
        if let parsed = assembler.format.parse(line.bytes) {
          let time = clock.resolve(parsed.time, limit: now)
          _ = assembler.append(
            parsed, of: line.bytes, realtime: time, isCut: line.isCut, file: stream.number, offset: line.offset,
            to: batch)
          batch.removeAll()
        }
        stream.consume()
      }
    }
  }

  private func note(unread line: LineReader.Line) {
    // `journalctl -o json-sse` puts empty lines between its entries.
    guard !line.bytes.isEmpty else { return }
    if otherLines == 0 { firstOther = line.offset }
    otherLines += 1
  }

  /// What is said of lines that were not read: of a strict format each counts; else when they are the most.
  func noteForeignLines() {
    if assembler.format.isStrict { return noteDamage() }
    guard otherLines > parsedLines, otherLines >= 10, assembler.format != .exim else { return }
    notices.append(
      SourceNotice(
        kind: .warning, subject: path,
        reason: "\(otherLines) of \(otherLines + parsedLines) lines are not of the format "
          + "\(assembler.format.rawValue) and were left out; is it another one?"))
    otherLines = 0
  }

  /// Says what is lacking, and again when it has doubled.
  private func noteDamage() {
    if otherLines > 2 * noted.lines {
      noted.lines = otherLines
      notices.append(
        SourceNotice(
          kind: .warning, subject: path,
          reason: "\(otherLines) of \(otherLines + parsedLines) entries are damaged, cut or none of the format "
            + "\(assembler.format.rawValue), and were left out; the first one begins at byte \(firstOther)"))
    }
    if assembler.leftOutMessages > 2 * noted.messages {
      noted.messages = assembler.leftOutMessages
      notices.append(
        SourceNotice(
          kind: .warning, subject: path,
          reason: "journalctl left \(noted.messages) messages out because they are long: write it anew with --all"))
    }
  }
}
