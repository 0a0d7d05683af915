import AuditModel
import Glibc
import Platform

/// The file `HEAD` in a trail's directory: the hash of the last line that the retention removed, so that the chain goes
/// on where it stopped. It is there only while the file behind that line was the newest to go.
package struct TrailHead {
  package static let fileName = "HEAD"

  /// What a trail's first line of all carries: the hash of the trail's path.
  package static func beginning(of trail: TrailPath) -> ChainHash { ChainHash(of: Array(trail.directory.utf8)[...]) }

  package enum Content: Hashable {
    case absent
    case head(ChainHash)
    /// Not 64 hexadecimal digits and a line end.
    case damaged
  }

  package static func read(in directory: Directory) throws(FileError) -> Content {
    guard let (file, length) = try directory.file(fileName, flags: O_RDONLY) else { return .absent }
    guard length == ChainHash.digitCount + 1 else { return .damaged }
    let bytes = try file.contents(path: directory.path + "/" + fileName, limit: length)
    guard bytes.last == 10, let hash = ChainHash(hexadecimal: bytes.dropLast()) else { return .damaged }
    return .head(hash)
  }

  package static func write(_ head: ChainHash, in directory: Directory) throws(FileError) {
    var bytes: [UInt8] = []
    head.append(to: &bytes)
    bytes.append(10)
    try directory.replace(fileName, with: bytes)
  }

  /// The last line of a day file that has one; nil when there is no such file or it is empty.
  package static func lastLine(_ directory: Directory, _ day: Day) throws(FileError) -> ArraySlice<UInt8>? {
    guard let (file, length) = try directory.file(day.fileName, flags: O_RDONLY), length > 0 else { return nil }
    var last: ArraySlice<UInt8>?
    try LineScanner(file, path: directory.path + "/" + day.fileName).backward(from: length) { line in
      last = line.bytes
      return false
    }
    return last
  }
}
