import AuditFiles
import AuditModel
import Glibc
import Platform

/// Appends a batch to its files and makes them durable, or leaves every file as long as it was.
struct BatchWriter {
  /// One file of the batch.
  struct Target {
    var path: TrailPath
    var day: Day
    /// Indices of its lines in the batch's order.
    var lines: Range<Int>
    /// The file's length before the batch.
    var length = 0
    /// Kept open between measuring and writing when there are few files.
    var file: FileDescriptor?
  }

  var walker: TreeWalker
  /// One syncfs(2) instead of one fdatasync(2) a file.
  var synchronizesFileSystem: Bool
  private let root: Directory
  /// Files that a failed batch left longer than they may be, with the length they must have.
  private var unrepaired: [(path: TrailPath, day: Day, length: Int)] = []

  /// Files open at a time: far below the 1,024 descriptors that a unit has by default.
  private static let maximumOpenFiles = 256
  private static let threads = 8
  private static let writingThreads = 4

  init(root: Directory, synchronizesFileSystem: Bool) {
    self.root = root
    self.synchronizesFileSystem = synchronizesFileSystem
    walker = TreeWalker(root: root)
  }

  private var calls: SystemCalls { root.calls }

  /// Finds out how long the files of a batch are; files that are missing stay missing.
  mutating func measure(_ files: [PendingLines.File]) throws(FileError) -> [Target] {
    try repair()
    walker.forget()
    var targets: [Target] = []
    targets.reserveCapacity(files.count)
    for file in files {
      var target = Target(path: file.path, day: file.day, lines: file.lines)
      if let (descriptor, length) = try walker.open(file.path, file.day, create: false) {
        target.length = try endLine(of: descriptor, length, target)
        if files.count <= Self.maximumOpenFiles { target.file = descriptor }
      }
      targets.append(target)
    }
    return targets
  }

  /// Appends the lines and makes them durable; after an error the files are as they were measured.
  mutating func writeDurably(
    _ targets: [Target], _ lines: PendingLines, _ order: [Int32]
  ) throws(FileError) {
    walker.forget()
    var attempted = 0
    do {
      var open: [(FileDescriptor, Target)] = []
      for target in targets {
        let file = try openForAppend(target)
        attempted += 1
        try append(lines, order[target.lines], to: file, target)
        if synchronizesFileSystem { continue }
        open.append((file, target))
        if open.count == Self.maximumOpenFiles {
          try synchronize(open)
          open = []
        }
      }
      try synchronize(open)
      try synchronizeNames(wholeFileSystem: synchronizesFileSystem)
    } catch {
      takeBack(targets[..<attempted])
      throw error
    }
  }

  /// Appends the lines only; the kernel writes them back when it likes.
  ///
  /// With many files the time goes into opening them, which several threads do side by side.
  mutating func write(_ files: [PendingLines.File], _ lines: PendingLines, _ order: [Int32]) throws(FileError) {
    try repair()
    let threads = max(1, min(Self.writingThreads, files.count / 1000))
    let writer = self
    let shares = ParallelWork.map(threads: threads) { number in
      let range = files.count * number / threads..<files.count * (number + 1) / threads
      return writer.writeShare(files[range], lines, order)
    }
    for share in shares { walker.unsynchronized.formUnion(share.unsynchronized) }
    if let error = shares.lazy.compactMap(\.error).first {
      takeBack(shares.flatMap(\.attempted)[...])
      throw error
    }
  }

  private struct WrittenShare: Sendable {
    var attempted: [Target] = []
    var unsynchronized: Set<String> = []
    var error: FileError?
  }

  private func writeShare(
    _ files: ArraySlice<PendingLines.File>, _ lines: PendingLines, _ order: [Int32]
  ) -> WrittenShare {
    var share = WrittenShare()
    var walker = TreeWalker(root: root)
    do {
      for file in files {
        var target = Target(path: file.path, day: file.day, lines: file.lines)
        let (descriptor, length) = try createOrOpen(target, &walker)
        target.length = try endLine(of: descriptor, length, target)
        share.attempted.append(target)
        try append(lines, order[target.lines], to: descriptor, target)
      }
    } catch {
      share.error = error
    }
    share.unsynchronized = walker.unsynchronized
    return share
  }

  /// Makes files durable that were written before, and the names that are new.
  mutating func synchronize(
    _ files: [(path: TrailPath, day: Day)], wholeFileSystem: Bool
  ) throws(FileError) {
    let wholeFileSystem = wholeFileSystem || synchronizesFileSystem
    if !wholeFileSystem {
      let root = root
      try ParallelWork.run(count: files.count, threads: Self.threads) { (index) throws(FileError) in
        try Self.synchronize(files[index].path, files[index].day, in: root)
      }
    }
    try synchronizeNames(wholeFileSystem: wholeFileSystem)
  }

