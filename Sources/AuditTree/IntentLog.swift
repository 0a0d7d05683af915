import AuditModel
import Glibc

/// What a commit is about to append to, and how long those files are on the disk: written and made durable first.
///
/// Two files take turns. A torn one fails its checksum and the one before it counts, so that at each instant one whole
/// intent is on the disk. Each has the form
///
///     mailtrail-intent 1 <sequence> <bytes of the list> <checksum>\n
///     <length> <path>\n …
///
/// with fixed-width numbers; the checksum is that of sequence and list. What a longer intent left behind it is ignored.
struct IntentLog {
  struct Entry: Hashable {
    var path: TrailPath
    var day: Day
    var length: Int
  }

  private let directory: Directory
  private var sequence: UInt64 = 0

  static let fileNames = ["tree-intent.0", "tree-intent.1"]
  private static let mark = "mailtrail-intent 1 "
  private static let headLength = mark.utf8.count + 16 + 1 + 16 + 1 + 16 + 1

  init(directory: Directory) { self.directory = directory }

  /// What was read at the start.
  struct Content {
    /// The newest whole intent's list; nil when there is none.
    var entries: [Entry]?
    /// Files that are there but hold no whole intent.
    var tornFiles = 0
  }

  /// Reads both files; later intents get higher numbers than what was found.
  mutating func read() throws(TreeError) -> Content {
    var content = Content()
    for name in Self.fileNames {
      guard let (file, length) = try directory.file(name, flags: O_RDONLY), length > 0 else { continue }
      let bytes = try file.contents(path: directory.path + "/" + name, limit: 1 << 30)
      guard let (number, entries) = Self.parse(bytes) else {
        content.tornFiles += 1
        continue
      }
      if content.entries == nil || number > sequence { (sequence, content.entries) = (number, entries) }
    }
    return content
  }

  /// Writes the next intent over the older of the two files and makes it durable.
  ///
  /// After an error the other file still holds the intent before, and the same number is tried again.
  mutating func write(_ entries: [Entry]) throws(TreeError) {
    let number = sequence + 1
    let name = Self.fileNames[Int(number % 2)]
    let (file, isNew) = try open(name)
    let bytes = Self.serialize(number, entries)
    var written = 0
    while written < bytes.count {
      let result = bytes.withUnsafeBytes {
        directory.calls.overwrite(
          file.number, UnsafeRawBufferPointer(rebasing: $0[written...]), at: written)
      }
      if result < 0 { throw directory.error(.write, name, Int32(-result)) }
      written += result
    }
    let result = directory.calls.synchronizeData(file.number)
    if result < 0 { throw directory.error(.synchronize, name, -result) }
    if isNew {
      let result = directory.calls.synchronizeDirectory(directory.descriptor.number)
      if result < 0 { throw directory.error(.synchronize, ".", -result) }
    }
    sequence = number
  }

  private func open(_ name: String) throws(TreeError) -> (FileDescriptor, isNew: Bool) {
    // An empty file is one whose making did not get as far as its directory's fsync.
    if let (file, length) = try directory.file(name, flags: O_RDWR) { return (file, length == 0) }
    guard let (file, _) = try directory.file(name, flags: O_RDWR | O_CREAT, mode: 0o600) else {
      throw directory.error(.open, name, ENOENT)
    }
    return (file, true)
  }

  static func serialize(_ sequence: UInt64, _ entries: [Entry]) -> [UInt8] {
    var list: [UInt8] = []
    for entry in entries { list += "\(entry.length) \(entry.path.file(of: entry.day))\n".utf8 }
    var bytes = Array(mark.utf8)
    for number in [sequence, UInt64(list.count), checksum(sequence, list[...])] {
      let text = String(number, radix: 16)
      bytes += (String(repeating: "0", count: 16 - text.utf8.count) + text + " ").utf8
    }
    bytes[bytes.count - 1] = 10
    return bytes + list
  }

  static func parse(_ bytes: [UInt8]) -> (sequence: UInt64, entries: [Entry])? {
    guard bytes.count >= headLength, bytes.starts(with: mark.utf8), bytes[headLength - 1] == 10 else { return nil }
    let numbers = String(decoding: bytes[mark.utf8.count..<(headLength - 1)], as: UTF8.self).split(separator: " ")
      .map { UInt64($0, radix: 16) }
    guard numbers.count == 3, let sequence = numbers[0], let count = numbers[1], let checksum = numbers[2],
      count <= bytes.count - headLength
    else { return nil }
    let list = bytes[headLength..<(headLength + Int(count))]
    guard Self.checksum(sequence, list) == checksum else { return nil }
    var entries: [Entry] = []
    for line in list.split(separator: 10) {
      guard let entry = entry(line) else { return nil }
      entries.append(entry)
    }
    return (sequence, entries)
  }

  private static func entry(_ line: ArraySlice<UInt8>) -> Entry? {
    let parts = String(decoding: line, as: UTF8.self).split(separator: " ")
    guard parts.count == 2, let length = Int(parts[0]), length >= 0 else { return nil }
    let names = parts[1].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard names.count == 2 || names.count == 3, let day = Day(fileName: names[names.count - 1]) else { return nil }
    let path = TrailPath(parent: names[0], child: names.count == 3 ? names[1] : nil)
    // A path out of the tree cannot have this form, even if somebody wrote the file by hand.
    return path.isOurs ? Entry(path: path, day: day, length: length) : nil
  }

  private static func checksum(_ sequence: UInt64, _ list: ArraySlice<UInt8>) -> UInt64 {
    var hash = StableHash()
    hash.combine(sequence)
    hash.combine(list)
    return hash.value
  }
}
