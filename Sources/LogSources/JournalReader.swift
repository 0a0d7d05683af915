import Glibc
import Platform

/// Reads the systemd journal: entries of all writers in the order of their times, each exactly once.
///
/// Within a writer (a machine, a namespace) the order is the journal's own, which survives a clock that is set back;
/// between writers it is realtime, then machine id. Belongs to the thread that made it, its end included.
public final class JournalReader: EntrySource {
  private var writers: [JournalWriter] = []
  private var pendingNotices: [SourceNotice] = []
  private var decoder: FieldDecoder
  private let filter: CompiledFilter?
  private let request: JournalRequest
  private let wakeDescriptor: WakeDescriptor?
  private let thread = ThreadConfinement()
  private var unwatchedLooks = 0
  /// The files taken into the reading, by the journal's name; for readers that follow or go on from a position.
  private var seen: [String: SeenFiles] = [:]
  /// New files that had no entries when they were seen, and the time up to which their journal had been read by then: a
  /// rotation makes such files.
  private var awaited: [ID128: (journal: String, path: String, readUpTo: UInt64)] = [:]
  /// Files that came late and are being read.
  private var lateFiles: [(reader: LateFileReader, isRest: Bool)] = []
  /// The writer that `nextTime` found.
  private var next: JournalWriter?
  /// Another source's descriptor: `wait` ends with `changed` when it is readable. -1 for none.
  var companionDescriptor: Int32 = -1

  /// How long a journal that cannot be watched is left alone, in microseconds.
  private static let unwatchedInterval: UInt64 = 1_000_000
  /// How many such looks pass between two searches for new files.
  private static let looksBetweenReopenings = 5

  /// Opens all journals of the request and goes to its start.
  ///
  /// Throws `JournalError` when one of them cannot be read at all (no permission, no such path, a damaged file given by
  /// name). Files of a directory that cannot be read are notices.
  public init(_ request: JournalRequest, interest: (any EntryInterest)? = nil, wakeDescriptor: WakeDescriptor? = nil)
    throws(JournalError)
  {
    self.request = request
    self.wakeDescriptor = wakeDescriptor
    decoder = FieldDecoder(interest: interest)
    filter = CompiledFilter(request.filter)
    let discovery = try WriterDiscovery(request.selection)
    pendingNotices = discovery.notices
    // Before the journals are opened: a file that appears in between is looked at once more rather than never.
    let present = discovery.origins.map { ($0, $0.opening.listing?.allFiles() ?? []) }
    for origin in discovery.origins { try add(origin, start: request.start) }
    for (origin, files) in present where seen[origin.name] == nil { try takeUp(files, ofJournal: origin.name) }
  }

  /// Learns which files are there at the start; those that an earlier reader did not know have come late.
  private func takeUp(_ files: [String], ofJournal name: String) throws(JournalError) {
    guard !files.isEmpty || request.follows else { return }
    if case .after(let position, _) = request.start, let known = position.seenFiles[name] {
      seen[name] = SeenFiles(known)
      try lookForLateFiles(ofJournal: name, files)
      seen[name]?.forgetMissing(files)
      return
    }
    seen[name] = SeenFiles()
    seen[name]?.insertAll(of: files)
  }

  /// Begins to read the entries of new files that are older than what was read.
  private func lookForLateFiles(ofJournal name: String, _ files: [String]) throws(JournalError) {
    guard let known = seen[name] else { return }
    for (path, id) in known.unknown(of: files) where !lateFiles.contains(where: { $0.reader.fileID == id }) {
      var isLate = false
      for writer in writers where writer.origin.name == name {
        guard let bound = writer.bound, let since = lateSince else { continue }
        var origin = writer.origin
        origin.opening = .files([path])
        // A file that cannot be read is a notice already.
        guard
          let found = try? LateFileReader(path: path, fileID: id, origin: origin, before: bound, since: since)
        else { continue }
        lateFiles.append((found, origin.isRest))
        isLate = true
      }
      if isLate {
        pendingNotices.append(
          SourceNotice(
            kind: .warning, subject: path,
            reason: "the file has come late: its entries that are older than what was read are read now"))
      } else {
        seen[name]?.insert(id)
      }
    }
    for (path, id) in known.unknownEmpty(of: files) where awaited[id] == nil {
      let readUpTo = writers.filter { $0.origin.name == name }.compactMap { $0.cursor?.realtime }.max() ?? 0
      awaited[id] = (name, path, readUpTo)
    }
  }

