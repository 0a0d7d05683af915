import Glibc
import Platform

/// Reads the journal and text logs together, in the order of their times as far as they are there already; what comes
/// in later is read as it comes. Belongs to the thread that made it.
public final class SourceReader: EntrySource {
  private let journal: JournalReader?
  private let follower: TextLogFollower?
  private let stored: [TextLog]
  private let wakeDescriptor: WakeDescriptor?
  private let thread = ThreadConfinement()
  private let earlier: SourcePosition
  private var pendingNotices: [SourceNotice] = []
  private var journalTime: UInt64?
  private var isJournalAtEnd = false

  /// Opens what the request names.
  ///
  /// - Throws: `JournalError` when the journal or a file that is read once cannot be read at all. A log that is followed
  ///   may be missing; it is waited for.
  public init(_ request: SourceRequest, interest: (any EntryInterest)? = nil, wakeDescriptor: WakeDescriptor? = nil)
    throws(JournalError)
  {
    self.wakeDescriptor = wakeDescriptor
    if case .after(let position, _) = request.start { earlier = position } else { earlier = SourcePosition() }
    journal = try request.journalRequest.map { request throws(JournalError) in
      try JournalReader(request, interest: interest, wakeDescriptor: wakeDescriptor)
    }
    let filter = CompiledFilter(request.filter)
    let since = Self.since(request.start)
    let until = request.until ?? .max
    let make = { (format: TextLogFormat, name: String, last: UInt64?) in
      var assembler = TextEntryAssembler(format: format, name: name, interest: interest, filter: filter, last: last)
      (assembler.since, assembler.until) = (since, until)
      return assembler
    }
    let found = try StoredTextLogs(request.text) { make($0, $1, nil) }
    stored = found.logs
    pendingNotices = found.notices
    follower =
      request.text.followed.isEmpty
      ? nil
      : TextLogFollower(
        request.text.followed, after: earlier.textLogs, since: since, watches: request.follows, makeAssembler: make)
    journal?.companionDescriptor = follower?.descriptor ?? -1
  }

  private static func since(_ start: StartPoint) -> UInt64 {
    switch start {
    case .since(let moment): moment
    case .after(_, let moment): moment
    case .tail: SystemClock.realtime()
    case .head, .at, .afterCursor: 0
    }
  }

  public var position: SourcePosition {
    var position = journal?.position ?? earlier
    if let follower { position.textLogs.merge(follower.positions) { _, new in new } }
    return position
  }

  public func drainNotices() -> [SourceNotice] {
    defer { pendingNotices = [] }
    return pendingNotices + (journal?.drainNotices() ?? []) + (follower?.drainNotices() ?? [])
      + stored.flatMap { $0.drainNotices() }
  }

  // MARK: Reading

  public func read(into batch: EntryBatch, limit: Int) throws(JournalError) -> ReadOutcome {
    thread.check()
    if let journal, journal.hasLateFile { return try journal.read(into: batch, limit: limit) }
    guard let journal, follower == nil, stored.isEmpty else { return try readAll(into: batch, limit: limit) }
    return try journal.read(into: batch, limit: limit)
  }

  private func readAll(into batch: EntryBatch, limit: Int) throws(JournalError) -> ReadOutcome {
    batch.removeAll()
    follower?.lookAgain()
    isJournalAtEnd = false
    var outcome = ReadOutcome.more
    let logs = stored + (follower?.logs ?? [])
    while batch.examinedCount < limit, !batch.isFull {
      guard try readNext(logs, into: batch) else {
        for log in logs {
          log.noteForeignLines()
          if !log.isStored { log.removeFinished() }
        }
        outcome = .end
        break
      }
    }
    batch.position = position
    return outcome
  }

  /// Reads the oldest of the sources' next entries; false when there is none now.
  private func readNext(_ logs: [TextLog], into batch: EntryBatch) throws(JournalError) -> Bool {
    if journalTime == nil, !isJournalAtEnd, let journal {
      journalTime = try journal.nextTime()
      isJournalAtEnd = journalTime == nil
    }
    var first: TextLog?
    var firstTime = UInt64.max
    for log in logs {
      // Of equal times the log that is named first goes first.
      guard let time = log.nextTime(), time < firstTime || first == nil else { continue }
      (first, firstTime) = (log, time)
    }
    if let journalTime, first == nil || journalTime <= firstTime {
      self.journalTime = nil
      try journal?.take(into: batch)
      return true
    }
    first?.take(into: batch)
    return first != nil
  }

  // MARK: Waiting

  public func wait(timeoutMicroseconds: UInt64) throws(JournalError) -> WaitOutcome {
    thread.check()
    let timeout = min(timeoutMicroseconds, follower?.retryTimeout ?? .max)
    let outcome: WaitOutcome
    if let journal {
      outcome = try journal.wait(timeoutMicroseconds: timeout)
    } else {
      outcome = try waitForText(timeout)
    }
    if follower?.takeEvents(isTimeOver: outcome == .timedOut) == true, outcome != .woken { return .changed }
    return outcome
  }

  private func waitForText(_ timeout: UInt64) throws(JournalError) -> WaitOutcome {
    var descriptors = [wakeDescriptor?.descriptor ?? -1, follower?.descriptor ?? -1].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    let milliseconds = timeout == .max ? -1 : Int32(clamping: timeout / 1000 + (timeout % 1000 == 0 ? 0 : 1))
    let result = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    if result < 0, errno != EINTR {
      throw JournalError(operation: "cannot wait for", subject: "text logs", code: errno)
    }
    if let wakeDescriptor, wakeDescriptor.drain() { return .woken }
    return result > 0 ? .changed : .timedOut
  }
}
