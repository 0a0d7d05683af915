import AuditFiles
import AuditModel
import Glibc
import Platform

/// Which day files changed since the last seal, and the sealing of them.
struct TreeSealer {
  private struct File: Hashable, Comparable {
    var trail: TrailPath
    var day: Day

    static func < (left: File, right: File) -> Bool {
      left.trail != right.trail ? left.trail < right.trail : left.day < right.day
    }
  }

  private let root: Directory
  private var log: SealLog
  /// The last hashes of what this run wrote. They, not what the files say by then, are sealed.
  private var heads: [File: ChainHash] = [:]
  /// Whether files may have changed that this run did not write: at the start, and until a seal has come of it.
  private var mustWalk = true

  /// File systems keep times by a clock that ticks; a file sealed once more does no harm.
  private static let tolerance: UInt64 = 2_000_000

  init(root: Directory) {
    self.root = root
    log = SealLog(root: root)
  }

  var last: Seal? { log.last }
  var bytesCut: Int { log.bytesCut }

  mutating func recover() throws(FileError) { try log.recover() }

  /// Takes the ends of files that are durable now.
  mutating func add(_ batch: ChainHeads.Batch) {
    for (key, head) in zip(batch.lines.keys, batch.heads) {
      heads[File(trail: TrailPath(key.owner), day: key.day)] = head
    }
  }

  /// Seals what changed; nil when nothing did.
  mutating func seal(at time: UInt64, on today: Day) throws(FileError) -> Seal? {
    guard mustWalk || !heads.isEmpty else { return nil }
    let (root, heads, since) = (root, heads, mustWalk ? log.last?.time ?? 0 : nil)
    let seal = try log.append(at: time, on: today) {
      (add: (SealedFile) throws(FileError) -> Void) throws(FileError) in
      if let since { return try Self.walk(root, heads, since: since, add) }
      for file in heads.keys.sorted() { if let sealed = try Self.sealed(file, heads[file], root) { try add(sealed) } }
    }
    self.heads = [:]
    mustWalk = false
    return seal
  }

  /// All files that were changed at or after a time, or are known to have changed.
  private static func walk(
    _ root: Directory, _ heads: [File: ChainHash], since: UInt64, _ add: (SealedFile) throws(FileError) -> Void
  ) throws(FileError) {
    for trail in try TrailListing(root: root).trails() {
      var walker = TreeWalker(root: root)
      guard let directory = try walker.directory(trail, create: false) else { continue }
      for day in try directory.names().compactMap(Day.init(fileName:)).sorted() {
        let file = File(trail: trail, day: day)
        let head = heads[file]
        guard head != nil || (directory.changeTime(day.fileName) ?? 0) + tolerance >= since else { continue }
        if let sealed = try sealed(file, head, root) { try add(sealed) }
      }
    }
  }

  private static func sealed(
    _ file: File, _ head: ChainHash?, _ root: Directory
  ) throws(FileError) -> SealedFile? {
    var walker = TreeWalker(root: root)
    guard let (descriptor, length) = try walker.open(file.trail, file.day, create: false, flags: O_RDONLY), length > 0
    else { return nil }
    if let head { return SealedFile(trail: file.trail, day: file.day, length: length, head: head) }
    var sealed: SealedFile?
    let path = root.path + "/" + file.trail.file(of: file.day)
    try LineScanner(descriptor, path: path).backward(from: length) { line in
      guard line.isWhole else { return true }
      sealed = SealedFile(trail: file.trail, day: file.day, length: line.end, head: ChainHash(of: line.bytes))
      return false
    }
    return sealed
  }
}