  /// Takes files for known that have got their first entries, unless these are older than what had been read: then the
  /// file has come late all the same.
  private func takeUpAwaited() throws(JournalError) {
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
        try lookForLateFiles(ofJournal: file.journal, [file.path])
      }
    }
  }

  /// From when on late entries are wanted; nil where only new ones are.
  private var lateSince: UInt64? {
    switch request.start {
    case .tail, .at, .afterCursor: nil
    case .head: 0
    case .since(let moment), .after(_, let moment): moment
    }
  }

  /// Whether entries of a file that came late are to be read next.
  var hasLateFile: Bool { !lateFiles.isEmpty }

  private func readLate(into batch: EntryBatch, limit: Int) -> ReadOutcome {
    let (reader, isRest) = lateFiles[0]
    batch.lateFile = reader.path
    if reader.read(&decoder, filter, isRest: isRest, into: batch, limit: limit) {
      lateFiles.removeFirst()
      // Several writers read one file; it is known when the last of them has.
      if !lateFiles.contains(where: { $0.reader.fileID == reader.fileID }) {
        seen[reader.name]?.insert(reader.fileID)
        batch.isEndOfLateFile = true
      }
    }
    batch.position = position
    return .more
  }

  private func add(_ origin: JournalWriter.Origin, start: StartPoint) throws(JournalError) {
    var origin = origin
    if let boot = request.boot { origin.bootID = try BootResolver.bootID(boot, in: origin) }
    writers.append(try JournalWriter(origin, start: start, until: request.until, watches: request.follows))
    writers.sort { ($0.origin.machine ?? .zero, $0.origin.name) < ($1.origin.machine ?? .zero, $1.origin.name) }
  }

  public var position: SourcePosition {
    thread.check()
    var position = SourcePosition()
    if case .after(let earlier, _) = request.start { position = earlier }
    for writer in writers {
      if let cursor = writer.cursor { position.cursors[writer.origin.key] = cursor }
    }
    for (name, files) in seen { position.seenFiles[name] = files.ids }
    return position
  }

  public func drainNotices() -> [SourceNotice] {
    defer { pendingNotices = [] }
    return pendingNotices + writers.flatMap { $0.drainNotices() }
  }

  // MARK: Reading

  public func read(into batch: EntryBatch, limit: Int) throws(JournalError) -> ReadOutcome {
    thread.check()
    batch.removeAll()
    if !lateFiles.isEmpty { return readLate(into: batch, limit: limit) }
    var outcome = ReadOutcome.more
    while batch.examinedCount < limit, !batch.isFull {
      guard let writer = try nextWriter() else {
        outcome = .end
        break
      }
      try read(writer, into: batch)
    }
    if !awaited.isEmpty { try takeUpAwaited() }
    batch.position = position
    return outcome
  }

  private func read(_ writer: JournalWriter, into batch: EntryBatch) throws(JournalError) {
    try writer.read(&decoder, filter, into: batch)
    if writer.processIfDue() { try rescan(writer) }
  }

  /// The time of the entry that comes next; nil at the end. For reading the journal among other sources.
  func nextTime() throws(JournalError) -> UInt64? {
    next = try nextWriter(isHeldBack: true)
    return next?.realtime
  }

  /// Reads the entry that `nextTime` went to.
  func take(into batch: EntryBatch) throws(JournalError) {
    guard let writer = next else { return }
    next = nil
    try read(writer, into: batch)
  }

  /// The writer whose entry comes next; nil when all are at their ends.
  ///
  /// - Parameter isHeldBack: whether the position may be asked for before the entry is read.
  private func nextWriter(isHeldBack: Bool = false) throws(JournalError) -> JournalWriter? {
    let writer = try firstWriter(isHeldBack)
    guard let writer, writer.meetsStranger else { return writer }
    try lookForMachines(writer)
    return try firstWriter(isHeldBack)
  }

  private func firstWriter(_ isHeldBack: Bool) throws(JournalError) -> JournalWriter? {
    if writers.count == 1 { return try writers[0].advance(remembering: isHeldBack) ? writers[0] : nil }
    var first: JournalWriter?
    for writer in writers where try writer.advance(remembering: true) {
      // Writers are sorted by machine id, so that the first of equal times is the right one.
      if first.map({ writer.realtime < $0.realtime }) ?? true { first = writer }
    }
    return first
  }

  /// After files came or went: another machine may have begun to write into a writer's directory.
  private func rescan(_ changed: JournalWriter) throws(JournalError) {
    try changed.takeInNewFiles()
    try lookForMachines(changed)
    // New machines' writers read all from the head, so nothing of theirs is late.
    if let files = changed.origin.opening.listing?.allFiles() {
      try lookForLateFiles(ofJournal: changed.origin.name, files)
      seen[changed.origin.name]?.forgetMissing(files)
    }
  }

  private func lookForMachines(_ changed: JournalWriter) throws(JournalError) {
    guard case .directory(let path)? = changed.origin.opening.listing?.place else { return }
    let name = changed.origin.name
    let origins = try WriterDiscovery.origins(ofDirectory: path, opening: changed.origin.opening)
    let known = writers.filter { $0.origin.name == name }
    if origins.count == 1, known.count == 1, let machine = origins[0].machine { known[0].learn(machine: machine) }
    guard origins.count > known.count else { return }
    let before = known.count == 1 ? known[0].cursor : nil
    for origin in origins {
      guard let machine = origin.machine else {
        // The one writer until now read the entries without a machine id too.
        if origin.isRest, !known.contains(where: \.origin.isRest) {
          try add(origin, start: before.map { .afterCursor($0) } ?? startOfNewcomer)
        }
        continue
      }
      if let writer = known.first(where: { $0.origin.machine == machine }) {
        try writer.restrict(to: machine)
      } else {
        try add(origin, start: startOfNewcomer)
      }
    }
  }

  /// A machine that turns up while following is read from its head: all its entries are new to us.
  private var startOfNewcomer: StartPoint {
    switch request.start {
    case .since(let moment): .since(moment)
    case .after(let position, let moment): .after(position, newWritersSince: moment)
    case .head, .tail, .at, .afterCursor: .head
    }
  }

  // MARK: Waiting

  public func wait(timeoutMicroseconds: UInt64) throws(JournalError) -> WaitOutcome {
    thread.check()
    // A writer that holds an entry back for its turn must not be disturbed, and there is something to read.
    if writers.contains(where: \.hasUnread) || hasLateFile { return .changed }
    let start = SystemClock.monotonic()
    let end = start.addingReportingOverflow(timeoutMicroseconds)
    let deadline = end.overflow ? .max : end.partialValue
    while true {
      let now = SystemClock.monotonic()
      let lookAgain = writers.contains(where: \.isUnwatched) ? now + Self.unwatchedInterval : .max
      let handleDeadline = writers.reduce(UInt64.max) { min($0, $1.handle.deadline()) }
      let until = min(deadline, lookAgain, handleDeadline)
      let isReady = try poll(microseconds: until == .max ? nil : until > now ? until - now : 0)
      if isCompanionReady { return .changed }
      if let wakeDescriptor, wakeDescriptor.drain() { return .woken }
      if try processAll() { return .changed }
      if isReady { continue }
      let later = SystemClock.monotonic()
      if later >= lookAgain {
        try lookAtUnwatched()
        return .changed
      }
      if later >= deadline { return .timedOut }
    }
  }

  /// Whether anything changed. An invalidated journal is read on, never opened again: a storm must not make us spin.
  private func processAll() throws(JournalError) -> Bool {
    var hasChanged = false
    for writer in writers {
      switch writer.process() {
      case .nothing: break
      case .appended:
        hasChanged = true
        if writer.hasStrangers { try lookForMachines(writer) }
      case .invalidated:
        hasChanged = true
        try rescan(writer)
      }
    }
    return hasChanged
  }

  private func lookAtUnwatched() throws(JournalError) {
    unwatchedLooks += 1
    guard unwatchedLooks % Self.looksBetweenReopenings == 0 else { return }
    for writer in writers where writer.isUnwatched {
      try writer.lookForNewFiles()
      try rescan(writer)
    }
  }

  private var isCompanionReady: Bool {
    guard companionDescriptor >= 0 else { return false }
    var descriptor = pollfd(fd: companionDescriptor, events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&descriptor, 1, 0) > 0
  }

  /// Waits for the wake-up descriptor or a change of a journal; whether one of them is ready.
  private func poll(microseconds: UInt64?) throws(JournalError) -> Bool {
    var descriptors = writers.filter { !$0.isUnwatched && $0.handle.descriptor >= 0 }.map {
      pollfd(fd: $0.handle.descriptor, events: Int16(POLLIN), revents: 0)
    }
    if let wakeDescriptor {
      descriptors.append(pollfd(fd: wakeDescriptor.descriptor, events: Int16(POLLIN), revents: 0))
    }
    if companionDescriptor >= 0 {
      descriptors.append(pollfd(fd: companionDescriptor, events: Int16(POLLIN), revents: 0))
    }
    // Rounded up, so that a wait that is nearly over does not turn into a busy loop.
    let milliseconds = microseconds.map { Int32(clamping: ($0 / 1_000) + ($0 % 1_000 == 0 ? 0 : 1)) } ?? -1
    let result = Glibc.poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    if result < 0 && errno != EINTR {
      throw JournalError(operation: "cannot wait for", subject: "the journal", code: errno)
    }
    return result > 0
  }
}
