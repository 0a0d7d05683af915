import AuditFiles
import AuditModel
import Glibc
import Platform

/// What a commit is about to append to, and how long those files are on the disk: written and made durable first.
///
/// Two files take turns. A torn one fails its checksum and the one before it counts, so that at each instant one whole
/// intent is on the disk. Each has the form
///
///     mailtrail-intent 1 <sequence> <bytes of the list> <checksum>\n
///     = <commit>\n
///     <length> <path>\n …
///     + <directory> <id> <time>\n …
///     - <directory> <id> <time>\n …
///
/// with fixed-width numbers; the checksum is that of sequence and list. What a longer intent left behind it is ignored.
/// The line with = has the number of the commit behind which the position is that this commit goes on from: whoever
/// starts from that position finds in the last intent all that may be unfinished, however often it was tried. Intents of
/// others, which have a position of their own, bear other numbers.
/// The lines with signs are written events of an earlier, unfinished commit: those that did not come again so far, and
/// those that came again since the commit before.
struct IntentLog {
  struct Entry: Hashable {
    var path: TrailPath
    var day: Day
    var length: Int
  }

  /// A written event that comes again, or will: the hash of its trail's directory, its id and its time.
  struct Line: Hashable {
    var directory: UInt64
    var id: EventID
    /// Microseconds since 1970.
    var time: UInt64
    /// Whether it came again since the commit before.
    var isTaken: Bool
  }

  private let directory: Directory
  /// The number of the last intent.
  private(set) var sequence: UInt64 = 0

  static let fileNames = ["tree-intent.0", "tree-intent.1"]
  private static let headStart = "mailtrail-intent 1 "
  private static let headLength = headStart.utf8.count + 16 + 1 + 16 + 1 + 16 + 1

  init(directory: Directory) { self.directory = directory }

  /// What was read at the start.
  struct Content {
    /// The newest whole intent; nil when there is none.
    var newest: Intent?
    /// Files that are there but hold no whole intent.
    var tornFiles = 0
  }

  /// Reads both files; later intents get higher numbers than what was found, and than `lowest`.
  mutating func read(above lowest: UInt64) throws(FileError) -> Content {
    var content = Content()
    for name in Self.fileNames {
      guard let (file, length) = try directory.file(name, flags: O_RDONLY), length > 0 else { continue }
      let bytes = try file.contents(path: directory.path + "/" + name, limit: 1 << 30)
      guard let intent = Self.parse(bytes) else {
        content.tornFiles += 1
        continue
      }
      if intent.sequence > content.newest?.sequence ?? 0 { content.newest = intent }
    }
    sequence = max(content.newest?.sequence ?? 0, lowest)
    return content
  }

  /// Writes the next intent over the older of the two files and makes it durable.
  ///
  /// After an error the other file still holds the intent before, and the same number is tried again.
  mutating func write(_ entries: [Entry], _ lines: [Line], base: UInt64) throws(FileError) {
    let number = sequence &+ 1
    let name = Self.fileNames[Int(number % 2)]
    let (file, isNew) = try open(name)
    let bytes = Self.serialize(number, entries, lines, base: base)
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

  private func open(_ name: String) throws(FileError) -> (FileDescriptor, isNew: Bool) {
    // An empty file is one whose making did not get as far as its directory's fsync.
    if let (file, length) = try directory.file(name, flags: O_RDWR) { return (file, length == 0) }
    guard let (file, _) = try directory.file(name, flags: O_RDWR | O_CREAT, mode: 0o600) else {
      throw directory.error(.open, name, ENOENT)
    }
    return (file, true)
  }

  static func serialize(
    _ sequence: UInt64, _ entries: [Entry], _ lines: [Line] = [], base: UInt64? = nil
  ) -> [UInt8] {
    var list = base.map { Array("= \(String($0, radix: 16))\n".utf8) } ?? []
    for entry in entries { list += "\(entry.length) \(entry.path.file(of: entry.day))\n".utf8 }
    for line in lines { append(line, to: &list) }
    var bytes = Array(headStart.utf8)
    for number in [sequence, UInt64(list.count), checksum(sequence, list[...])] {
      let text = String(number, radix: 16)
      bytes += (String(repeating: "0", count: 16 - text.utf8.count) + text + " ").utf8
    }
    bytes[bytes.count - 1] = 10
    return bytes + list
  }

  private static func append(_ line: Line, to list: inout [UInt8]) {
    list += "\(line.isTaken ? "-" : "+") \(String(line.directory, radix: 16)) ".utf8
    line.id.append(to: &list)
    list += " \(String(line.time, radix: 16))\n".utf8
  }

  /// What one file holds.
  struct Intent: Hashable {
    /// The number of its commit, from 1 on.
    var sequence: UInt64
    /// The commit that the position was saved with; nil in intents that did not say so yet.
    var base: UInt64?
    var entries: [Entry] = []
    var lines: [Line] = []
  }

  /// nil for anything but a whole intent.
  static func parse(_ bytes: [UInt8]) -> Intent? {
    guard bytes.count >= headLength, bytes.starts(with: headStart.utf8), bytes[headLength - 1] == 10 else { return nil }
    let numbers = String(decoding: bytes[headStart.utf8.count..<(headLength - 1)], as: UTF8.self).split(separator: " ")
      .map { UInt64($0, radix: 16) }
    guard numbers.count == 3, let sequence = numbers[0], let count = numbers[1], let checksum = numbers[2],
      count <= bytes.count - headLength
    else { return nil }
    let list = bytes[headLength..<(headLength + Int(count))]
    guard Self.checksum(sequence, list) == checksum else { return nil }
    var intent = Intent(sequence: sequence)
    for text in list.split(separator: 10) {
      if let entry = entry(text) {
        intent.entries.append(entry)
      } else if let line = line(text) {
        intent.lines.append(line)
      } else if intent.base == nil, let base = base(text) {
        intent.base = base
      } else {
        return nil
      }
    }
    return intent
  }

  private static func base(_ text: ArraySlice<UInt8>) -> UInt64? {
    text.starts(with: "= ".utf8) ? UInt64(String(decoding: text.dropFirst(2), as: UTF8.self), radix: 16) : nil
  }

  private static func line(_ text: ArraySlice<UInt8>) -> Line? {
    let parts = String(decoding: text, as: UTF8.self).split(separator: " ")
    guard parts.count == 4, parts[0] == "+" || parts[0] == "-", let directory = UInt64(parts[1], radix: 16),
      let id = EventID(parts[2].utf8), let time = UInt64(parts[3], radix: 16)
    else { return nil }
    return Line(directory: directory, id: id, time: time, isTaken: parts[0] == "-")
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
