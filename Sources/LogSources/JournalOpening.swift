import CSystemd
import Glibc

/// Which of libsystemd's ways of opening a journal.
enum JournalOpening: Equatable {
  case localMachine
  case namespace(String)
  case directory(String)
  case files([String])
  /// Files that we list, in groups of as many as libsystemd opens.
  case listed(JournalListing)

  /// libsystemd's handles, one at least, and what they are in words.
  func open() throws(JournalError) -> ([OpaquePointer], String) {
    var opened: OpaquePointer?
    let result: Int32
    let subject: String
    switch self {
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
    case .listed(let listing): return (try Self.openGroups(listing), "by its files")
    }
    guard result >= 0, let opened else {
      throw JournalError(
        operation: "cannot open the journal", subject: subject, code: -result,
        remedy: result == -EACCES || result == -EPERM ? JournalAccess.remedy : "")
    }
    return ([opened], subject)
  }

  /// One handle for each group of files; files that libsystemd refuses are left out, as it leaves them out itself.
  private static func openGroups(_ listing: JournalListing) throws(JournalError) -> [OpaquePointer] {
    raiseFileLimit()
    var rest = listing.files().filter { JournalFile.defect(ofFileAt: $0) == nil }[...]
    var pointers: [OpaquePointer] = []
    repeat {
      let group = Array(rest.prefix(listing.groupSize))
      rest = rest.dropFirst(group.count)
      var opened: OpaquePointer?
      var result = openFiles(&opened, group)
      if result < 0 { result = openFiles(&opened, group.filter(isReadable)) }
      guard result >= 0, let opened else {
        for pointer in pointers { sd_journal_close(pointer) }
        throw JournalError(
          operation: "cannot open the journal", subject: "group of \(group.count) files", code: -result,
          remedy: result == -EMFILE ? "raise LimitNOFILE= of the unit above the number of journal files" : "")
      }
      pointers.append(opened)
    } while !rest.isEmpty
    return pointers
  }

  private static func isReadable(_ path: String) -> Bool {
    var opened: OpaquePointer?
    guard openFiles(&opened, [path]) >= 0 else { return false }
    sd_journal_close(opened)
    return true
  }

  /// Thousands of files want as many descriptors as the limits allow. A unit's sandbox may forbid it; there the unit
  /// sets the limit.
  private static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else {
      return
    }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  private static func openFiles(_ opened: inout OpaquePointer?, _ paths: [String]) -> Int32 {
    let copies = paths.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var list = copies.map { UnsafePointer($0) } + [nil]
    return sd_journal_open_files(&opened, &list, 0)
  }
}
