/// The files of all journals that are read: which are known, which have come late, and what is still to be read of these.
struct LateFiles {
  /// The files taken into the reading, by the journal's name; for readers that follow or go on from a position.
  private(set) var seen: [String: SeenFiles] = [:]
  /// New files that had no entries when they were seen, and the time up to which their journal had been read by then: a
  /// rotation makes such files.
  private var awaited: [ID128: (journal: String, path: String, readUpTo: UInt64)] = [:]
  /// Files that came late and are being read.
  private var readers: [(reader: LateFileReader, isRest: Bool)] = []
  private var notices: [SourceNotice] = []
  private let start: StartPoint
  private let follows: Bool

  init(_ request: JournalRequest) { (start, follows) = (request.start, request.follows) }

  /// Whether entries of a file that came late are to be read next.
  var hasUnread: Bool { !readers.isEmpty }

  mutating func drainNotices() -> [SourceNotice] {
    defer { notices = [] }
    return notices
  }

  /// Learns which files are there at the start; those that an earlier reader did not know have come late.
  mutating func begin(_ files: [String], ofJournal name: String, _ streams: [JournalStream]) throws(JournalError) {
    guard seen[name] == nil, !files.isEmpty || follows else { return }
    if case .after(let position, _) = start, let known = position.seenFiles[name] {
      seen[name] = SeenFiles(known)
      return try look(at: files, ofJournal: name, streams)
    }
    seen[name] = SeenFiles()
    seen[name]?.insertAll(of: files)
  }

  /// Looks which of a journal's files have come late, and forgets those that are gone.
  mutating func look(at files: [String], ofJournal name: String, _ streams: [JournalStream]) throws(JournalError) {
    try find(among: files, ofJournal: name, streams)
    seen[name]?.forgetMissing(files)
  }

  /// Begins to read the entries of new files that are older than what was read.
  private mutating func find(
    among files: [String], ofJournal name: String, _ streams: [JournalStream]
  ) throws(JournalError) {
    guard let known = seen[name] else { return }
    let streams = streams.filter { $0.origin.name == name }
    for (path, id) in known.unknown(of: files) where !readers.contains(where: { $0.reader.fileID == id }) {
      let late = lateReaders(path: path, fileID: id, streams)
      if late.isEmpty {
        seen[name]?.insert(id)
        continue
      }
      readers += late
      notices.append(
        SourceNotice(
          kind: .warning, subject: path,
          reason: "the file has come late: its entries that are older than what was read are read now"))
    }
    for (path, id) in known.unknownEmpty(of: files) where awaited[id] == nil {
      awaited[id] = (name, path, streams.compactMap { $0.cursor?.realtime }.max() ?? 0)
    }
  }

  /// One reader for each stream that has read past entries of the file.
  private func lateReaders(
    path: String, fileID: ID128, _ streams: [JournalStream]
  ) -> [(reader: LateFileReader, isRest: Bool)] {
    guard let since = lateSince else { return [] }
    return streams.compactMap { stream in
      guard let bound = stream.bound else { return nil }
      var origin = stream.origin
      origin.opening = .files([path])
      // A file that cannot be read is a notice already.
      guard let reader = try? LateFileReader(path: path, fileID: fileID, origin: origin, before: bound, since: since)
      else { return nil }
      return (reader, origin.isRest)
    }
  }

  /// From when on late entries are wanted; nil where only new ones are.
  private var lateSince: UInt64? {
    switch start {
    case .tail, .at, .afterCursor: nil
    case .head: 0
    case .since(let moment), .after(_, let moment): moment
    }
  }

  /// Takes files for known that have got their first entries, unless these are older than what had been read: then the
  /// file has come late all the same.
  mutating func lookAtAwaited(_ streams: [JournalStream]) throws(JournalError) {
    for (id, file) in awaited {
      let header = JournalFileHeader(path: file.path)
      // Renamed or gone: the next look at the directory finds it under its new name.
      guard let header, header.fileID == id else {
        awaited[id] = nil
        continue
      }
      guard header.entryCount > 0 else { continue }
      awaited[id] = nil
      if header.firstTime >= file.readUpTo {
        seen[file.journal]?.insert(id)
      } else {
        try find(among: [file.path], ofJournal: file.journal, streams)
      }
    }
  }

  /// Reads on in the first file that came late: at most `limit` entries.
  mutating func read(
    _ decoder: inout FieldDecoder, _ filter: CompiledFilter?, into batch: EntryBatch, limit: Int
  ) {
    let (reader, isRest) = readers[0]
    batch.lateFile = reader.path
    guard reader.read(&decoder, filter, isRest: isRest, into: batch, limit: limit) else { return }
    readers.removeFirst()
    // Several streams read one file; it is known when the last of them has.
    if !readers.contains(where: { $0.reader.fileID == reader.fileID }) {
      seen[reader.name]?.insert(reader.fileID)
      batch.isEndOfLateFile = true
    }
  }
}
