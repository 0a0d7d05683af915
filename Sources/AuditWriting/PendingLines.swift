import AuditFiles
import AuditModel
import Platform

/// The lines that wait for a commit, encoded, in the order in which they came.
///
/// All of them lie in one buffer that keeps its room: an event costs no allocation.
struct PendingLines {
  /// One day of one owner: a file to be.
  struct Key: Hashable {
    var owner: TrailOwner
    var day: Day
  }

  private struct Line {
    var file: Int32
    var offset: Int32
    var length: Int32
  }

  /// Lines that go into one file, by their indices in `order`.
  struct File {
    var path: TrailPath
    var day: Day
    var lines: Range<Int>
  }

  private let encoder = RecordEncoder()
  private var buffer: [UInt8] = []
  private var lines: [Line] = []
  private(set) var keys: [Key] = []
  private var index: [Key: Int32] = [:]

  var isEmpty: Bool { lines.isEmpty }
  var byteCount: Int { buffer.count }
  var lineCount: Int { lines.count }

  mutating func append(_ event: AuditEvent, _ key: Key) {
    let start = buffer.count
    encoder.append(event, to: &buffer)
    end(key, start)
  }

  /// Takes a line as it is, given without its line end and without a link.
  mutating func append(_ record: [UInt8], _ key: Key) {
    let start = buffer.count
    buffer += record
    buffer.append(10)
    end(key, start)
  }

  private mutating func end(_ key: Key, _ start: Int) {
    let file: Int32
    if let known = index[key] {
      file = known
    } else {
      file = Int32(keys.count)
      keys.append(key)
      index[key] = file
    }
    lines.append(Line(file: file, offset: Int32(start), length: Int32(buffer.count - start)))
  }

  mutating func removeAll() {
    buffer.removeAll(keepingCapacity: true)
    lines.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    index.removeAll(keepingCapacity: true)
  }

  /// The files in the order of their paths, and the lines sorted by file (each file's in the order they came).
  func grouped() -> (files: [File], order: [Int32]) {
    var ends = [Int](repeating: 0, count: keys.count + 1)
    for line in lines { ends[Int(line.file) + 1] += 1 }
    for file in 0..<keys.count { ends[file + 1] += ends[file] }
    var next = ends
    var order = [Int32](repeating: 0, count: lines.count)
    for (index, line) in lines.enumerated() {
      order[next[Int(line.file)]] = Int32(index)
      next[Int(line.file)] += 1
    }
    var files = keys.enumerated().map { file, key in
      File(path: TrailPath(key.owner), day: key.day, lines: ends[file]..<ends[file + 1])
    }
    files.sort { $0.path != $1.path ? $0.path < $1.path : $0.day < $1.day }
    return (files, order)
  }

  /// The same lines in the same order, each with the hash of its file's line before it put in as its last key.
  ///
  /// `start` is asked once a file, by its index in `keys`, for the hash in front of its first line here; `added` gets
  /// each line's own.
  func chained(
    from start: (_ file: Int) throws(FileError) -> ChainHash, added: (_ file: Int, ChainHash) -> Void
  ) throws(FileError) -> PendingLines {
    var result = PendingLines()
    (result.keys, result.index) = (keys, index)
    result.lines.reserveCapacity(lines.count)
    result.buffer.reserveCapacity(buffer.count + lines.count * RecordLink.length)
    var heads = [ChainHash?](repeating: nil, count: keys.count)
    for line in lines {
      let file = Int(line.file)
      let previous: ChainHash
      if let head = heads[file] { previous = head } else { previous = try start(file) }
      let offset = result.buffer.count
      RecordLink.append(buffer[Int(line.offset)..<Int(line.offset + line.length)], after: previous, to: &result.buffer)
      let hash = ChainHash(of: result.buffer[offset..<(result.buffer.count - 1)])
      heads[file] = hash
      added(file, hash)
      result.lines.append(Line(file: line.file, offset: Int32(offset), length: Int32(result.buffer.count - offset)))
    }
    return result
  }

  /// Calls the body with the lines of these indices one behind the other, in pieces of whole lines.
  func forEachPiece(
    _ indices: ArraySlice<Int32>, _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    let bound = 1 << 20
    var piece: [UInt8] = []
    for index in indices {
      let line = lines[Int(index)]
      piece += buffer[Int(line.offset)..<Int(line.offset + line.length)]
      if piece.count >= bound {
        try Self.pass(piece, to: body)
        piece.removeAll(keepingCapacity: true)
      }
    }
    if !piece.isEmpty { try Self.pass(piece, to: body) }
  }

  private static func pass(
    _ piece: [UInt8], to body: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    // withUnsafeBytes rethrows untyped: the result carries the type across.
    try piece.withUnsafeBytes { bytes in
      Result<Void, FileError> { () throws(FileError) in try body(bytes) }
    }.get()
  }
}
