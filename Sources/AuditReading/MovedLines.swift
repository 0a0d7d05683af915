import AuditFiles
import AuditModel
import Glibc
import Platform

/// The day files of a trail as they were before its records were moved into other trails, restored from there.
package struct MovedLines {
  /// Where a line ended in the day file, and its hash: what a seal would say of the file there.
  package struct End: Hashable {
    package var length: Int
    package var head: ChainHash

    package init(length: Int, head: ChainHash) { (self.length, self.head) = (length, head) }
  }

  private let root: Directory

  /// Opens a tree; throws a `FileError` when it does not exist or is a symbolic link.
  package init(root path: String) throws(FileError) { self.init(root: try Directory.open(path)) }

  init(root: Directory) { self.root = root }

  /// The ends of all lines that a trail had in the file of a day and that are in the other trail's file now.
  ///
  /// A hash covers all lines in front of it where they are linked: an end is among these only if all of them are there
  /// as they were. Throws a `FileError` when the file cannot be read.
  package func ends(of trail: TrailPath, on day: Day, in target: TrailPath) throws(FileError) -> Set<End> {
    var walker = TreeWalker(root: root)
    guard let (file, _) = try walker.open(target, day, create: false, flags: O_RDONLY) else { return [] }
    var ends: Set<End> = []
    // One for each time that lines were moved from the trail, the latest first.
    var last: [End] = []
    try LineScanner(file, path: root.path + "/" + target.file(of: day)).forward(from: 0) { line in
      guard line.isWhole else { return true }
      for (number, restored) in Self.restored(line.bytes, to: trail).enumerated() {
        let end = Self.end(of: restored[...], after: number < last.count ? last[number] : nil)
        ends.insert(end)
        if number < last.count { last[number] = end } else { last.append(end) }
      }
      return true
    }
    return ends
  }

  /// Where a line ended that was restored. A file's first line, also of one that was begun anew after the other was moved,
  /// is linked to no line of the file.
  private static func end(of line: ArraySlice<UInt8>, after last: End?) -> End {
    let link = RecordLink.read(line)
    let start = link == nil || link == last?.head ? last?.length ?? 0 : 0
    return End(length: start + line.count + 1, head: ChainHash(of: line))
  }

  /// A line as it was in a trail each time before it was moved from there, the last time first.
  private static func restored(_ line: ArraySlice<UInt8>, to trail: TrailPath) -> [[UInt8]] {
    var (line, found) = (line, [[UInt8]]())
    while let (origin, restored) = RecordOrigin.last(of: line) {
      if origin == trail.directory { found.append(restored) }
      line = restored[...]
    }
    return found
  }
}