  private static func synchronize(_ path: TrailPath, _ day: Day, in root: Directory) throws(FileError) {
    var walker = TreeWalker(root: root)
    // One that was removed meanwhile needs nothing.
    guard let (file, _) = try walker.open(path, day, create: false) else { return }
    let result = root.calls.synchronizeData(file.number)
    if result < 0 { throw FileError(.synchronize, path: root.path + "/" + path.file(of: day), code: -result) }
  }

  // MARK: Parts

  private func name(_ target: Target) -> String { root.path + "/" + target.path.file(of: target.day) }

  private mutating func openForAppend(_ target: Target) throws(FileError) -> FileDescriptor {
    if let file = target.file, let status = file.status(), status.st_nlink > 0 { return file }
    return try createOrOpen(target, &walker).0
  }

  private func createOrOpen(
    _ target: Target, _ walker: inout TreeWalker
  ) throws(FileError) -> (FileDescriptor, length: Int) {
    guard let opened = try walker.open(target.path, target.day, create: true) else {
      throw FileError(.open, path: name(target), code: ENOENT)
    }
    return opened
  }

  /// Ends a line that something else left without an end, so that ours begins a new one; the length then.
  private func endLine(of file: FileDescriptor, _ length: Int, _ target: Target) throws(FileError) -> Int {
    guard length > 0 else { return 0 }
    var last: UInt8 = 0
    let count = withUnsafeMutableBytes(of: &last) { file.read(at: length - 1, into: $0) }
    if count < 0 { throw FileError(.read, path: name(target), code: Int32(-count)) }
    if count == 0 || last == 10 { return length }
    let result = withUnsafeBytes(of: UInt8(10)) { calls.write(file.number, $0) }
    if result < 0 { throw FileError(.append, path: name(target), code: Int32(-result)) }
    return length + 1
  }

  private func append(
    _ lines: PendingLines, _ indices: ArraySlice<Int32>, to file: FileDescriptor, _ target: Target
  ) throws(FileError) {
    try lines.forEachPiece(indices) { (piece) throws(FileError) in
      var rest = piece
      while !rest.isEmpty {
        let result = calls.write(file.number, rest)
        if result < 0 { throw FileError(.append, path: name(target), code: Int32(-result)) }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(result))
      }
    }
  }

  private func synchronize(_ files: [(FileDescriptor, Target)]) throws(FileError) {
    // All begin to be written before the first is waited for: they then share the file system's transactions.
    let calls = calls
    if files.count > 1 { for (file, _) in files { calls.startWriteback(file.number) } }
    let root = root
    try ParallelWork.run(count: files.count, threads: Self.threads) { (index) throws(FileError) in
      let (file, target) = files[index]
      let result = calls.synchronizeData(file.number)
      if result < 0 {
        throw FileError(.synchronize, path: root.path + "/" + target.path.file(of: target.day), code: -result)
      }
    }
  }

  /// Makes new directory entries durable; with syncfs, everything.
  private mutating func synchronizeNames(wholeFileSystem: Bool) throws(FileError) {
    if wholeFileSystem {
      let result = calls.synchronizeFileSystem(root.descriptor.number)
      if result < 0 { throw FileError(.synchronize, path: root.path, code: -result) }
    } else {
      let directories = walker.unsynchronized.sorted()
      let walker = walker
      try ParallelWork.run(count: directories.count, threads: Self.threads) { (index) throws(FileError) in
        try walker.synchronizeDirectory(directories[index])
      }
    }
    walker.unsynchronized = []
  }

  /// After a failed write or sync. A failed sync leaves pages that look written but are not on the disk; only pages
  /// that are written anew are tried again, so the lines are taken back here and come with the next commit.
  private mutating func takeBack(_ targets: ArraySlice<Target>) {
    unrepaired += targets.map { ($0.path, $0.day, $0.length) }
    // Should this fail too, it is done before anything is written again.
    try? repair()
  }

  /// Cuts what failed batches left.
  mutating func repair() throws(FileError) {
    walker.forget()
    while let (path, day, length) = unrepaired.last {
      if let (file, current) = try walker.open(path, day, create: false), current > length {
        let result = calls.truncate(file.number, to: length)
        if result < 0 { throw FileError(.truncate, path: root.path + "/" + path.file(of: day), code: -result) }
      }
      unrepaired.removeLast()
    }
  }
}
