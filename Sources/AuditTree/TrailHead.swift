import AuditModel
import Glibc

/// The file `HEAD` in a trail's directory: the hash of the last line that the retention removed, so that the chain goes
/// on where it stopped. It is there only while the file behind that line was the newest to go.
struct TrailHead {
  static let fileName = "HEAD"
  private static let temporaryName = "HEAD.tmp"

  /// What a trail's first line of all carries: the hash of the trail's path.
  static func beginning(of trail: TrailPath) -> ChainHash { ChainHash(of: Array(trail.directory.utf8)[...]) }

  enum Content: Hashable {
    case absent
    case head(ChainHash)
    /// Not 64 hexadecimal digits and a line end.
    case damaged
  }

  static func read(in directory: Directory) throws(TreeError) -> Content {
    guard let (file, length) = try directory.file(fileName, flags: O_RDONLY) else { return .absent }
    guard length == ChainHash.digitCount + 1 else { return .damaged }
    let bytes = try file.contents(path: directory.path + "/" + fileName, limit: length)
    guard bytes.last == 10, let hash = ChainHash(hexadecimal: bytes.dropLast()) else { return .damaged }
    return .head(hash)
  }

  /// Replaces the file durably: temporary file, fsync, rename, fsync of the directory.
  static func write(_ head: ChainHash, in directory: Directory) throws(TreeError) {
    let calls = directory.calls
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    guard let (file, _) = try directory.file(temporaryName, flags: flags, mode: 0o640) else {
      throw directory.error(.open, temporaryName, ENOENT)
    }
    var bytes: [UInt8] = []
    head.append(to: &bytes)
    bytes.append(10)
    let written = bytes.withUnsafeBytes { calls.overwrite(file.number, $0, at: 0) }
    guard written == bytes.count else {
      throw directory.error(.write, temporaryName, written < 0 ? Int32(-written) : ENOSPC)
    }
    var result = calls.synchronizeData(file.number)
    if result < 0 { throw directory.error(.synchronize, temporaryName, -result) }
    result = calls.rename(directory.descriptor.number, temporaryName, to: fileName)
    if result < 0 { throw directory.error(.write, fileName, -result) }
    result = calls.synchronizeDirectory(directory.descriptor.number)
    if result < 0 { throw directory.error(.synchronize, ".", -result) }
  }

  /// The last line of a day file that has one; nil when there is no such file or it is empty.
  static func lastLine(_ directory: Directory, _ day: Day) throws(TreeError) -> ArraySlice<UInt8>? {
    guard let (file, length) = try directory.file(day.fileName, flags: O_RDONLY), length > 0 else { return nil }
    var last: ArraySlice<UInt8>?
    try LineScanner(file, path: directory.path + "/" + day.fileName).backward(from: length) { line in
      last = line.bytes
      return false
    }
    return last
  }
}
