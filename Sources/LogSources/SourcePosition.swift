/// How far the sources have been read: for each writer of the journal the cursor of the last entry that was read, for
/// each text log its files and the places in them.
///
/// One cursor a writer (machine, namespace), because a merged one loses entries that arrive late from a slower writer.
public struct SourcePosition: Sendable, Equatable {
  /// Cursors by the writer's key, as `JournalReader` names writers: `local`, `namespace:NAME`,
  /// `directory:PATH#MACHINE`, `files#MACHINE`.
  public var cursors: [String: Cursor]
  /// Places by the path of the log that is followed.
  public var textLogs: [String: TextLogPosition]

  public init(cursors: [String: Cursor] = [:], textLogs: [String: TextLogPosition] = [:]) {
    self.cursors = cursors
    self.textLogs = textLogs
  }

  /// Whether nothing was read yet.
  public var isEmpty: Bool { cursors.isEmpty && textLogs.isEmpty }

  /// The form in a checkpoint: the number of cursors (4 bytes, little-endian), for each writer, sorted by key, key and
  /// cursor, each with its length (4 bytes) in front; then the same of the text logs. Version and checksum are the
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
    return bytes
  }

  /// Reads what `encoded` gave; nil for anything else, a malformed cursor included.
  public init?(encoded bytes: some Collection<UInt8>) {
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
    guard rest.isEmpty else { return nil }
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
