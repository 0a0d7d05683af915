/// One file of a text log, while it is read.
final class TextLogStream {
  let file: TextLogFile
  private(set) var reader: LineReader?
  private let start: UInt64
  /// Its number among the files of its log.
  var number = 0
  /// The year of the first line, when the lines have none and the file has been looked through.
  var firstYear: Int?
  /// Whether nothing will be added: it is compressed, was truncated, or was put aside a while ago.
  private(set) var isSealed = false
  /// Whether it was read to its end, and is not to be looked at again.
  private var isFinished = false
  /// Why it cannot be read on; nil when it can.
  private(set) var failure: JournalError?
  var isFailureReported = false
  /// Whether there was no whole line left when it was looked at last.
  private var isAtEnd = false

  /// After so many microseconds nobody writes to a log any more that has a successor.
  static let lingering: UInt64 = 60_000_000

  init(file: TextLogFile, at offset: UInt64 = 0) {
    self.file = file
    start = offset
  }

  /// The next line, or that at hand; nil when there is none now, or when it cannot be read.
  func line(takesTorn: Bool) -> LineReader.Line? {
    guard failure == nil, !isFinished else { return nil }
    do throws(JournalError) {
      if reader == nil { reader = try file.makeReader(at: start) }
      let line = try reader?.line(takesTorn: takesTorn)
      isAtEnd = line == nil
      return line
    } catch {
      failure = error
      return nil
    }
  }

  func consume() { reader?.consume() }

  /// Whether there is anything left to read, a line without its line feed included.
  var hasMore: Bool { line(takesTorn: true) != nil }

  /// Where the next line begins.
  var offset: UInt64 { reader?.offset ?? start }

  /// How many bytes were read so far, lines that wait included.
  var bytesRead: UInt64 { reader?.bytesRead ?? start }

  /// Nothing more comes from the file itself: what was read already is all.
  func seal() {
    isSealed = true
    reader?.seal()
  }

  /// Whether nobody writes to it any more; only asked of a file that has a successor.
  func isFinal(now: UInt64) -> Bool {
    isSealed || file.compression != .none || now > file.modified &+ Self.lingering
  }

  /// Whether it may be forgotten once it is read. Until then it is known as read: the seconds that logs count in are too
  /// coarse to separate it from a newer one.
  func isOld(now: UInt64) -> Bool { isSealed || now > file.modified &+ Self.lingering }

  /// Gives its memory back after its end; only of a file that is read once.
  func finish() {
    isFinished = true
    reader = nil
  }

  /// Tries again after a failure.
  func retry() {
    guard failure != nil else { return }
    let offset = self.offset
    failure = nil
    do throws(JournalError) { reader = try file.makeReader(at: offset) } catch { failure = error }
  }

  /// Where reading would go on.
  var position: TextLogPosition.File {
    let head = (reader?.head ?? []).prefix(Int(min(offset, UInt64(LineReader.headLimit))))
    return TextLogPosition.File(
      device: file.identity?.device ?? 0, inode: file.identity?.inode ?? 0, offset: offset, windowStart: offset,
      headLength: UInt64(head.count), headHash: head.withUnsafeBytes { LineHash.of($0) }, isAtEnd: isAtEnd)
  }

  // MARK: Looking through

  /// Looks through the whole file for the years that its lines leave out, and goes back to its start.
  func findFirstYear(_ format: TextLogFormat) throws(JournalError) {
    guard file.identity != nil else { return }
    let reader = try file.makeReader()
    var years = YearCount()
    while let line = try reader.line(takesTorn: true) {
      if let time = format.parse(line.bytes)?.time {
        if time.year != 0 { return }
        years.take(time)
      }
      reader.consume()
    }
    firstYear = years.firstYear(limit: Int(file.modified / 1_000_000))
  }

  /// The time of the first line that is one; nil when there is none.
  func firstTime(_ format: TextLogFormat) throws(JournalError) -> UInt64? {
    guard file.identity != nil else { return nil }
    let reader = try file.makeReader()
    while let line = try reader.line(takesTorn: true) {
      if let time = format.parse(line.bytes)?.time {
        var clock = LineClock()
        if let firstYear { clock.begin(inYear: firstYear) }
        return clock.resolve(time, limit: Int(file.modified / 1_000_000))
      }
      reader.consume()
    }
    return nil
  }
}
