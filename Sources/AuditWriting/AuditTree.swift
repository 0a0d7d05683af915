import AuditFiles
import AuditModel
import Glibc
import Platform

/// The audit files of all mailboxes, as their one writer sees them.
///
/// Belongs to one thread at a time. Only `commit()` uses other threads, and only until it returns.
///
/// A live tree is written so:
///
///     let tree = try AuditTree(root: directory, mode: .durable(state: state), calendar: calendar)
///     let report = try tree.recover()
///     // read entries from the saved position on
///     try tree.append(event, owner: owner)      // again and again
///     try tree.commit()                         // the events are durable
///     // save the position; before the next commit it must be durable itself
///
/// After an end at any instant, the same events appended again from the saved position on are written exactly once.
package final class AuditTree {
  package enum Mode: Sendable, Hashable {
    /// A live tree: `commit()` is durable and survives an end at any instant. The intent files are in the directory.
    case durable(state: String)
    /// A tree made in one go (`replay --output-dir`): written when much is pending, made durable by `commit()`.
    case bulk
  }

  /// Whether events that their day file already has are left out: for a replay into a tree, or after the position was
  /// lost. Each file is then read whole when it is first appended to.
  package var skipsPresent = false {
    didSet { if !skipsPresent { present.forget() } }
  }

  /// Links each record to the one before it (`audit.tamper-evidence`); nil without tamper evidence.
  private var heads: ChainHeads?
  /// Seals the ends of the chains of a live tree.
  private var sealer: TreeSealer?

  private let root: Directory
  private let mode: Mode
  private var calendar: DayCalendar
  private var intents: IntentLog?
  private var isRecovered = false
  private var pending = PendingLines()
  private var recovered = RecoveredLines()
  private var present: PresentEvents
  private var touched: Set<PendingLines.Key> = []
  private var hasTouchedMany = false
  var writer: BatchWriter

  /// Bytes of pending lines at which `isFull` asks for a commit, or the bulk mode writes.
  static let bound = 12 << 20
  /// Bytes of pending lines at which `append` refuses: what a caller that ignores `isFull` can fill.
  static let limit = 128 << 20
  /// Files of a bulk tree that are synchronized one by one. With more, one syncfs(2) is much quicker, though it waits
  /// for everybody's pages: 100,000 new files and directories took a second instead of eight.
  static let maximumTouched = 500

  /// Opens the tree; makes the root (mode 0750, in a directory that exists) when it is missing.
  ///
  /// With tamper evidence each record that is written from now on carries the hash of the one before it in its file.
  ///
  /// Throws a `FileError` when the root or the state directory cannot be opened or is a symbolic link, or when a newer
  /// mailtrail wrote the tree.
  package init(
    root path: String, mode: Mode, calendar: DayCalendar, hasTamperEvidence: Bool = false,
    calls: SystemCalls = SystemCalls()
  ) throws(FileError) {
    root = try Directory.open(path, create: true, calls: calls)
    try TreeFormat.check(root)
    present = PresentEvents(root: root)
    self.mode = mode
    self.calendar = calendar
    if case .durable(let state) = mode {
      intents = IntentLog(directory: try Directory.open(state, create: true, calls: calls))
    }
    if hasTamperEvidence {
      heads = ChainHeads(root: root)
      if mode != .bulk { sealer = TreeSealer(root: root) }
    }
    writer = BatchWriter(root: root, synchronizesFileSystem: Self.hasFileSystemOfItsOwn(root))
  }

  /// Bytes that wait for `commit()`.
  package var pendingBytes: Int { pending.byteCount }

  /// Events that wait for `commit()`.
  package var pendingEvents: Int { pending.lineCount }

  /// Whether so much is pending that it is time for `commit()`. In bulk mode it never is.
  package var isFull: Bool { pending.byteCount >= Self.bound }

  /// Takes an event for its owner's file of the day; true when it will be written, false when the file has it already.
  ///
  /// In durable mode only memory changes until `commit()` (but for `skipsPresent`, which reads the file and cuts a torn
  /// last line). Throws a `FileError` when that fails, when a bulk tree cannot be written, or with ENOBUFS when
  /// 128 MiB are pending: then commit first.
  @discardableResult
  package func append(_ event: AuditEvent, owner: TrailOwner) throws(FileError) -> Bool {
    if pending.byteCount >= Self.bound { try makeRoom() }
    let key = PendingLines.Key(owner: owner, day: calendar.day(of: event.time))
    if !recovered.isEmpty, recovered.take(event.id, of: owner) { return false }
    if skipsPresent {
      if try present.contains(event.id, in: key) { return false }
    }
    // Only this tree links and moves records: what a rule captured under these names is neither.
    if event.fields.contains(.prev) || event.fields.contains(.movedFrom) {
      var event = event
      event.fields.remove(.prev)
      event.fields.remove(.movedFrom)
      pending.append(event, key)
    } else {
      pending.append(event, key)
    }
    return true
  }

  /// Takes a record as it stands in another trail's file of a day, for this owner's file of that day: its line without
  /// line end and link, byte for byte. True when it will be written, false when the file has its id already.
  ///
  /// Throws as `append(_:owner:)` does.
  package func append(_ record: [UInt8], id: EventID, owner: TrailOwner, day: Day) throws(FileError) -> Bool {
    if pending.byteCount >= Self.bound { try makeRoom() }
    let key = PendingLines.Key(owner: owner, day: day)
    if try present.contains(id, in: key) { return false }
    pending.append(record, key)
    return true
  }

  /// Which of some events, those of a replay or of a file that came late, the tree does not have: neither in the owner's
  /// trail; nor in `_unknown`, because its mailbox was not known when it was recorded; nor, when now it belongs to
  /// nobody, in the trail of the mailbox that it names. True for each that is missing, once for those of one id.
  ///
  /// Each day file is read once. Knows what is in the files, not what is pending: commit before.
  ///
  /// Throws a `FileError` when a file cannot be read, or its torn end not be cut.
  package func missing(among events: [OwnedEvent]) throws(FileError) -> [Bool] {
    try present.missing(among: events, calendar: calendar)
  }

  /// Makes everything durable that was appended; nothing is done when nothing is pending.
  ///
  /// In durable mode the position behind the last commit must be saved before the next one: a commit takes the place of
  /// the one before as what a restart looks at. After an error (its path, errno and remedy in the `FileError`) the
  /// files are as they were before and the events still pending: call it again when there is hope, keep the old
  /// position until then, and read on no further than `isFull`.
  package func commit() throws(FileError) {
    switch mode {
    case .bulk:
      try flush()
      try synchronizeTouched()
    case .durable:
      precondition(isRecovered, "AuditTree.recover() comes before the first commit of a live tree")
      if !pending.isEmpty { try commitDurably() }
      recovered.forgetTaken()
      if recovered.isEmpty { commitNumber = intents?.sequence ?? 0 }
      positionCommit = commitNumber
    }
  }

  /// The number of the last commit that the position behind all that was appended leaves nothing of: to be saved with
  /// that position. An unfinished commit does not count before all of its events have come again or been given up.
  package private(set) var commitNumber: UInt64 = 0
  /// The number that was saved with the position from which the next commit goes on.
  private var positionCommit: UInt64 = 0

  /// Repairs what an earlier run left unfinished, and learns which events it had written already: those are skipped,
  /// once each, when they are appended again. Comes first in durable mode, and may be repeated after an error.
  ///
  /// `savedCommit` is the `commitNumber` that was saved with the position; nil when none was. Where it is the last
  /// commit's, nothing was left unfinished.
  ///
  /// Throws a `FileError` when the tree or the intent files cannot be read, cut or made durable.
  @discardableResult
  package func recover(savedCommit: UInt64? = nil) throws(FileError) -> RecoveryReport {
    guard var intents else { return RecoveryReport() }
    var recovery = TreeRecovery(root: root)
    try recovery.run(try intents.read(above: savedCommit ?? 0), savedCommit: savedCommit)
    self.intents = intents
    recovered = recovery.lines
    commitNumber = recovery.finishedCommit
    positionCommit = savedCommit ?? 0
    heads?.forget()
    try sealer?.recover()
    isRecovered = true
    return recovery.report
  }

  /// Gives up the events of an unfinished commit that are from before a time, microseconds since 1970, and have not come
  /// again: once everything that was there at the start has been read again, and nothing so old waits to be recorded.
  package func forgetRecovered(before time: UInt64) { recovered.forget(before: time) }

  /// Removes day files that are older than the retention; see `TrailRetention.removeExpired`.
  ///
  /// Times and retention in microseconds. It walks the whole tree: with very many mailboxes use `TrailRetention` on a
  /// thread of its own, which may run beside this object.
  package func removeExpired(now: UInt64, newest: UInt64, retention: UInt64) throws(FileError) -> RetentionReport {
    defer {
      writer.walker.forget()
      heads?.forget()
    }
    return try TrailRetention(root: root, calendar: calendar)
      .removeExpired(now: now, newest: newest, retention: retention)
  }

  /// Seals the ends of all day files that changed since the last seal: writes a line for each and their root into
  /// `_seals`, durably. What is pending is not sealed, only what was committed.
  ///
  /// The first seal of a run also takes in what was changed since the last run's. The time is the wall clock's, in
  /// microseconds. Answers nil when nothing changed, or without tamper evidence. Throws a `FileError` when the seal
  /// cannot be written; it is tried again with the next.
  package func seal(at time: UInt64) throws(FileError) -> Seal? {
    try sealer?.seal(at: time, on: calendar.day(of: time)) ?? nil
  }

  /// The last seal that is in the tree; nil for none.
  package var lastSeal: Seal? { sealer?.last }

  /// Bytes of an unfinished seal that `recover()` cut.
  package var sealBytesCut: Int { sealer?.bytesCut ?? 0 }

  // MARK: Committing

  private func makeRoom() throws(FileError) {
    if mode == .bulk { return try flush() }
    if pending.byteCount >= Self.limit { throw FileError(.append, path: root.path, code: ENOBUFS, remedy: "commit") }
  }

  private func commitDurably() throws(FileError) {
    let (files, order) = pending.grouped()
    let targets = try writer.measure(files)
    let batch = try heads?.chain(pending)
    let entries = targets.map { IntentLog.Entry(path: $0.path, day: $0.day, length: $0.length) }
    try intents?.write(entries, recovered.carried, base: positionCommit)
    try writer.writeDurably(targets, batch?.lines ?? pending, order)
    // What is left of an unfinished commit stands in this one's intent.
    commitNumber = intents?.sequence ?? 0
    acceptLinks(of: batch)
    pending.removeAll()
  }

  /// The links count only now that the lines are written.
  private func acceptLinks(of batch: ChainHeads.Batch?) {
    guard let batch else { return }
    heads?.acceptLinks(of: batch)
    sealer?.add(batch)
  }

  private func flush() throws(FileError) {
    guard !pending.isEmpty else { return }
    let (files, order) = pending.grouped()
    try writer.repair()
    let batch = try heads?.chain(pending)
    try writer.write(files, batch?.lines ?? pending, order)
    acceptLinks(of: batch)
    if !hasTouchedMany && !writer.synchronizesFileSystem { touched.formUnion(pending.keys) }
    pending.removeAll()
    if touched.count > Self.maximumTouched {
      hasTouchedMany = true
      touched = []
    }
  }

  private func synchronizeTouched() throws(FileError) {
    let files = touched.map { (path: TrailPath($0.owner), day: $0.day) }
    try writer.synchronize(files, wholeFileSystem: hasTouchedMany)
    touched = []
    hasTouchedMany = false
  }

  private static func hasFileSystemOfItsOwn(_ root: Directory) -> Bool {
    var parent = stat()
    guard let own = root.descriptor.status(), fstatat(root.descriptor.number, "..", &parent, 0) == 0
    else { return false }
    return own.st_dev != parent.st_dev
  }
}
