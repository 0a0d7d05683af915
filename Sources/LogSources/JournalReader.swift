import Platform

/// Reads the systemd journal: entries of all streams in the order of their times, each exactly once.
///
/// Within a stream (a machine, a namespace) the order is the journal's own, which survives a clock that is set back;
/// between streams it is realtime, then machine id. Belongs to the thread that made it, its end included.
public final class JournalReader: EntrySource {
  private var streams: [JournalStream] = []
  private var pendingNotices: [SourceNotice] = []
  private var decoder: FieldDecoder
  private let filter: CompiledFilter?
  private let request: JournalRequest
  private let thread = ThreadConfinement()
  private var unwatchedLooks = 0
  private var lateFiles: LateFiles
  /// The stream that `nextTime` found.
  private var next: JournalStream?
  private var waiting: JournalWaiting

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
    waiting = JournalWaiting(wakeDescriptor: wakeDescriptor)
    decoder = FieldDecoder(interest: interest)
    filter = CompiledFilter(request.filter)
    lateFiles = LateFiles(request)
    let discovery = try StreamDiscovery(request.selection)
    pendingNotices = discovery.notices
    // Before the journals are opened: a file that appears in between is looked at once more rather than never.
    let present = discovery.origins.map { ($0, $0.opening.listing?.allFiles() ?? []) }
    for origin in discovery.origins { try add(origin, start: request.start) }
    for (origin, files) in present { try lateFiles.begin(files, ofJournal: origin.name, streams) }
  }

  private func add(_ origin: StreamOrigin, start: StartPoint) throws(JournalError) {
    var origin = origin
    if let boot = request.boot { origin.bootID = try BootResolver.bootID(boot, in: origin) }
    streams.append(try JournalStream(origin, start: start, until: request.until, watches: request.follows))
    streams.sort { ($0.origin.machine ?? .zero, $0.origin.name) < ($1.origin.machine ?? .zero, $1.origin.name) }
  }

  /// Whether entries of a file that came late are to be read next.
  var hasLateFile: Bool { lateFiles.hasUnread }

  public var position: SourcePosition {
    thread.check()
    var position = SourcePosition()
    if case .after(let earlier, _) = request.start { position = earlier }
    for stream in streams {
      if let cursor = stream.cursor { position.cursors[stream.origin.key] = cursor }
    }
    for (name, files) in lateFiles.seen { position.seenFiles[name] = files.ids }
    return position
  }

  public func drainNotices() -> [SourceNotice] {
    thread.check()
    defer { pendingNotices = [] }
    return pendingNotices + lateFiles.drainNotices() + streams.flatMap { $0.drainNotices() }
  }

  // MARK: Reading

  public func read(into batch: EntryBatch, limit: Int) throws(JournalError) -> ReadOutcome {
    thread.check()
    batch.removeAll()
    if hasLateFile {
      lateFiles.read(&decoder, filter, into: batch, limit: limit)
      batch.position = position
      return .more
    }
    var outcome = ReadOutcome.more
    while batch.examinedCount < limit, !batch.isFull {
      guard let stream = try nextStream() else {
        outcome = .end
        break
      }
      try read(stream, into: batch)
    }
    try lateFiles.lookAtAwaited(streams)
    batch.position = position
    return outcome
  }

  private func read(_ stream: JournalStream, into batch: EntryBatch) throws(JournalError) {
    try stream.read(&decoder, filter, into: batch)
    if stream.processIfDue() { try rescan(stream) }
  }

  /// The time of the entry that comes next; nil at the end. For reading the journal among other sources.
  func nextTime() throws(JournalError) -> UInt64? {
    next = try nextStream(isHeldBack: true)
    return next?.realtime
  }

  /// Reads the entry that `nextTime` went to.
  func take(into batch: EntryBatch) throws(JournalError) {
    guard let stream = next else { return }
    next = nil
    try read(stream, into: batch)
  }

  /// The stream whose entry comes next; nil when all are at their ends.
  ///
  /// - Parameter isHeldBack: whether the position may be asked for before the entry is read.
  private func nextStream(isHeldBack: Bool = false) throws(JournalError) -> JournalStream? {
    let stream = try firstStream(isHeldBack)
    guard let stream, stream.meetsStranger else { return stream }
    try lookForMachines(stream)
    return try firstStream(isHeldBack)
  }

  private func firstStream(_ isHeldBack: Bool) throws(JournalError) -> JournalStream? {
    if streams.count == 1 { return try streams[0].advance(remembering: isHeldBack) ? streams[0] : nil }
    var first: JournalStream?
    for stream in streams where try stream.advance(remembering: true) {
      // Writers are sorted by machine id, so that the first of equal times is the right one.
      if first.map({ stream.realtime < $0.realtime }) ?? true { first = stream }
    }
    return first
  }

  /// After files came or went: another machine may have begun to write into a stream's directory.
  private func rescan(_ changed: JournalStream) throws(JournalError) {
    try changed.takeInNewFiles()
    try lookForMachines(changed)
    // New machines' streams read all from the head, so nothing of theirs is late.
    if let files = changed.origin.opening.listing?.allFiles() {
      try lateFiles.look(at: files, ofJournal: changed.origin.name, streams)
    }
  }

  private func lookForMachines(_ changed: JournalStream) throws(JournalError) {
    guard case .directory(let path)? = changed.origin.opening.listing?.location else { return }
    let name = changed.origin.name
    let origins = try StreamDiscovery.origins(ofDirectory: path, opening: changed.origin.opening)
    let known = streams.filter { $0.origin.name == name }
    if origins.count == 1, known.count == 1, let machine = origins[0].machine { known[0].learn(machine: machine) }
    guard origins.count > known.count else { return }
    let before = known.count == 1 ? known[0].cursor : nil
    for origin in origins {
      guard let machine = origin.machine else {
        // The one stream until now read the entries without a machine id too.
        if origin.isRest, !known.contains(where: \.origin.isRest) {
          try add(origin, start: before.map { .afterCursor($0) } ?? startOfNewcomer)
        }
        continue
      }
      if let stream = known.first(where: { $0.origin.machine == machine }) {
        try stream.restrict(to: machine)
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

  /// Another source's descriptor: `wait` ends with `changed` when it is readable. -1 for none.
  var companionDescriptor: Int32 {
    get { waiting.companionDescriptor }
    set { waiting.companionDescriptor = newValue }
  }

  public func wait(timeoutMicroseconds: UInt64) throws(JournalError) -> WaitOutcome {
    thread.check()
    // A stream that holds an entry back for its turn must not be disturbed, and there is something to read.
    if streams.contains(where: \.hasUnread) || hasLateFile { return .changed }
    let start = SystemClock.monotonic()
    let end = start.addingReportingOverflow(timeoutMicroseconds)
    let deadline = end.overflow ? .max : end.partialValue
    while true {
      let now = SystemClock.monotonic()
      let lookAgain = streams.contains(where: \.isUnwatched) ? now + Self.unwatchedInterval : .max
      let handleDeadline = streams.reduce(UInt64.max) { min($0, $1.handle.deadline()) }
      let until = min(deadline, lookAgain, handleDeadline)
      let isReady = try waiting.poll(streams, microseconds: until == .max ? nil : until > now ? until - now : 0)
      if waiting.isCompanionReady { return .changed }
      if waiting.drainWakeUps() { return .woken }
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
    for stream in streams {
      switch stream.process() {
      case .nothing: break
      case .appended:
        hasChanged = true
        if stream.hasStrangers { try lookForMachines(stream) }
      case .invalidated:
        hasChanged = true
        try rescan(stream)
      }
    }
    return hasChanged
  }

  private func lookAtUnwatched() throws(JournalError) {
    unwatchedLooks += 1
    guard unwatchedLooks % Self.looksBetweenReopenings == 0 else { return }
    for stream in streams where stream.isUnwatched {
      try stream.lookForNewFiles()
      try rescan(stream)
    }
  }
}
