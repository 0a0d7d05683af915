import Glibc

/// Opens files that are read once: finds their formats and puts the files of one log in the order of their times.
struct StoredTextLogs {
  private(set) var logs: [TextLog] = []
  private(set) var notices: [SourceNotice] = []

  private struct Found {
    var stream: TextLogStream
    var directory: String
    var name: String
    var format: TextLogFormat
    var head: [UInt8]
    var firstTime: UInt64
  }

  /// - Throws: `JournalError` for a file that cannot be read, or whose format cannot be recognized.
  init(
    _ request: TextLogRequest, makeAssembler: (TextLogFormat, String) -> TextEntryAssembler
  ) throws(JournalError) {
    var found: [Found] = []
    var seen: Set<TextLogFile.Identity> = []
    for path in request.files {
      let file = try TextLogFile(path: path, isFollowed: false)
      if let identity = file.identity, !seen.insert(identity).inserted { continue }
      if let one = try Self.examine(file, request.format) { found.append(one) }
    }
    leaveOutCopies(&found)
    // Of files that begin in the same second the one that was written to last is the newest.
    found.sort {
      let (left, right) = ($0.stream.file, $1.stream.file)
      return ($0.firstTime, left.modified, right.path) < ($1.firstTime, right.modified, left.path)
    }
    var indices: [String: Int] = [:]
    for one in found {
      let key = "\(one.format.rawValue) \(one.directory)/\(one.name)"
      if indices[key] == nil {
        indices[key] = logs.count
        let assembler = makeAssembler(one.format, one.name)
        logs.append(TextLog(path: one.stream.file.path, assembler: assembler, isStored: true))
      }
      logs[indices[key]!].append(one.stream)
    }
  }

  /// Nil for an empty file.
  private static func examine(_ file: TextLogFile, _ wanted: TextLogFormat?) throws(JournalError) -> Found? {
    let head = try file.head(count: 65_536)
    let (directory, name) = split(file.path)
    let isPipe = file.identity == nil
    if head.isEmpty, !isPipe || file.compression == .none { return nil }
    let original = RotatedName.original(of: name) ?? name
    if wanted == nil, let form = UnreadableForm(ofHead: head) {
      throw JournalError(
        operation: "cannot read", subject: isPipe ? "standard input" : file.path, detail: form.reason,
        remedy: form.remedy)
    }
    guard let format = wanted ?? FormatDetection.format(ofHead: head, name: name) else {
      throw JournalError(
        operation: "cannot recognize the format of", subject: isPipe ? "standard input" : file.path,
        remedy: "give it with --format: \(TextLogFormat.names)")
    }
    file.framing = format.framing
    let stream = TextLogStream(file: file)
    try stream.findFirstYear(format)
    let first = try stream.firstTime(format)
    if isPipe ? !FormatDetection.isAnyLine(of: format, in: head) : first == nil, file.compression == .none || !isPipe {
      throw foreign(file, format, head: head, name: name)
    }
    return Found(
      stream: stream, directory: directory, name: isPipe ? "stdin" : original, format: format,
      head: Array(head.prefix(LineReader.headLimit)), firstTime: first ?? 0)
  }

  /// Nothing of a file is of its format: the beginning, and which one it may be.
  private static func foreign(
    _ file: TextLogFile, _ format: TextLogFormat, head: [UInt8], name: String
  ) -> JournalError {
    let first = head.split(separator: 10).first.map { $0.prefix(80).map { $0 < 32 || $0 >= 127 ? 46 : $0 } } ?? []
    let other = FormatDetection.format(ofHead: head, name: name)
    let advice = other.map { "try --format \($0.rawValue)" } ?? "the formats are: \(TextLogFormat.names)"
    return JournalError(
      operation: "no line is understood in", subject: file.identity == nil ? "standard input" : file.path,
      detail: "none is of the format \(format.rawValue); it begins with: " + String(decoding: first, as: UTF8.self),
      remedy: advice)
  }

  /// A log and its compressed copy begin alike: one of them is read, the plain or the larger one.
  private mutating func leaveOutCopies(_ found: inout [Found]) {
    var kept: [Found] = []
    let order = found.sorted {
      let (left, right) = ($0.stream.file, $1.stream.file)
      if (left.compression == .none) != (right.compression == .none) { return left.compression == .none }
      return (right.size, left.path) < (left.size, right.path)
    }
    for one in order {
      if one.head.count >= 64,
        let other = kept.first(where: { $0.head.starts(with: one.head) && $0.format == one.format })
      {
        notices.append(
          SourceNotice(
            kind: .warning, subject: one.stream.file.path,
            reason: "it begins as \(other.stream.file.path) does and was taken for a copy of it"))
      } else {
        kept.append(one)
      }
    }
    found = kept
  }

  /// The directory and the name of a path.
  static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}
