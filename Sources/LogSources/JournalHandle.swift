import CSystemd
import Glibc

/// The one owner of an open `sd_journal`: opened in `init`, closed in `deinit`, used by one thread.
///
/// Functions that may fail give libsystemd's own result: negative is an error number.
final class JournalHandle {
  /// Which of libsystemd's ways of opening a journal.
  enum Opening: Equatable {
    case localMachine
    case namespace(String)
    case directory(String)
    case files([String])
  }

  /// What sd_journal_process(3) saw.
  enum Change {
    case nothing
    case appended
    case invalidated
    case failed(Int32)
  }

  /// libsystemd unpacks so much of a compressed field. More than the limit, so that a field that is cut shows.
  private static let dataThreshold = EntryBatch.fieldLimit + 128

  let pointer: OpaquePointer
  /// The descriptor to poll(2); negative, an error number, when the journal is not watched or cannot be.
  private(set) var descriptor: Int32 = -1
  private let thread = ThreadConfinement()

  init(_ opening: Opening, matches: [String], watches: Bool) throws(JournalError) {
    var opened: OpaquePointer?
    let result: Int32
    let subject: String
    switch opening {
    case .localMachine:
      subject = "of this machine"
      result = sd_journal_open(&opened, Int32(SD_JOURNAL_LOCAL_ONLY))
    case .namespace(let name):
      subject = "namespace \(name)"
      result = sd_journal_open_namespace(&opened, name, Int32(SD_JOURNAL_LOCAL_ONLY))
    case .directory(let path):
      subject = "directory \(path)"
      result = sd_journal_open_directory(&opened, path, 0)
    case .files(let paths):
      subject = paths.count == 1 ? "file \(paths[0])" : "files \(paths.joined(separator: ", "))"
      result = Self.openFiles(&opened, paths)
    }
    guard result >= 0, let opened else {
      throw JournalError(
        operation: "cannot open the journal", subject: subject, code: -result,
        remedy: result == -EACCES || result == -EPERM ? JournalAccess.remedy : "")
    }
    pointer = opened
    // From here on deinit closes it, whatever fails.
    if watches { descriptor = sd_journal_get_fd(pointer) }
    var failure = sd_journal_set_data_threshold(pointer, Self.dataThreshold)
    for match in matches where failure >= 0 { failure = sd_journal_add_match(pointer, match, match.utf8.count) }
    if failure < 0 {
      throw JournalError(operation: "cannot select entries of the journal", subject: subject, code: -failure)
    }
  }

  deinit {
    thread.check()
    sd_journal_close(pointer)
  }

  private static func openFiles(_ opened: inout OpaquePointer?, _ paths: [String]) -> Int32 {
    let copies = paths.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var list = copies.map { UnsafePointer($0) } + [nil]
    return sd_journal_open_files(&opened, &list, 0)
  }

  // MARK: Moving

  func next() -> Int32 {
    thread.check()
    return sd_journal_next(pointer)
  }

  func previous() -> Int32 { sd_journal_previous(pointer) }
  func seekHead() -> Int32 { sd_journal_seek_head(pointer) }
  func seekTail() -> Int32 { sd_journal_seek_tail(pointer) }
  func seek(realtime: UInt64) -> Int32 { sd_journal_seek_realtime_usec(pointer, realtime) }
  func seek(_ cursor: Cursor) -> Int32 { sd_journal_seek_cursor(pointer, cursor.description) }

  func add(match: String) -> Int32 { sd_journal_add_match(pointer, match, match.utf8.count) }
  func removeMatches() { sd_journal_flush_matches(pointer) }

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

  /// The cursor's text of the current entry, to be freed by the caller; nil when it cannot be read.
  func cursorText() -> UnsafeMutablePointer<CChar>? {
    var text: UnsafeMutablePointer<CChar>?
    return sd_journal_get_cursor(pointer, &text) >= 0 ? text : nil
  }

  /// The cursor of the current entry; nil when it cannot be read.
  func cursor() -> Cursor? {
    guard let text = cursorText() else { return nil }
    defer { free(text) }
    return Cursor(cString: text)
  }

  // MARK: The journal as a whole

  /// The machines that have entries here, by `_MACHINE_ID`, sorted.
  func machineIDs() -> [ID128] {
    guard sd_journal_query_unique(pointer, "_MACHINE_ID") >= 0 else { return [] }
    var machines: Set<ID128> = []
    var data: UnsafeRawPointer?
    var length = 0
    let nameLength = "_MACHINE_ID=".utf8.count
    while sd_journal_enumerate_available_unique(pointer, &data, &length) > 0, let data {
      guard length > nameLength else { continue }
      if let id = ID128(hexadecimal: UnsafeRawBufferPointer(start: data + nameLength, count: length - nameLength)) {
        machines.insert(id)
      }
    }
    return machines.sorted()
  }

  /// Takes up what inotify has seen; also lets go of files that were deleted.
  func process() -> Change {
    thread.check()
    let result = sd_journal_process(pointer)
    if result < 0 { return .failed(-result) }
    if result == Int32(SD_JOURNAL_APPEND) { return .appended }
    if result == Int32(SD_JOURNAL_INVALIDATE) { return .invalidated }
    return .nothing
  }

  /// When `process` wants to be called though nothing was seen (journals on network file systems), as microseconds of
  /// the monotonic clock; `UInt64.max` for never.
  func deadline() -> UInt64 {
    var deadline = UInt64.max
    return sd_journal_get_timeout(pointer, &deadline) >= 0 ? deadline : .max
  }
}

extension ID128 {
  init(_ id: sd_id128_t) {
    var id = id
    self = withUnsafeBytes(of: &id) { bytes in
      ID128(
        high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }
}
