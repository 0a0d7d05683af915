import AuditFiles
import AuditModel
import Glibc
import Platform

/// The seals of a tree, in `_seals/SEAL-YYMMDD.log`, as their one writer sees them.
struct SealLog {
  private let root: Directory
  private(set) var last: Seal?
  /// Bytes of a seal without its closing line that were cut at the start.
  private(set) var bytesCut = 0
  /// The file that the last seal is in; seals never go into an earlier one, so that their order is that of the names.
  private var day: Day?

  init(root: Directory) { self.root = root }

  /// Finds the last seal and cuts what an unfinished one left behind it.
  mutating func recover() throws(FileError) {
    guard let directory = try root.directory(SealFiles.directoryName) else { return }
    for day in try SealFiles.days(in: root).reversed() {
      let name = SealFiles.fileName(day)
      guard let (file, length) = try directory.file(name, flags: O_RDWR) else { continue }
      var sound = 0
      try LineScanner(file, path: directory.path + "/" + name).backward(from: length) { line in
        guard line.isWhole, case .closing(let seal)? = SealLine(line.bytes) else { return true }
        last = seal
        sound = line.end
        return false
      }
      if sound < length {
        let result = root.calls.truncate(file.number, to: sound)
        if result < 0 { throw directory.error(.truncate, name, -result) }
        bytesCut += length - sound
      }
      self.day = self.day ?? day
      if last != nil { return }
    }
  }

  /// Writes a seal over the files that `body` hands out and makes it durable; nil, and nothing written, for no files.
  ///
  /// After an error the log is as it was, or is cut before the next seal.
  mutating func append(
    at time: UInt64, on today: Day, _ body: ((SealedFile) throws(FileError) -> Void) throws(FileError) -> Void
  ) throws(FileError) -> Seal? {
    let day = max(today, self.day ?? today)
    let name = SealFiles.fileName(day)
    let directory = try openDirectory()
    let (file, start, isNew) = try openLog(name, in: directory)
    var seal = Seal(
      number: (last?.number ?? 0) + 1, time: time, files: 0, previous: last?.root ?? .zero, root: .zero)
    let output = SealOutput(file, offset: start, path: directory.path + "/" + name, calls: root.calls)
    do throws(FileError) {
      try body { (file) throws(FileError) in
        seal.files += 1
        try output.add(SealLine.file(file, seal: seal.number).bytes)
      }
      guard seal.files > 0 else { return nil }
      try output.add(SealLine.closingHead(seal))
      seal.root = output.hash
      try output.add(Array(#","root":"\#(seal.root)"}"#.utf8) + [10])
      try output.synchronize()
      if isNew {
        let result = root.calls.synchronizeDirectory(directory.descriptor.number)
        if result < 0 { throw directory.error(.synchronize, ".", -result) }
      }
    } catch {
      _ = root.calls.truncate(file.number, to: start)
      throw error
    }
    (last, self.day) = (seal, day)
    return seal
  }

  /// Removes logs of days before the given one, but for the newest, on which the next seal builds.
  static func removeExpired(before firstKept: Day, in root: Directory) throws(FileError) {
    guard let directory = try root.directory(SealFiles.directoryName) else { return }
    for day in try SealFiles.days(in: root).dropLast() where day < firstKept {
      _ = try directory.remove(SealFiles.fileName(day), isDirectory: false)
    }
  }

  private func openDirectory() throws(FileError) -> Directory {
    if let directory = try root.directory(SealFiles.directoryName) { return directory }
    try root.makeDirectory(SealFiles.directoryName)
    let result = root.calls.synchronizeDirectory(root.descriptor.number)
    if result < 0 { throw root.error(.synchronize, ".", -result) }
    guard let directory = try root.directory(SealFiles.directoryName) else {
      throw root.error(.open, SealFiles.directoryName, ENOENT)
    }
    return directory
  }

  /// Opens a log and cuts what a failed seal left.
  private func openLog(
    _ name: String, in directory: Directory
  ) throws(FileError) -> (FileDescriptor, length: Int, isNew: Bool) {
    guard let (file, length) = try directory.file(name, flags: O_RDWR | O_CREAT, mode: 0o640) else {
      throw directory.error(.open, name, ENOENT)
    }
    var sound = length
    try LineScanner(file, path: directory.path + "/" + name).backward(from: length) { line in
      if line.isWhole, case .closing? = SealLine(line.bytes) { return false }
      sound = line.offset
      return true
    }
    if sound < length {
      let result = root.calls.truncate(file.number, to: sound)
      if result < 0 { throw directory.error(.truncate, name, -result) }
    }
    return (file, sound, length == 0)
  }
}

/// The bytes of a seal on their way into its log, hashed as they go.
private final class SealOutput {
  private let file: FileDescriptor
  private let path: String
  private let calls: SystemCalls
  private var offset: Int
  private var hasher = ChainHasher()
  private var buffer: [UInt8] = []

  init(_ file: FileDescriptor, offset: Int, path: String, calls: SystemCalls) {
    self.file = file
    self.offset = offset
    self.path = path
    self.calls = calls
  }

  /// The hash of what was added so far.
  var hash: ChainHash { hasher.finish() }

  func add(_ bytes: [UInt8]) throws(FileError) {
    hasher.add(bytes[...])
    buffer += bytes
    if buffer.count >= 1 << 16 { try flush() }
  }

  func synchronize() throws(FileError) {
    try flush()
    let result = calls.synchronizeData(file.number)
    if result < 0 { throw FileError(.synchronize, path: path, code: -result) }
  }

  private func flush() throws(FileError) {
    var done = 0
    while done < buffer.count {
      let result = buffer.withUnsafeBytes {
        calls.overwrite(file.number, UnsafeRawBufferPointer(rebasing: $0[done...]), at: offset)
      }
      if result < 0 { throw FileError(.write, path: path, code: Int32(-result)) }
      done += result
      offset += result
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
