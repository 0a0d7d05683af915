/// Whether a stream's journal is watched for new entries and files, and what was seen.
struct StreamWatch {
  enum Change { case nothing, appended, invalidated }

  let isWanted: Bool
  /// Files came or went that the handle cannot take in by itself.
  private var needsReopening = false
  private var readCount = 0
  private var hasFailed = false

  /// Deleted files are closed after so many entries.
  private static let processInterval = 1_000

  init(isWanted: Bool) { self.isWanted = isWanted }

  mutating func addRead() { readCount += 1 }

  /// Whether so many entries were read that `process` should be called though nothing was waited for.
  var isProcessingDue: Bool { isWanted && readCount >= Self.processInterval }

  /// Takes up what the handle's inotify descriptor has seen.
  ///
  /// - Returns: also whether files went away, so that the next entry may not follow on the last.
  mutating func process(_ handle: JournalHandle, _ origin: StreamOrigin) -> (
    change: Change, hasRemovals: Bool, notice: SourceNotice?
  ) {
    readCount = 0
    switch handle.process() {
    case .nothing: return (.nothing, false, nil)
    case .appended:
      guard case .listed(let listing) = origin.opening, handle.hasOtherFiles(than: listing) else {
        return (.appended, false, nil)
      }
      needsReopening = true
      return (.invalidated, false, nil)
    case .invalidated:
      if case .listed = origin.opening { needsReopening = true }
      return (.invalidated, true, nil)
    case .failed(let code): return (.nothing, false, failure(code, of: origin))
    }
  }

  /// How to open the journal again so that new files are read: a journal whose files we list when others are there now;
  /// any other, its files listed from now on, when they have become more than libsystemd opens. Nil where the handle
  /// takes them in by itself.
  mutating func reopening(of opening: JournalOpening) -> (JournalOpening, SourceNotice?)? {
    if case .listed = opening {
      defer { needsReopening = false }
      return needsReopening ? (opening, nil) : nil
    }
    guard isWanted, let listing = opening.listing else { return nil }
    let count = listing.allFiles().count
    guard count > listing.groupSize else { return nil }
    return (.listed(listing), StreamDiscovery.tooManyFiles(count, of: opening, limit: listing.groupSize))
  }

  /// Whether new entries must be looked for, because the system gives no watch (inotify exhausted).
  func isMissing(for handle: JournalHandle) -> Bool { isWanted && (handle.descriptor < 0 || hasFailed) }

  /// The notice that a journal just opened cannot be watched, once.
  mutating func failure(of handle: JournalHandle, _ origin: StreamOrigin) -> SourceNotice? {
    handle.descriptor < 0 ? failure(-handle.descriptor, of: origin) : nil
  }

  private mutating func failure(_ code: Int32, of origin: StreamOrigin) -> SourceNotice? {
    guard isWanted, !hasFailed else { return nil }
    hasFailed = true
    return SourceNotice(
      kind: .warning, subject: origin.key,
      reason: "the journal cannot be watched (\(JournalError.message(for: code))) and is looked at every second; "
        + "raise fs.inotify.max_user_instances")
  }
}
