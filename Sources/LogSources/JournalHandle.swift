import CSystemd
import Glibc

/// The one owner of an open `sd_journal`: opened in `init`, closed in `deinit`, used by one thread.
///
/// Functions that may fail give libsystemd's own result: negative is an error number.
final class JournalHandle {
  /// What sd_journal_process(3) saw.
  enum Change {
    case nothing
    case appended
    case invalidated
    case failed(Int32)
  }

  /// libsystemd unpacks so much of a compressed field. More than the limit, so that a field that is cut shows.
  private static let dataThreshold = EntryBatch.fieldLimit + 128

  /// libsystemd's handle that stands on the current entry.
  private(set) var pointer: OpaquePointer
  /// All of libsystemd's handles: one, or as many as there are groups of files.
  private let pointers: [OpaquePointer]
  private var merge: MergedHandles?
  /// The files that were listed when this handle was opened; empty where libsystemd lists them.
  private var listedFiles: [String] = []
  /// An epoll(7) over the groups' descriptors; -1 where there is one handle.
  private var groupDescriptor: Int32 = -1
  /// The descriptor to poll(2); negative, an error number, when the journal is not watched or cannot be.
  private(set) var descriptor: Int32 = -1
  private let thread = ThreadConfinement()

  init(_ opening: JournalOpening, matches: [String], watches: Bool) throws(JournalError) {
    let (opened, subject) = try opening.open()
    pointers = opened
    pointer = opened[0]
    if opened.count > 1 { merge = MergedHandles(opened) }
    // From here on deinit closes them, whatever fails.
    if case .listed(let listing) = opening { listedFiles = listing.files() }
    if watches { watch() }
    for pointer in pointers {
      var failure = sd_journal_set_data_threshold(pointer, Self.dataThreshold)
      for match in matches where failure >= 0 { failure = sd_journal_add_match(pointer, match, match.utf8.count) }
      if failure < 0 {
        throw JournalError(operation: "cannot select entries of the journal", subject: subject, code: -failure)
      }
    }
  }

