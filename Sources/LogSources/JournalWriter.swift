import Glibc

/// One writer of the journal, a machine or a namespace: its own handle, its own cursor.
///
/// The handle stands before an entry, on an entry that is to be read, or on the entry that was read last.
final class JournalWriter {
  /// How to open the writer's journal again.
  struct Origin: Equatable {
    var opening: JournalHandle.Opening
    /// The start of the key: `local`, `directory:PATH`.
    var name: String
    /// The one machine whose entries are read; nil when the journal has at most one.
    var machine: ID128?
    /// Whether `machine` has to be asked of libsystemd, because the journal has others too.
    var matchesMachine = false
    var bootID: ID128?
    /// Whether only the entries without a machine id are read, beside other writers that have one each.
    var isRest = false

    /// The writer's key in a `SourcePosition`.
    var key: String { isRest ? "\(name)#none" : machine.map { "\(name)#\($0)" } ?? name }

    var matches: [String] {
      (matchesMachine ? machine.map { ["_MACHINE_ID=\($0)"] } ?? [] : []) + (bootID.map { ["_BOOT_ID=\($0)"] } ?? [])
    }
  }

  private enum Place {
    /// The next entry has to be asked for.
    case between
    /// On an entry that is still to be read.
    case onUnread
    /// Past the last moment asked for.
    case ended
  }

  private(set) var origin: Origin
  private(set) var handle: JournalHandle
  /// The realtime of the entry that is still to be read.
  private(set) var realtime: UInt64 = 0
  private(set) var notices: [SourceNotice] = []
  /// Whether the entry that is to be read is of another machine than those before: it must have a writer of its own,
  /// or what it sends late would never be delivered.
  private(set) var meetsStranger = false

  private let start: StartPoint
  private let until: UInt64?
  private let watches: Bool
  private var place = Place.between
  /// The cursor of the last entry read that was remembered, freed by this object.
  private var remembered: UnsafeMutablePointer<CChar>?
  /// Whether entries were read after the remembered one, and the handle still stands on the last of them.
  private var isBehindRemembered = false
  /// Set after files went away: the next entry may not follow on the last.
  private var checksContinuity = false
  private var readSinceProcess = 0
  /// Where the counting of entries began, and how many were read since.
  private var sequenceStart: Cursor?
  private var readSinceStart = 0
  /// Whether a hole in the sequence is a gap: from the position of an earlier reader, or from the first end on.
  private var checksSequence = false
  private var saidUnwatched = false
  /// Whether the reading began at a slice: what is remembered from before is no place to go on from.
  private var isInSlice = false
  /// Files came or went that the handle cannot take in by itself.
  private var needsReopening = false

  /// Deleted files are let go of after so many entries.
  private static let processInterval = 1_000
  private static let attempts = 3

  init(_ origin: Origin, start: StartPoint, until: UInt64?, watches: Bool) throws(JournalError) {
    self.origin = origin
    self.start = start
    self.until = until
    self.watches = watches
    handle = try JournalHandle(origin.opening, matches: origin.matches, watches: watches)
    noteUnwatched()
    try seek(to: start)
  }

  deinit { free(remembered) }

  func drainNotices() -> [SourceNotice] {
    defer { notices = [] }
    return notices
  }

  /// The last entry read; nil when none was.
  var cursor: Cursor? {
    rememberCurrent()
    let cursor = remembered.flatMap { Cursor(cString: $0) }
    if let cursor, place != .onUnread { checkSequence(upTo: cursor) }
    return cursor
  }

  /// libsystemd passes over a damaged entry without a word, but the sequence numbers tell how many there were.
  ///
  /// Only where all that was written is read, and only behind what was read before: in what is older, users' files may
  /// have been removed by right.
  private func checkSequence(upTo cursor: Cursor) {
    guard cursor != sequenceStart else { return }
    if checksSequence, origin.matches.isEmpty, !origin.isRest, let start = sequenceStart,
      let between = cursor.distance(from: start), between > readSinceStart - 1
    {
      notices.append(
        SourceNotice(
          kind: .gap, subject: origin.key, reason: "entries are missing in the journal's sequence: damaged, or removed",
          from: start.realtime, to: cursor.realtime, count: between - (readSinceStart - 1)))
    }
    (sequenceStart, readSinceStart) = (cursor, 0)
  }

  /// The entry that comes next, or the last one read: what is older than this is not read any more.
  var bound: Cursor? { place == .onUnread ? handle.cursor() : cursor }

  /// Whether an entry waits to be read.
  var hasUnread: Bool { place == .onUnread }

  /// Whether the last moment asked for has passed.
  var hasEnded: Bool { place == .ended }

  // MARK: Reading

