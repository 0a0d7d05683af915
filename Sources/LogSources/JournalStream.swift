/// The entries of one writer of the journal, a machine or a namespace, read with a handle and a cursor of their own.
///
/// The handle stands before an entry, on an entry that is to be read, or on the entry that was read last.
final class JournalStream {
  private enum Standing {
    /// The next entry has to be asked for.
    case between
    /// On an entry that is still to be read.
    case onUnread
    /// Past the last moment asked for.
    case ended
  }

  private(set) var origin: StreamOrigin
  private(set) var handle: JournalHandle
  /// The realtime of the entry that is still to be read.
  private(set) var realtime: UInt64 = 0
  private var notices: [SourceNotice] = []
  /// Whether the entry that is to be read is of another machine than those before: it must have a stream of its own,
  /// or what it sends late would never be delivered.
  private(set) var meetsStranger = false

  private let start: StartPoint
  private let until: UInt64?
  private var watch: StreamWatch
  private var standing = Standing.between
  /// The cursor of the last entry read that was remembered.
  private var remembered: CursorText?
  /// Whether entries were read after the remembered one, and the handle still stands on the last of them.
  private var isBehindRemembered = false
  /// Set after files went away: the next entry may not follow on the last.
  private var checksContinuity = false
  private var sequence = SequenceCount()
  /// Whether the reading began at a slice: the stream cannot go on from what is remembered from before.
  private var isInSlice = false

  init(_ origin: StreamOrigin, start: StartPoint, until: UInt64?, watches: Bool) throws(JournalError) {
    self.origin = origin
    self.start = start
    self.until = until
    watch = StreamWatch(isWanted: watches)
    handle = try JournalHandle(origin.opening, matches: origin.matches, watches: watches)
    note(watch.failure(of: handle, origin))
    try seek(to: start)
  }

  func drainNotices() -> [SourceNotice] {
    defer { notices = [] }
    return notices
  }

  private func note(_ notice: SourceNotice?) { if let notice { notices.append(notice) } }

  // MARK: Position

  /// The last entry read; nil when none was.
  var cursor: Cursor? {
    rememberCurrent()
    let cursor = remembered?.cursor
    if let cursor, standing != .onUnread { note(sequence.gap(upTo: cursor, of: origin)) }
    return cursor
  }

  /// The entry that comes next, or the last one read: what is older than this is not read any more.
  var bound: Cursor? { standing == .onUnread ? handle.cursor() : cursor }

  /// Whether an entry waits to be read.
  var hasUnread: Bool { standing == .onUnread }

  /// Whether the entry that is to be read is this one.
  func stands(at cursor: Cursor) -> Bool {
    standing == .onUnread && realtime == cursor.realtime && handle.cursor()?.isSameEntry(as: cursor) == true
  }

  private func remember(_ text: consuming CursorText) {
    remembered = consume text
    isBehindRemembered = false
  }

  /// Takes the cursor of the last entry read, while the handle stands on it.
  private func rememberCurrent() {
    guard isBehindRemembered, standing == .between, let text = handle.cursorText() else { return }
    remember(text)
  }

  // MARK: Where to begin

  /// Goes to the start of the request again.
  func goToStart() throws(JournalError) {
    isBehindRemembered = false
    try seek(to: start)
  }

  /// Goes to the first entry with a sequence number or a higher one, which is to be read then; its cursor, or nil when
  /// there is none.
  func go(toSequence sequenceID: ID128, number: UInt64) throws(JournalError) -> Cursor? {
    (standing, isBehindRemembered, isInSlice) = (.between, false, true)
    remembered = nil
    let seek = StreamSeek(handle: handle, origin: origin)
    guard let cursor = try seek.seek(sequenceID: sequenceID, number: number) else { return nil }
    _ = arrive()
    return cursor
  }

  private func seek(to start: StartPoint) throws(JournalError) {
    land(try StreamSeek(handle: handle, origin: origin).seek(to: start))
  }

  private func land(_ landing: consuming StreamSeek.Landing) {
    standing = .between
    if let counted = landing.counted { sequence.restart(after: counted) }
    if landing.isComplete { sequence.isComplete = true }
    let notice = landing.notice
    switch landing.standing {
    case .between: break
    case .onForeign: isBehindRemembered = true
    case .onUnread: _ = arrive()
    }
    note(notice)
    if let last = landing.last { remember(last) }
  }

  // MARK: Reading

