import AuditFiles
import AuditModel
import Platform

/// Puts the chain into a batch of lines, and remembers the last hash of the files that are written to.
///
/// The links depend on the order in which the events came, not on how they were cut into batches: a replay chains as
/// the collector did. What is remembered counts only when the batch is written (`acceptLinks`).
struct ChainHeads {
  /// A file and the hash of its last line.
  struct Head: Hashable {
    var day: Day
    var hash: ChainHash
  }

  /// A batch with its links.
  struct Batch {
    var lines: PendingLines
    /// The last hash of each file, by its index in `lines.keys`.
    fileprivate(set) var heads: [ChainHash]
    /// The newest file of each trail of the batch.
    fileprivate var newest: [TrailOwner: Head]
  }

  private let root: Directory
  /// The newest file of each trail; a trail that is known to have none is not kept.
  private var newest: [TrailOwner: Head] = [:]
  /// Files that are not their trail's newest: events that come late.
  private var earlier: [PendingLines.Key: ChainHash] = [:]
  /// Beyond it everything is read again where it is wanted; some 30 MB.
  private static let maximumCount = 200_000

  init(root: Directory) { self.root = root }

  /// Forgets everything: it is read from the files again.
  mutating func forget() { (newest, earlier) = ([:], [:]) }

  /// Links the lines; nothing is remembered yet.
  func chain(_ lines: PendingLines) throws(FileError) -> Batch {
    let pass = Pass(heads: self, keys: lines.keys)
    let chained = try lines.chained(from: pass.start, added: pass.add)
    return Batch(lines: chained, heads: pass.current.map { $0 ?? .zero }, newest: pass.newestOfBatch)
  }

  /// Remembers a batch that was written.
  mutating func acceptLinks(of batch: Batch) {
    if newest.count + earlier.count + batch.heads.count > Self.maximumCount { forget() }
    newest.merge(batch.newest) { _, new in new }
    for (key, head) in zip(batch.lines.keys, batch.heads) {
      if batch.newest[key.owner]?.day == key.day { earlier[key] = nil } else { earlier[key] = head }
    }
  }

  /// One batch's way through the lines.
  private final class Pass {
    let heads: ChainHeads
    let keys: [PendingLines.Key]
    /// By file: the hash of the last line so far; nil before the first.
    var current: [ChainHash?]
    /// By file: the index of its trail in `trails`.
    private var trailOfFile: [Int] = []
    private var trails: [Head?] = []
    private var isLoaded: [Bool] = []
    private var walker: TreeWalker

    init(heads: ChainHeads, keys: [PendingLines.Key]) {
      self.heads = heads
      self.keys = keys
      current = Array(repeating: nil, count: keys.count)
      walker = TreeWalker(root: heads.root)
      var indices: [TrailOwner: Int] = [:]
      for key in keys {
        let index = indices[key.owner] ?? indices.count
        indices[key.owner] = index
        trailOfFile.append(index)
      }
      trails = Array(repeating: nil, count: indices.count)
      isLoaded = Array(repeating: false, count: indices.count)
    }

    var newestOfBatch: [TrailOwner: Head] {
      var result: [TrailOwner: Head] = [:]
      for (file, key) in keys.enumerated() { result[key.owner] = trails[trailOfFile[file]] }
      return result
    }

    func add(_ file: Int, _ hash: ChainHash) {
      current[file] = hash
      let trail = trailOfFile[file]
      if let newest = trails[trail], newest.day > keys[file].day { return }
      trails[trail] = Head(day: keys[file].day, hash: hash)
    }

    /// The hash in front of the file's first line in this batch.
    func start(of file: Int) throws(FileError) -> ChainHash {
      let key = keys[file]
      let trail = trailOfFile[file]
      if !isLoaded[trail] {
        isLoaded[trail] = true
        if let known = heads.newest[key.owner] {
          trails[trail] = known
        } else {
          trails[trail] = try newestOnDisk(key.owner, before: nil)
        }
      }
      guard let newest = trails[trail] else { return try beginning(of: key.owner) }
      if newest.day <= key.day { return newest.hash }
      return try late(key)
    }

    /// In front of an event of a day before the trail's newest.
    private func late(_ key: PendingLines.Key) throws(FileError) -> ChainHash {
      if let hash = heads.earlier[key] { return hash }
      let path = TrailPath(key.owner)
      if let directory = try walker.directory(path, create: false),
        let line = try TrailHead.lastLine(directory, key.day)
      {
        return ChainHash(of: line)
      }
      // A new file between others. The one before it may be of this batch, and then is not on the disk as it will be.
      var before = try newestOnDisk(key.owner, before: key.day)
      for (file, other) in keys.enumerated() where other.owner == key.owner && other.day < key.day {
        guard let hash = current[file], other.day >= before?.day ?? other.day else { continue }
        before = Head(day: other.day, hash: hash)
      }
      if let before { return before.hash }
      return try beginning(of: key.owner)
    }

    /// The newest file with a line in it.
    private func newestOnDisk(_ owner: TrailOwner, before limit: Day?) throws(FileError) -> Head? {
      guard let directory = try walker.directory(TrailPath(owner), create: false) else { return nil }
      let days = try directory.names().compactMap(Day.init(fileName:)).filter { day in limit.map { day < $0 } ?? true }
      for day in days.sorted(by: >) where directory.isFile(day.fileName) {
        if let line = try TrailHead.lastLine(directory, day) { return Head(day: day, hash: ChainHash(of: line)) }
      }
      return nil
    }

    private func beginning(of owner: TrailOwner) throws(FileError) -> ChainHash {
      let path = TrailPath(owner)
      if let directory = try walker.directory(path, create: false),
        case .head(let hash) = try TrailHead.read(in: directory)
      {
        return hash
      }
      return TrailHead.beginning(of: path)
    }
  }
}