  /// Goes to the next entry to be read; false when there is none now.
  func advance(remembering: Bool) throws(JournalError) -> Bool {
    switch place {
    case .onUnread: return true
    case .ended: return false
    case .between: break
    }
    if remembering { rememberCurrent() }
    var result = handle.next()
    var attempt = 0
    while result != 0 {
      if result > 0 {
        guard isForeign else { break }
        // Another writer's: passed over, but the place is remembered as if it were read.
        isBehindRemembered = true
        result = handle.next()
        continue
      }
      attempt += 1
      if attempt > Self.attempts {
        throw JournalError(operation: "cannot read on in the journal", subject: origin.key, code: -result)
      }
      rememberCurrent()
      Self.pause(attempt)
      try reopen()
      if place == .onUnread { return arrive() }
      result = handle.next()
    }
    if result == 0 { checksSequence = true }
    return result > 0 && arrive()
  }

  /// Whether the current entry is another writer's: libsystemd has no match for the absence of a field.
  private var isForeign: Bool { origin.isRest && handle.has("_MACHINE_ID") }

  /// The handle stands on an entry that is to be read; false when it lies past the last moment asked for.
  private func arrive() -> Bool {
    place = .onUnread
    realtime = handle.realtime() ?? realtime
    meetsStranger = isStranger()
    if let until, realtime > until {
      rememberOnlyPrevious()
      place = .ended
      return false
    }
    if checksContinuity { noteMissingEntries() }
    return true
  }

  /// Whether machines that turn up in the directory would be read here unnoticed.
  private var takesAnyMachine: Bool {
    watches && !origin.matchesMachine && !origin.isRest && origin.name.hasPrefix("directory:")
  }

  private func isStranger() -> Bool {
    guard takesAnyMachine, let machine = handle.machineID() else { return false }
    learn(machine: machine)
    return machine != origin.machine
  }

  /// Whether another machine has written into the directory, perhaps only what is older than what was read.
  var hasStrangers: Bool { takesAnyMachine && handle.machineIDs().count > 1 }

  /// Reads the entry that `advance` went to.
  func read(_ decoder: inout FieldDecoder, _ filter: CompiledFilter?, into batch: EntryBatch) throws(JournalError) {
    var entry = JournalEntry()
    let start = batch.buffer.count
    var result = decode(&decoder, &entry, batch)
    if case .failed(let code) = result { result = try retry(&decoder, &entry, batch, code) }
    place = .between
    batch.examinedCount += 1
    readSinceProcess += 1
    readSinceStart += 1
    isBehindRemembered = true
    guard case .kept = result else { return }
    if let filter, !filter.passes(entry, of: batch) { return batch.buffer.rollBack(to: start) }
    guard decoder.keeps(&entry, of: batch) else {
      batch.newestTime = max(batch.newestTime, entry.realtime)
      return batch.buffer.rollBack(to: start)
    }
    if entry.finding.needsContentHash, let text = handle.cursorText() {
      entry.contentHash = Cursor.contentHash(ofCString: text)
      remember(text)
    }
    batch.append(entry)
  }

  private func decode(_ decoder: inout FieldDecoder, _ entry: inout JournalEntry, _ batch: EntryBatch)
    -> FieldDecoder.Result
  {
    entry = JournalEntry()
    guard let monotonic = handle.monotonic() else { return .failed(EBADMSG) }
    entry.realtime = realtime
    entry.bootID = monotonic.bootID
    entry.monotonic = monotonic.microseconds
    return decoder.decode(handle.pointer, into: &entry, of: batch)
  }

  /// An entry could not be read. During a rotation that passes: tries again with a new handle, then gives the entry up
  /// and says so.
  private func retry(
    _ decoder: inout FieldDecoder, _ entry: inout JournalEntry, _ batch: EntryBatch, _ code: Int32
  ) throws(JournalError) -> FieldDecoder.Result {
    if let cursor = handle.cursor() {
      for attempt in 1...Self.attempts {
        Self.pause(attempt)
        handle = try JournalHandle(origin.opening, matches: origin.matches, watches: watches)
        guard handle.seek(cursor) >= 0, handle.next() > 0, let found = handle.cursor(), found.isSameEntry(as: cursor)
        else { break }
        let result = decode(&decoder, &entry, batch)
        if case .failed = result { continue }
        return result
      }
    }
    notices.append(
      SourceNotice(
        kind: .gap, subject: origin.key,
        reason: "an entry is damaged and was left out: \(JournalError.message(for: code))", from: realtime,
        to: realtime, count: 1))
    return .unwanted
  }

  /// Waits a little longer with each attempt.
  private static func pause(_ attempt: Int) { usleep(UInt32(10_000 << attempt)) }

  // MARK: Position