  /// Goes to the next entry to be read; false when there is none now.
  func advance(remembering: Bool) throws(JournalError) -> Bool {
    switch standing {
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
        // Another stream's: skipped, but remembered as if it were read.
        isBehindRemembered = true
        result = handle.next()
        continue
      }
      attempt += 1
      if attempt > EntryRetry.attempts {
        throw JournalError(operation: "cannot read on in the journal", subject: origin.key, code: -result)
      }
      rememberCurrent()
      EntryRetry.pause(attempt)
      try reopen()
      if standing == .onUnread { return arrive() }
      result = handle.next()
    }
    if result == 0 { sequence.isComplete = true }
    return result > 0 && arrive()
  }

  /// Whether the current entry is another stream's: libsystemd has no match for the absence of a field.
  private var isForeign: Bool { origin.isRest && handle.has("_MACHINE_ID") }

  /// The handle stands on an entry that is to be read; false when it lies past the last moment asked for.
  private func arrive() -> Bool {
    standing = .onUnread
    realtime = handle.realtime() ?? realtime
    meetsStranger = isStranger()
    if let until, realtime > until {
      // The handle has left the last entry read: what is remembered is all that is known.
      isBehindRemembered = false
      standing = .ended
      return false
    }
    if checksContinuity { noteMissingEntries() }
    return true
  }

  /// Reads the entry that `advance` went to.
  func read(_ decoder: inout FieldDecoder, _ filter: CompiledFilter?, into batch: EntryBatch) throws(JournalError) {
    var entry = JournalEntry()
    let start = batch.buffer.count
    var result = decoder.decode(handle, realtime: realtime, into: &entry, of: batch)
    if case .failed(let code) = result { result = try retry(&decoder, &entry, of: batch, after: code) }
    standing = .between
    batch.examinedCount += 1
    watch.addRead()
    sequence.addRead()
    isBehindRemembered = true
    guard case .kept = result else { return }
    if let filter, !filter.passes(entry, of: batch) { return batch.buffer.rollBack(to: start) }
    guard decoder.keeps(&entry, of: batch) else {
      batch.newestTime = max(batch.newestTime, entry.realtime)
      return batch.buffer.rollBack(to: start)
    }
    if entry.finding.needsContentHash, let text = handle.cursorText() {
      entry.contentHash = text.contentHash
      remember(text)
    }
    batch.append(entry)
  }

  /// An entry could not be read: tries again, then gives the entry up and says so.
  private func retry(
    _ decoder: inout FieldDecoder, _ entry: inout JournalEntry, of batch: EntryBatch, after code: Int32
  ) throws(JournalError) -> FieldDecoder.Result {
    let realtime = realtime
    let result = try EntryRetry(origin: origin, watches: watch.isWanted).run(&handle) {
      decoder.decode($0, realtime: realtime, into: &entry, of: batch)
    }
    if let result { return result }
    note(
      SourceNotice(
        kind: .gap, subject: origin.key,
        reason: "an entry is damaged and was left out: \(JournalError.message(for: code))", from: realtime,
        to: realtime, count: 1))
    return .unwanted
  }

  // MARK: Machines

  /// Whether machines that turn up in the directory would be read here unnoticed.
  private var takesAnyMachine: Bool { watch.isWanted && origin.isDirectoryOfOneMachine }

  private func isStranger() -> Bool {
    guard takesAnyMachine, let machine = handle.machineID() else { return false }
    learn(machine: machine)
    return machine != origin.machine
  }

  /// Whether another machine has written into the directory, perhaps only what is older than what was read.
  var hasStrangers: Bool { takesAnyMachine && handle.machineIDs().count > 1 }

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

  // MARK: Following

  /// Takes up changes now and then while catching up, so that deleted files do not stay open.
  func processIfDue() -> Bool {
    guard watch.isProcessingDue, standing == .between else { return false }
    return process() == .invalidated
  }

  /// Takes up what changed in the journal.
  func process() -> StreamWatch.Change {
    rememberCurrent()
    let (change, hasRemovals, notice) = watch.process(handle, origin)
    if hasRemovals { checksContinuity = true }
    note(notice)
    return change
  }

  /// Opens the journal again when the handle lacks files that are there now.
  func takeInNewFiles() throws(JournalError) {
    guard standing == .between, let (opening, notice) = watch.reopening(of: origin.opening) else { return }
    note(notice)
    origin.opening = opening
    try reopen()
  }

  /// Whether new entries must be looked for, because the system gives no watch (inotify exhausted).
  var isUnwatched: Bool { watch.isMissing(for: handle) }

  /// Opens the journal again to find new files; for journals that are not watched.
  func lookForNewFiles() throws(JournalError) { if standing == .between { try reopen() } }

  /// Opens the journal again and stands where it stood.
  private func reopen() throws(JournalError) {
    rememberCurrent()
    let last = remembered?.cursor
    if last == nil, isInSlice {
      throw JournalError(
        operation: "cannot read on in the journal", subject: origin.key, detail: "its files change or are damaged",
        remedy: "try again with --readers 1")
    }
    handle = try JournalHandle(origin.opening, matches: origin.matches, watches: watch.isWanted)
    standing = .between
    isBehindRemembered = false
    if let last {
      land(try StreamSeek(handle: handle, origin: origin).seek(behind: last))
    } else {
      try seek(to: start)
    }
  }

  /// After files were removed while this stream was being read: reports how many entries went with them.
  private func noteMissingEntries() {
    checksContinuity = false
    guard let last = remembered?.cursor, let next = handle.cursor() else { return }
    note(sequence.removal(between: last, next: next, of: origin))
  }
}