  private func watch() {
    let descriptors = pointers.map { sd_journal_get_fd($0) }
    guard descriptors.count > 1, descriptors.allSatisfy({ $0 >= 0 }) else {
      descriptor = descriptors.min() ?? -1
      return
    }
    groupDescriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard groupDescriptor >= 0 else {
      descriptor = -errno
      return
    }
    for part in descriptors {
      var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: part))
      if epoll_ctl(groupDescriptor, EPOLL_CTL_ADD, part, &event) < 0 {
        descriptor = -errno
        return
      }
    }
    descriptor = groupDescriptor
  }

  /// Whether files came or went since the handle was opened; always false where libsystemd lists them.
  func hasOtherFiles(than listing: JournalListing) -> Bool { listedFiles != listing.files() }

  deinit {
    thread.check()
    for pointer in pointers { sd_journal_close(pointer) }
    if groupDescriptor >= 0 { close(groupDescriptor) }
  }

  // MARK: Moving

  func next() -> Int32 {
    guard merge != nil else { return sd_journal_next(pointer) }
    return moved(merge?.next())
  }

  func previous() -> Int32 {
    guard merge != nil else { return sd_journal_previous(pointer) }
    return moved(merge?.previous())
  }

  private func moved(_ move: (result: Int32, pointer: OpaquePointer?)?) -> Int32 {
    guard let move else { return -EINVAL }
    if let pointer = move.pointer { self.pointer = pointer }
    return move.result
  }

  func seekHead() -> Int32 { seekAll { sd_journal_seek_head($0) } }
  func seekTail() -> Int32 { seekAll { sd_journal_seek_tail($0) } }
  func seek(realtime: UInt64) -> Int32 { seekAll { sd_journal_seek_realtime_usec($0, realtime) } }
  func seek(_ cursor: Cursor) -> Int32 {
    let text = cursor.description
    return seekAll { sd_journal_seek_cursor($0, text) }
  }

  /// To the first entry with a sequence number or a higher one; it is exact only in files of that sequence.
  func seek(sequenceID: ID128, number: UInt64) -> Int32 {
    let text = "s=\(sequenceID);i=\(String(number, radix: 16))"
    return seekAll { sd_journal_seek_cursor($0, text) }
  }

  func add(match: String) -> Int32 { seekAll { sd_journal_add_match($0, match, match.utf8.count) } }
  func removeMatches() { for pointer in pointers { sd_journal_flush_matches(pointer) } }

  /// The first failure, or the last success.
  private func seekAll(_ body: (OpaquePointer) -> Int32) -> Int32 {
    merge?.forgetPositions()
    var result: Int32 = 0
    for pointer in pointers where result >= 0 { result = body(pointer) }
    return result
  }

  // MARK: The current entry

  /// The realtime of the current entry; nil when it cannot be read.
  func realtime() -> UInt64? {
    var microseconds: UInt64 = 0
    return sd_journal_get_realtime_usec(pointer, &microseconds) >= 0 ? microseconds : nil
  }

  /// The boot and the monotonic time of the current entry; nil when they cannot be read.
  func monotonic() -> (bootID: ID128, microseconds: UInt64)? {
    var microseconds: UInt64 = 0
    var boot = sd_id128_t()
    guard sd_journal_get_monotonic_usec(pointer, &microseconds, &boot) >= 0 else { return nil }
    return (ID128(boot), microseconds)
  }

  /// The cursor's text of the current entry; nil when it cannot be read.
  func cursorText() -> CursorText? {
    var text: UnsafeMutablePointer<CChar>?
    guard sd_journal_get_cursor(pointer, &text) >= 0, let text else { return nil }
    return CursorText(owning: text)
  }

  /// The cursor of the current entry; nil when it cannot be read.
  func cursor() -> Cursor? { cursorText()?.cursor }

  // MARK: The journal as a whole

  /// Whether the current entry has a field; the name without the equals sign.
  func has(_ field: String) -> Bool {
    var data: UnsafeRawPointer?
    var length = 0
    return sd_journal_get_data(pointer, field, &data, &length) >= 0
  }

  /// The machine that the current entry is of, by `_MACHINE_ID`; nil where it has none.
  func machineID() -> ID128? {
    var data: UnsafeRawPointer?
    var length = 0
    let nameLength = "_MACHINE_ID=".utf8.count
    guard sd_journal_get_data(pointer, "_MACHINE_ID", &data, &length) >= 0, let data, length > nameLength else {
      return nil
    }
    return ID128(hexadecimal: UnsafeRawBufferPointer(start: data + nameLength, count: length - nameLength))
  }

  /// The machines that have entries here, by `_MACHINE_ID`, sorted.
  func machineIDs() -> [ID128] {
    var machines: Set<ID128> = []
    for pointer in pointers { Self.addMachines(of: pointer, to: &machines) }
    return machines.sorted()
  }

  private static func addMachines(of pointer: OpaquePointer, to machines: inout Set<ID128>) {
    guard sd_journal_query_unique(pointer, "_MACHINE_ID") >= 0 else { return }
    var data: UnsafeRawPointer?
    var length = 0
    let nameLength = "_MACHINE_ID=".utf8.count
    while sd_journal_enumerate_available_unique(pointer, &data, &length) > 0, let data {
      guard length > nameLength else { continue }
      if let id = ID128(hexadecimal: UnsafeRawBufferPointer(start: data + nameLength, count: length - nameLength)) {
        machines.insert(id)
      }
    }
  }

  /// Takes up what inotify has seen; also lets go of files that were deleted.
  func process() -> Change {
    thread.check()
    var change = Change.nothing
    for pointer in pointers {
      let result = sd_journal_process(pointer)
      if result < 0 { return .failed(-result) }
      if result == Int32(SD_JOURNAL_INVALIDATE) {
        change = .invalidated
      } else if result == Int32(SD_JOURNAL_APPEND), case .nothing = change {
        change = .appended
      }
    }
    if case .nothing = change { return change }
    merge?.lookAgain()
    return change
  }

  /// When `process` wants to be called though nothing was seen (journals on network file systems), as microseconds of
  /// the monotonic clock; `UInt64.max` for never.
  func deadline() -> UInt64 {
    pointers.reduce(UInt64.max) { earliest, pointer in
      var deadline = UInt64.max
      return sd_journal_get_timeout(pointer, &deadline) >= 0 ? min(earliest, deadline) : earliest
    }
  }
}