  private func remember(_ text: UnsafeMutablePointer<CChar>) {
    free(remembered)
    remembered = text
    isBehindRemembered = false
  }

  /// Takes the cursor of the last entry read, while the handle stands on it.
  private func rememberCurrent() {
    guard isBehindRemembered, place == .between, let text = handle.cursorText() else { return }
    remember(text)
  }

  /// The handle has left the last entry read: what is remembered is all that is known.
  private func rememberOnlyPrevious() { isBehindRemembered = false }

  // MARK: Slices

  /// Goes to the start of the request again.
  func goToStart() throws(JournalError) {
    isBehindRemembered = false
    try seek(to: start)
  }

  /// Goes to the first entry with a sequence number or a higher one, which is to be read then; its cursor, or nil when
  /// there is none.
  func go(toSequence sequenceID: ID128, number: UInt64) throws(JournalError) -> Cursor? {
    (place, isBehindRemembered, isInSlice) = (.between, false, true)
    free(remembered)
    remembered = nil
    try check(handle.seek(sequenceID: sequenceID, number: number))
    let result = handle.next()
    try check(result)
    guard result > 0, let cursor = handle.cursor() else { return nil }
    _ = arrive()
    return cursor
  }

  /// Whether the entry that is to be read is this one.
  func stands(at cursor: Cursor) -> Bool {
    place == .onUnread && realtime == cursor.realtime && handle.cursor()?.isSameEntry(as: cursor) == true
  }

  // MARK: Where to begin

  private func seek(to start: StartPoint) throws(JournalError) {
    place = .between
    switch start {
    case .head: try check(handle.seekHead())
    case .tail: try seekTail()
    case .since(let moment): try check(handle.seek(realtime: moment))
    case .at(let cursor): _ = try seek(to: cursor, skips: false)
    case .afterCursor(let cursor): _ = try seek(to: cursor, skips: true)
    case .after(let position, let moment):
      if let cursor = position.cursors[origin.key] {
        try resume(after: cursor)
      } else if origin.isRest, let cursor = position.newestCursor(of: origin.name) {
        // Until now one writer read them all.
        _ = try seek(to: cursor, skips: true)
      } else {
        try check(moment == 0 ? handle.seekHead() : handle.seek(realtime: moment))
      }
    }
  }

  /// seek_tail with next would give an old entry of each file; an empty journal is read from its head.
  private func seekTail() throws(JournalError) {
    try check(handle.seekTail())
    if handle.previous() > 0, let text = handle.cursorText() {
      remember(text)
    } else {
      try check(handle.seekHead())
    }
  }

  private enum Found {
    case theEntry
    case aLaterOne(Cursor)
    case nothing
  }

  private func seek(to cursor: Cursor, skips: Bool) throws(JournalError) -> Found {
    try check(handle.seek(cursor))
    let result = handle.next()
    try check(result)
    guard result > 0, let text = handle.cursorText(), let found = Cursor(cString: text) else { return .nothing }
    let isTheEntry = found.isSameEntry(as: cursor)
    if isTheEntry && skips {
      remember(text)
      (sequenceStart, readSinceStart) = (found, 0)
    } else {
      free(text)
      if isForeign {
        isBehindRemembered = true
      } else {
        place = .onUnread
        _ = arrive()
      }
    }
    return isTheEntry ? .theEntry : .aLaterOne(found)
  }

  /// Goes on behind an entry that was read in an earlier life, and says what is missing when it is gone.
  private func resume(after cursor: Cursor) throws(JournalError) {
    switch try seek(to: cursor, skips: true) {
    case .theEntry: checksSequence = true
    case .aLaterOne where origin.isRest: return
    case .aLaterOne(let found):
      notices.append(
        SourceNotice(
          kind: .gap, subject: origin.key,
          reason: "the entry read last is no longer in the journal; entries after it may have been removed unread",
          from: cursor.realtime, to: found.realtime, count: found.distance(from: cursor)))
    case .nothing:
      try check(handle.seekHead())
      let oldest = handle.next() > 0 ? handle.realtime() : nil
      try check(handle.seekHead())
      notices.append(
        SourceNotice(
          kind: .gap, subject: origin.key,
          reason: "the position saved lies after everything in the journal (clock set back, or the journal was "
            + "replaced); reading it again from its head", from: cursor.realtime, to: oldest))
    }
  }

  private func check(_ result: Int32) throws(JournalError) {
    if result < 0 {
      throw JournalError(operation: "cannot go to a place in the journal", subject: origin.key, code: -result)
    }
  }

