import CLinux
import Glibc

/// What `print` writes.
package enum StandardOutput {
  /// Writes out what is buffered: for the end of a program, whose answer may be cut off otherwise without a word.
  ///
  /// - Returns: the error number where not all was written, as for a full disk; nil when all was. Nobody being left to
  ///   read is no error.
  package static func finish() -> CInt? {
    guard mailtrail_finish_standard_output() != 0, errno != EPIPE else { return nil }
    return errno
  }
}
