import Glibc
import Platform

/// A text log that is open for reading. Closes its descriptor at its end.
final class TextLogFile {
  /// Which file this is; nil for standard input and other pipes.
  struct Identity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  let path: String
  let identity: Identity?
  let compression: Compression
  private let descriptor: Int32
  /// What was read from a pipe to look at it.
  private let ahead: [UInt8]
  /// How its bytes are cut, once its format is known.
  var framing = TextLogFormat.syslog.framing

  /// The name of standard input on the command line.
  static let standardInput = "-"

  /// Opens a log and makes sure that it is one.
  ///
  /// - Parameter isFollowed: whether it is read for as long as it grows; then its owner must be a system's too.
  init(path: String, isFollowed: Bool) throws(JournalError) {
    self.path = path
    if path == Self.standardInput {
      descriptor = dup(STDIN_FILENO)
      guard descriptor >= 0 else { throw Self.unreadable("standard input", errno) }
      identity = nil
      ahead = try Self.firstBytes(ofPipe: descriptor)
      compression = try Compression(firstBytes: ahead, of: path)
      return
    }
    // Opening a FIFO would wait for its writer.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
    ahead = []
    do {
      identity = try Self.check(descriptor, path, isFollowed: isFollowed)
      let bytes = Self.bytes(of: descriptor, count: 6)
      compression = try Compression(firstBytes: bytes, of: path)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  // MARK: What it is

  private static func check(
    _ descriptor: Int32, _ path: String, isFollowed: Bool
  ) throws(JournalError) -> Identity {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw unfit(path, "it is a directory", "name the files in it")
    case S_IFIFO: throw unfit(path, "it is a FIFO, which has no past to read again", "name a regular file, or give -")
    default: throw unfit(path, "it is no regular file", "name a regular file")
    }
    guard status.st_mode & S_IWOTH == 0 else {
      throw unfit(path, "everybody may write to it, so nothing in it can be believed", "chmod o-w \(path)")
    }
    guard !isFollowed || !isOrdinaryUser(status.st_uid) else {
      throw unfit(
        path, "it belongs to the ordinary user \(status.st_uid), who can write into it what he likes",
        "let root or the daemon's user own it")
    }
    if isFollowed { try checkDirectory(of: path) }
    return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Who may write to the directory can put another file in the log's place.
  private static func checkDirectory(of path: String) throws(JournalError) {
    let directory = StoredTextLogs.split(path).directory
    var status = stat()
    guard stat(directory, &status) == 0, status.st_mode & S_IWOTH != 0, status.st_mode & S_ISVTX == 0 else { return }
    throw unfit(
      path, "everybody may put another file in its place in \(directory)", "chmod o-w \(directory)")
  }

  /// The range of login.defs(5). In the unit's user namespace all users but root and our own are seen as nobody.
  private static func isOrdinaryUser(_ user: uid_t) -> Bool { (1000...59_999).contains(user) && user != geteuid() }

  private static func unreadable(_ path: String, _ code: Int32) -> JournalError {
    JournalError(
      operation: "cannot open the text log", subject: path, code: code,
      remedy: code == EACCES
        ? "let the user that runs mailtrail read it: a group in SupplementaryGroups=, or setfacl(1)" : "")
  }

  private static func unfit(_ path: String, _ detail: String, _ remedy: String) -> JournalError {
    JournalError(operation: "cannot read the text log", subject: path, detail: detail, remedy: remedy)
  }

  /// The identity of the file that a path names; nil when there is none.
  static func identity(ofPath path: String) -> Identity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// The size in bytes, as it lies on the disk.
  var size: UInt64 { status.map { UInt64($0.st_size) } ?? 0 }

  /// When it was last written to, microseconds since 1970; of a pipe now.
  var modified: UInt64 {
    guard let time = status?.st_mtim, identity != nil else { return SystemClock.realtime() }
    return UInt64(max(0, time.tv_sec)) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }

  private var status: stat? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status : nil
  }

  /// See `LogWatch.watch(file:)`.
  func watch(by watch: LogWatch) -> Int32 { watch.watch(file: descriptor) }

  // MARK: Reading

  /// Reads from the start or, of a plain file, from an offset. A pipe can be read once.
  func makeReader(at offset: UInt64 = 0) throws(JournalError) -> LineReader {
    if identity == nil {
      let plain = PlainBytes(pipe: descriptor, path: path, ahead: ahead)
      let bytes: any TextLogBytes =
        compression == .none ? plain : try DecompressedBytes(compression, source: plain, path: path)
      return LineReader(bytes, path: path, framing: framing)
    }
    if compression == .none {
      let reader = LineReader(
        PlainBytes(descriptor: descriptor, path: path, offset: offset), path: path, framing: framing)
      reader.begin(
        at: offset, head: Self.bytes(of: descriptor, count: Int(min(offset, UInt64(LineReader.headLimit)))))
      return reader
    }
    let plain = PlainBytes(descriptor: descriptor, path: path, offset: 0)
    let bytes = try DecompressedBytes(compression, source: plain, path: path)
    let reader = LineReader(bytes, path: path, framing: framing)
    let (skipped, head) = try Self.skip(offset, of: bytes)
    guard skipped == offset else {
      throw JournalError(
        operation: "cannot read on in", subject: path, detail: "it has \(skipped) bytes and \(offset) were read before")
    }
    reader.begin(at: offset, head: head)
    return reader
  }

  /// The first bytes of the log, decompressed; fewer where it is shorter.
  func head(count: Int) throws(JournalError) -> [UInt8] {
    if identity == nil { return compression == .none ? Array(ahead.prefix(count)) : [] }
    if compression == .none { return Self.bytes(of: descriptor, count: count) }
    let plain = PlainBytes(descriptor: descriptor, path: path, offset: 0)
    let bytes = try DecompressedBytes(compression, source: plain, path: path)
    return try Self.read(count, of: bytes)
  }

  private static func read(_ count: Int, of bytes: any TextLogBytes) throws(JournalError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 16)
    defer { buffer.deallocate() }
    var filled = 0
    while filled < count {
      let part = try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<count]))
      if part == 0 { break }
      filled += part
    }
    return Array(buffer[..<filled])
  }

  private static func skip(
    _ count: UInt64, of bytes: any TextLogBytes
  ) throws(JournalError) -> (skipped: UInt64, head: [UInt8]) {
    let head = try read(Int(min(count, UInt64(LineReader.headLimit))), of: bytes)
    var skipped = UInt64(head.count)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    defer { buffer.deallocate() }
    while skipped < count {
      let wanted = Int(min(count - skipped, UInt64(buffer.count)))
      let part = try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
      if part == 0 { break }
      skipped += UInt64(part)
    }
    return (skipped, head)
  }

  private static func bytes(of descriptor: Int32, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let filled = pread(descriptor, &bytes, count, 0)
    return Array(bytes.prefix(max(0, filled)))
  }

  /// Waits for a pipe's first line.
  private static func firstBytes(ofPipe descriptor: Int32) throws(JournalError) -> [UInt8] {
    let pipe = PlainBytes(pipe: descriptor, path: "standard input")
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    defer { buffer.deallocate() }
    var filled = 0
    while filled < 6 || !buffer[..<filled].contains(10), filled < buffer.count {
      let count = try pipe.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return Array(buffer[..<filled])
  }
}
