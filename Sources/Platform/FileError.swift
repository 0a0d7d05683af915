import Glibc

/// What went wrong with a file or directory: the operation, the path, the system's code and what to do about it.
package struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was tried.
  package enum Operation: String, Sendable {
    case open = "open"
    case createDirectory = "create the directory"
    case write = "write"
    case read = "read"
    case synchronize = "make durable"
    case truncate = "truncate"
    case remove = "remove"
    case list = "list"
    case append = "append to"
    case timeZone = "read the time zone"
    case use = "use"
  }

  package let operation: Operation
  /// The file or directory, or the zone's name.
  package let path: String
  /// An errno value; 0 where `reason` says it.
  package let code: Int32
  /// Why it did not work, where that is none of the system's errors.
  private let ownReason: String?
  /// What the administrator can do.
  package let remedy: String

  package init(_ operation: Operation, path: String, code: Int32, remedy: String? = nil) {
    self.operation = operation
    self.path = path
    self.code = code
    ownReason = nil
    self.remedy = remedy ?? Self.remedy(for: code)
  }

  package init(_ operation: Operation, path: String, reason: String, remedy: String) {
    self.operation = operation
    self.path = path
    code = 0
    ownReason = reason
    self.remedy = remedy
  }

  package var description: String {
    let number = ownReason == nil ? " (errno \(code))" : ""
    return "cannot \(operation.rawValue) \(path): \(reason)\(number); \(remedy)"
  }

  /// Why it did not work, in words (strerror(3)).
  package var reason: String {
    ownReason ?? strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }

  private static func remedy(for code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: "make room on the file system or shorten audit.retention; nothing is lost meanwhile"
    case EROFS: "remount the file system read-write"
    case EACCES, EPERM: "give the user that runs mailtrail the directory and its files (directories 0750, files 0640)"
    case ELOOP, ENOTDIR, EEXIST, EISDIR, ENXIO:
      "a symbolic link or another foreign object stands in the way: move it aside, links are never followed"
    case EIO: "check the disk (kernel log, smartctl): the data was not stored and will be written again"
    case EMFILE, ENFILE: "raise LimitNOFILE of the unit"
    case ENOENT: "create the directory, or correct its path in mailtrail.yaml"
    default: "see the system journal for the cause"
    }
  }
}
