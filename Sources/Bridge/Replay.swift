import AuditFiles
import AuditModel
import AuditWriting
import Configuration
import Correlation
import Glibc
import LogSources
import RuleTable

/// Reads a range of stored journals and text logs and hands out their events, as `mailtrail replay` does.
package final class Replay {
  /// Where the events go.
  package enum Output {
    /// An audit tree, and its table of logins.
    case tree(AuditTree, LoginTable)
    /// Whoever prints them; false ends the replay.
    case events((OwnedEvent) throws -> Bool)
  }

  package private(set) var entriesRead: UInt64 = 0
  package private(set) var notices: [SourceNotice] = []
  package private(set) var truncated = 0
  package let pipeline: Pipeline
  /// How many threads read a journal whose order allows it; nil for as many as this machine's processors make worth it.
  package var readers: Int?
  /// Called with the time of the newest entry so far.
  package var onProgress: ((UInt64) -> Void)?

  /// - Parameter known: mailboxes that are known besides those that the configuration and the journal name.
  package init(
    configuration: Configuration, table: CompiledTable, calendar: DayCalendar, known: [MailboxAddress] = []
  ) throws {
    var policy = try CorrelationPolicy(configuration, calendar: calendar)
    policy.knownMailboxes += known
    pipeline = Pipeline(
      table: table, policy: policy, rules: configuration.rules)
  }

  /// Reads to the end of the request.
  ///
  /// - Throws: `JournalError`, `FileError`, or what the output threw.
  package func run(_ request: SourceRequest, to output: Output) throws {
    let sources = try source(request)
    defer { sources.stop() }
    switch output {
    case .tree(let tree, let logins):
      pipeline.correlator.noteLogins()
      let writer = WriterThread(Committer(tree: tree, store: nil, logins: logins), retries: false)
      writer.start()
      defer { writer.finish(givesUp: false) }
      var events: [OwnedEvent] = []
      try read(sources) { emitted in
        events.append(emitted)
        guard events.count >= 2048 else { return true }
        defer { events.removeAll(keepingCapacity: true) }
        return writer.submit(job(events))
      }
      _ = writer.submit(job(events))
      writer.finish(givesUp: false)
      if let error = writer.status.lastError { throw ReplayError(error) }
      try tree.commit()
      try logins.synchronize()
    case .events(let body): try read(sources, body)
    }
  }

  private func job(_ events: [OwnedEvent]) -> WriteJob {
    WriteJob(events: events, logins: pipeline.correlator.drainLogins())
  }

  /// Reads to the end of the request, behind which more may follow: what waits or is being counted there is not emitted.
  ///
  /// - Parameter body: gets what was emitted and the time of the newest entry that had been read by then.
  package func runOpenEnded(
    _ request: SourceRequest, _ body: ([OwnedEvent], UInt64) throws -> Void
  ) throws {
    let sources = try source(request)
    defer { sources.stop() }
    var newest: UInt64 = 0
    while let (batch, found) = try sources.next() {
      pipeline.process(batch)
      entriesRead += UInt64(batch.examinedCount)
      notices += found
      newest = max(newest, batch.newestTime)
      sources.recycle(batch)
      pipeline.gaps.removeAll()
      try body(pipeline.correlator.drainEvents(), newest)
      onProgress?(newest)
    }
  }

  /// Several readers where they give what one would give.
  private func source(_ request: SourceRequest) throws -> any BatchSource {
    let readers = readers ?? Self.usualReaders
    if readers > 1, request.text.isEmpty, let slices = try JournalSlices(request) {
      return SliceThreads(
        request, slices, readers: min(readers, slices.count), recognizer: pipeline.recognizer)
    }
    let sources = try SourceThread()
    sources.start(request, interest: pipeline.interest)
    return sources
  }

  /// Reading takes about twice as long as joining, which one thread does.
  private static var usualReaders: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? 2 : 1 }

  private func read(_ sources: any BatchSource, _ body: (OwnedEvent) throws -> Bool) throws {
    while let (batch, found) = try sources.next() {
      pipeline.process(batch)
      entriesRead += UInt64(batch.examinedCount)
      truncated += batch.truncatedCount
      notices += found
      let newest = batch.newestTime
      sources.recycle(batch)
      guard try handOut(body) else { return }
      if newest > 0 { onProgress?(newest) }
    }
    pipeline.correlator.finish()
    _ = try handOut(body)
  }

  private func handOut(_ body: (OwnedEvent) throws -> Bool) throws -> Bool {
    for emitted in pipeline.correlator.drainEvents() { guard try body(emitted) else { return false } }
    for gap in pipeline.gaps { guard try body(gap) else { return false } }
    pipeline.gaps.removeAll()
    return true
  }
}

/// Why a replay could not write its tree.
package struct ReplayError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
