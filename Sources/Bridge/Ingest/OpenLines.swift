import Glibc
import Platform

/// The lines that were taken and are not durable yet, in a file of the state directory, for the case that this program
/// is killed.
///
/// rsyslog (action.c, `doTransaction`, in 8.2302) sends again only the message during which the program died, not the
/// ones of the same transaction before it; syslog-ng's program() sends nothing again. So each line is kept before it is
/// answered. Written and not synchronized: what the kernel has outlives the program, and where the whole machine falls
/// the syslog daemon's memory is lost with it.
final class OpenLines {
  private let path: String
  private let file: Int32
  private let log: Log
  private var length = 0
  private var hasFailed = false

  /// More than a syslog daemon has on its way at a time. A line beyond it is only in memory.
  private static let limit = 64 << 20

  /// Opens the file, making it when there is none. Where it cannot be opened nothing is kept, which is reported.
  init(directory: String, log: Log) {
    path = directory + "/open-lines"
    self.log = log
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
    if file < 0 { fail() }
  }

  deinit { if file >= 0 { close(file) } }

  /// A line of an earlier program.
  struct Line {
    var bytes: [UInt8]
    /// Whether it was cut.
    var isCut: Bool
  }

  /// The lines that an earlier program left, oldest first; they are kept on.
  func takeUp() -> [Line] {
    guard file >= 0 else { return [] }
    let bytes: [UInt8]
    do { bytes = try InputFile.contents(of: path) } catch {
      log.error(error, consequence: "the lines that an earlier run had not written are lost")
      return []
    }
    var lines: [Line] = []
    var kept = 0
    while let end = bytes[kept...].firstIndex(of: UInt8(ascii: "\n")), let flag = Flag(rawValue: bytes[kept]) {
      lines.append(Line(bytes: Array(bytes[(kept + 1)..<end]), isCut: flag == .cut))
      kept = end + 1
    }
    // The rest is half a line, or what a power cut left.
    length = kept
    if ftruncate(file, off_t(kept)) != 0 { fail() }
    return lines
  }

  /// What stands in front of a line.
  private enum Flag: UInt8 {
    case whole = 0x2d
    case cut = 0x2b
  }

  func append(_ line: UnsafeRawBufferPointer, isCut: Bool) {
    guard file >= 0, !hasFailed, length + line.count < Self.limit else { return }
    var (flag, end) = ((isCut ? Flag.cut : .whole).rawValue, UInt8(ascii: "\n"))
    let count = withUnsafeMutablePointer(to: &flag) { flag in
      withUnsafeMutablePointer(to: &end) { end in
        let parts = [
          iovec(iov_base: flag, iov_len: 1),
          iovec(iov_base: UnsafeMutableRawPointer(mutating: line.baseAddress), iov_len: line.count),
          iovec(iov_base: end, iov_len: 1),
        ]
        return pwritev(file, parts, Int32(parts.count), off_t(length))
      }
    }
    // Half a line is written over by the next.
    if count == line.count + 2 { length += count } else { fail() }
  }

  /// All that was taken is durable.
  func clear() {
    guard file >= 0 else { return }
    if length > 0, ftruncate(file, 0) != 0 { return fail() }
    (length, hasFailed) = (0, false)
  }

  /// Says it once, until it works again.
  private func fail() {
    if !hasFailed {
      log.warning(
        "\(path): \(String(cString: strerror(errno))); should this program be killed, the last lines may be lost")
    }
    hasFailed = true
  }
}