  /// After files were removed while this writer was being read: tells how many entries went with them.
  private func noteMissingEntries() {
    checksContinuity = false
    guard let last = remembered.flatMap({ Cursor(cString: $0) }), let current = handle.cursor(),
      let missing = current.distance(from: last), missing > 0
    else { return }
    // The entry that comes now is the first to be counted again.
    (sequenceStart, readSinceStart) = (current, -1)
    notices.append(
      SourceNotice(
        kind: .gap, subject: origin.key, reason: "journal files were removed before they were read",
        from: last.realtime, to: current.realtime, count: missing))
  }

  // MARK: Following

  /// Opens the journal again and stands where it stood.
  private func reopen() throws(JournalError) {
    rememberCurrent()
    let last = remembered.flatMap { Cursor(cString: $0) }
    if last == nil, isInSlice {
      throw JournalError(
        operation: "cannot read on in the journal", subject: origin.key, detail: "its files change or are damaged",
        remedy: "try again with --readers 1")
    }
    handle = try JournalHandle(origin.opening, matches: origin.matches, watches: watches)
    place = .between
    isBehindRemembered = false
    if let last { _ = try seek(to: last, skips: true) } else { try seek(to: start) }
  }

  /// Reads only this machine's entries from now on: another one has turned up in the same directory.
  func restrict(to machine: ID128) throws(JournalError) {
    guard !origin.matchesMachine else { return }
    rememberCurrent()
    origin.machine = machine
    origin.matchesMachine = true
    try reopen()
  }

  /// Learns whose journal this is, once its first file is there.
  func learn(machine: ID128) { if origin.machine == nil { origin.machine = machine } }

  /// Takes up changes now and then while catching up, so that deleted files do not stay open.
  func processIfDue() -> Bool {
    guard watches, readSinceProcess >= Self.processInterval, place == .between else { return false }
    return process() == .invalidated
  }

  enum Change { case nothing, appended, invalidated }

  /// Takes up what changed in the journal.
  func process() -> Change {
    readSinceProcess = 0
    rememberCurrent()
    switch handle.process() {
    case .nothing: return .nothing
    case .appended:
      guard case .listed(let listing) = origin.opening, handle.hasOtherFiles(than: listing) else { return .appended }
      needsReopening = true
      return .invalidated
    case .invalidated:
      if case .listed = origin.opening { needsReopening = true }
      checksContinuity = true
      return .invalidated
    case .failed(let code):
      noteUnwatched(code)
      return .nothing
    }
  }

  /// Opens a journal whose files we list again, when others are there now; and lists the files from now on when they
  /// have become more than libsystemd opens.
  func takeInNewFiles() throws(JournalError) {
    guard place == .between else { return }
    if case .listed = origin.opening {
      guard needsReopening else { return }
      needsReopening = false
      return try reopen()
    }
    guard watches, let listing = origin.opening.listing else { return }
    let count = listing.allFiles().count
    guard count > listing.groupSize else { return }
    notices.append(WriterDiscovery.tooManyFiles(count, of: origin.opening, listing.groupSize))
    origin.opening = .listed(listing)
    try reopen()
  }

  /// Whether new entries must be looked for, because the system gives no watch (inotify exhausted).
  var isUnwatched: Bool { watches && (handle.descriptor < 0 || saidUnwatched) }

  /// Opens the journal again to find new files; for journals that are not watched.
  func lookForNewFiles() throws(JournalError) { if place == .between { try reopen() } }

  private func noteUnwatched(_ failure: Int32? = nil) {
    guard watches, !saidUnwatched else { return }
    guard let code = failure ?? (handle.descriptor < 0 ? -handle.descriptor : nil) else { return }
    saidUnwatched = true
    notices.append(
      SourceNotice(
        kind: .warning, subject: origin.key,
        reason: "the journal cannot be watched (\(JournalError.message(for: code))) and is looked at every second; "
          + "raise fs.inotify.max_user_instances"))
  }
}

extension SourcePosition {
  /// The newest cursor of a journal's writers.
  fileprivate func newestCursor(of name: String) -> Cursor? {
    cursors.filter { $0.key == name || $0.key.hasPrefix(name + "#") }.values.max { $0.realtime < $1.realtime }
  }
}

extension Cursor {
  /// Whether both name one entry. A flush to disk gives an entry another sequence number, so the text may differ.
  func isSameEntry(as other: Cursor) -> Bool {
    bootID == other.bootID && monotonic == other.monotonic && realtime == other.realtime
      && contentHash == other.contentHash
      && (sequenceID != other.sequenceID || sequenceNumber == other.sequenceNumber)
  }

  /// How many entries lie between an earlier one and this one; nil when the numbers cannot tell.
  func distance(from earlier: Cursor) -> Int? {
    guard sequenceID == earlier.sequenceID, sequenceNumber > earlier.sequenceNumber else { return nil }
    return Int(exactly: sequenceNumber - earlier.sequenceNumber - 1)
  }
}
