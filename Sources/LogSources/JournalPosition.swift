/// How far a journal has been read: for each writer the cursor of the last entry that was read.
///
/// One cursor a writer (machine, namespace), because a merged one loses entries that arrive late from a slower writer.
public struct JournalPosition: Sendable, Equatable {
  /// Cursors by the writer's key, as `JournalReader` names writers: `local`, `namespace:NAME`,
  /// `directory:PATH#MACHINE`, `files#MACHINE`.
  public var cursors: [String: Cursor]

  public init(cursors: [String: Cursor] = [:]) { self.cursors = cursors }

  /// Whether nothing was read yet.
  public var isEmpty: Bool { cursors.isEmpty }

  /// The form in a checkpoint: for each writer, sorted by key, the length of the key (4 bytes, little-endian), the key,
  /// the length of the cursor, the cursor. Version and checksum are the checkpoint's.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for (key, cursor) in cursors.sorted(by: { $0.key < $1.key }) {
      for text in [key, cursor.description] {
        withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: text.utf8)
      }
    }
    return bytes
  }

  /// Reads what `encoded` gave; nil for anything else, a malformed cursor included.
  public init?(encoded bytes: some Collection<UInt8>) {
    self.init()
    var rest = ArraySlice(bytes)
    while !rest.isEmpty {
      guard let key = Self.takeText(&rest), let cursor = Self.takeText(&rest).flatMap({ Cursor($0) }),
        cursors.updateValue(cursor, forKey: key) == nil
      else { return nil }
    }
  }

  private static func takeText(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard rest.count >= 4 else { return nil }
    let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(4)
    guard rest.count >= length else { return nil }
    defer { rest = rest.dropFirst(length) }
    return String(validating: rest.prefix(length), as: UTF8.self)
  }
}
