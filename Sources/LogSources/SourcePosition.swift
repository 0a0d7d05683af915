/// How far the sources have been read: for each writer of the journal the cursor of the last entry that was read, for
/// each text log its files and the offsets in them.
///
/// One cursor a writer (machine, namespace), because a merged one loses entries that arrive late from a slower writer.
public struct SourcePosition: Sendable, Equatable {
  /// Cursors by the writer's key, as `JournalReader` names writers: `local`, `namespace:NAME`,
  /// `directory:PATH#MACHINE`, `files#MACHINE`.
  public var cursors: [String: Cursor]
  /// Positions by the path of the log that is followed.
  public var textLogs: [String: TextLogPosition]
  /// The ids of the journal files that were taken into the reading, by the start of the writer's key: a file that is
  /// not among them has come late. No entry where nothing is known of that.
  public var seenFiles: [String: Set<ID128>]

  public init(
    cursors: [String: Cursor] = [:], textLogs: [String: TextLogPosition] = [:], seenFiles: [String: Set<ID128>] = [:]
  ) {
    self.cursors = cursors
    self.textLogs = textLogs
    self.seenFiles = seenFiles
  }

  /// The time of the newest entry of the journal that was read, wanted or not; 0 for none.
  public var newestCursorTime: UInt64 { cursors.values.map(\.realtime).max() ?? 0 }

  /// Whether nothing was read yet.
  public var isEmpty: Bool { cursors.isEmpty && textLogs.isEmpty }

  /// The form in a checkpoint: the number of cursors (4 bytes, little-endian), for each writer, sorted by key, key and
  /// cursor, each with its length (4 bytes) in front; then the same of the text logs; then of the names of journals
  /// and the ids of their files, 16 bytes each. Version and checksum are the
  /// checkpoint's.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    Self.append(UInt32(cursors.count), to: &bytes)
    for (key, cursor) in cursors.sorted(by: { $0.key < $1.key }) {
      Self.append(Array(key.utf8), to: &bytes)
      Self.append(Array(cursor.description.utf8), to: &bytes)
    }
    Self.append(UInt32(textLogs.count), to: &bytes)
    for (path, position) in textLogs.sorted(by: { $0.key < $1.key }) {
      Self.append(Array(path.utf8), to: &bytes)
      Self.append(position.encoded, to: &bytes)
    }
    Self.append(UInt32(seenFiles.count), to: &bytes)
    for (name, files) in seenFiles.sorted(by: { $0.key < $1.key }) {
      Self.append(Array(name.utf8), to: &bytes)
      Self.append(files.sorted().flatMap(Self.bytes), to: &bytes)
    }
    return bytes
  }

  /// Reads what `encoded` gave; nil for anything else, a malformed cursor included.
  public init?(encoded bytes: some Collection<UInt8>) { self.init(bytes, hasSeenFiles: true) }

  /// Reads the form of checkpoints of version 2, which did not know the files.
  public init?(encodedInVersion2 bytes: some Collection<UInt8>) { self.init(bytes, hasSeenFiles: false) }

  private init?(_ bytes: some Collection<UInt8>, hasSeenFiles: Bool) {
    self.init()
    var rest = ArraySlice(Array(bytes))
    guard let cursorCount = Self.takeNumber(&rest) else { return nil }
    for _ in 0..<cursorCount { guard takeCursor(&rest) else { return nil } }
    guard let logCount = Self.takeNumber(&rest) else { return nil }
    for _ in 0..<logCount {
      guard let path = Self.takeText(&rest),
        let position = Self.takeBytes(&rest).flatMap({ TextLogPosition(encoded: $0) }),
        textLogs.updateValue(position, forKey: path) == nil
      else { return nil }
    }
    guard hasSeenFiles else {
      if !rest.isEmpty { return nil }
      return
    }
    guard let nameCount = Self.takeNumber(&rest) else { return nil }
    for _ in 0..<nameCount {
      guard let name = Self.takeText(&rest), let files = Self.takeBytes(&rest), files.count % 16 == 0 else {
        return nil
      }
      let ids = stride(from: files.startIndex, to: files.endIndex, by: 16).map { Self.id(files[$0..<($0 + 16)]) }
      guard seenFiles.updateValue(Set(ids), forKey: name) == nil else { return nil }
    }
    guard rest.isEmpty else { return nil }
  }

  private static func bytes(_ id: ID128) -> [UInt8] {
    [id.high, id.low].flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
  }

  private static func id(_ bytes: ArraySlice<UInt8>) -> ID128 {
    func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    return ID128(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
  }

  /// Reads the form of checkpoints of version 1, which had cursors only and no number of them.
  public init?(encodedInVersion1 bytes: some Collection<UInt8>) {
    self.init()
    var rest = ArraySlice(Array(bytes))
    while !rest.isEmpty { guard takeCursor(&rest) else { return nil } }
  }

  private mutating func takeCursor(_ rest: inout ArraySlice<UInt8>) -> Bool {
    guard let key = Self.takeText(&rest), let cursor = Self.takeText(&rest).flatMap({ Cursor($0) }) else {
      return false
    }
    return cursors.updateValue(cursor, forKey: key) == nil
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func append(_ part: [UInt8], to bytes: inout [UInt8]) {
    append(UInt32(part.count), to: &bytes)
    bytes += part
  }

  private static func takeNumber(_ rest: inout ArraySlice<UInt8>) -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private static func takeBytes(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let length = takeNumber(&rest), rest.count >= length else { return nil }
    defer { rest = rest.dropFirst(length) }
    return rest.prefix(length)
  }

  private static func takeText(_ rest: inout ArraySlice<UInt8>) -> String? {
    takeBytes(&rest).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
