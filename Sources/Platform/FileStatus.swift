import Glibc

extension stat {
  package var isRegular: Bool { st_mode & S_IFMT == S_IFREG }

  /// When the file was written to, microseconds since 1970; as far as the number goes, for whatever time somebody set.
  package var changeTime: UInt64 {
    let (seconds, isTooLate) = UInt64(clamping: st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000)
    let (time, isOver) = seconds.addingReportingOverflow(UInt64(clamping: st_mtim.tv_nsec / 1000))
    return isTooLate || isOver ? .max : time
  }
}

/// What a file is known by as long as nobody writes to it: file system, inode, length and both of its times (stat(2)).
package enum FileStamp {
  /// A line without blanks at its ends; nil where there is no such file.
  package static func stamp(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return [
      "\(status.st_dev)", "\(status.st_ino)", "\(status.st_size)", "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)",
      "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)",
    ].joined(separator: " ")
  }
}
