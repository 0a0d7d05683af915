import AuditModel
import Platform

/// The form of the table of logins: lines of text, in `_logins/table` one a mailbox, in the order of their names, and in
/// `_logins/changes` what was learnt since. .github/FORMATS.md describes them.
package enum LoginTableFormat {
  package static let directoryName = "_logins"
  package static let tableName = "table"
  package static let changesName = "changes"
  package static let version = 1

  private static let start = "mailtrail logins "

  /// Begins both files.
  package static var head: [UInt8] { Array("\(start)\(version)\n".utf8) }

  /// The version that a first line tells; nil when it is none.
  package static func version(of line: ArraySlice<UInt8>) -> Int? {
    let text = String(decoding: line, as: UTF8.self)
    guard text.hasPrefix(start), let found = Int(text.dropFirst(start.count)), found > 0 else { return nil }
    return found
  }

  /// The second line of the table.
  package struct Bounds: Sendable, Hashable {
    /// Since when logins are known, microseconds since 1970.
    package var since: UInt64
    /// The newest entry's time when the table was written.
    package var written: UInt64

    package init(since: UInt64, written: UInt64) { (self.since, self.written) = (since, written) }
  }

  /// The last line of the table.
  package struct End: Sendable, Hashable {
    package var rows: Int
    /// How many damaged lines were left out, of all tables so far.
    package var damaged: Int

    package init(rows: Int, damaged: Int) { (self.rows, self.damaged) = (rows, damaged) }
  }

  package enum Line: Sendable, Hashable {
    case bounds(Bounds)
    case row(MailboxLogins)
    case end(End)
  }

  // MARK: - Writing

  /// A line with its hash and its end.
  package static func encode(_ line: Line) -> [UInt8] {
    var bytes: [UInt8] = []
    switch line {
    case .bounds(let bounds): bytes = Array("= \(bounds.since) \(bounds.written)".utf8)
    case .end(let end): bytes = Array(". \(end.rows) \(end.damaged)".utf8)
    case .row(let row): append(row, to: &bytes)
    }
    appendHash(from: 0, to: &bytes)
    return bytes
  }

  /// Ends a line that begins at an index: its hash, and the line end.
  static func appendHash(from start: Int, to bytes: inout [UInt8]) {
    let hash = hash(bytes[start...])
    bytes.append(UInt8(ascii: " "))
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
      let value = UInt8(hash >> shift & 15)
      bytes.append(value < 10 ? value + 48 : value + 87)
    }
    bytes.append(10)
  }

  private static func append(_ row: MailboxLogins, to bytes: inout [UInt8]) {
    append(row.mailbox.bytes, to: &bytes, isFirst: true)
    append(row.deleted, to: &bytes)
    for (name, service) in row.services.sorted(by: { $0.key < $1.key }) {
      append(Array(name.utf8), to: &bytes)
      append(service.first, to: &bytes)
      append(service.success?.time, to: &bytes)
      append(service.success?.ip ?? [], to: &bytes)
      append(service.failure?.time, to: &bytes)
      append((service.failure?.kind.name.description).map { Array($0.utf8) } ?? [], to: &bytes)
      append(service.failure?.ip ?? [], to: &bytes)
      append(service.failure?.reason ?? [], to: &bytes)
    }
  }

  static func append(_ number: UInt64?, to bytes: inout [UInt8]) {
    guard let number else { return append(EmptyCollection(), to: &bytes) }
    bytes.append(UInt8(ascii: " "))
    let start = bytes.count
    var rest = number
    repeat {
      bytes.append(48 + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  /// A text as a word: `-` for none, and what is no letter, digit or sign of a name as `%XX`.
  static func append(_ text: some Collection<UInt8>, to bytes: inout [UInt8], isFirst: Bool = false) {
    if !isFirst { bytes.append(UInt8(ascii: " ")) }
    let length = text.count
    if length == 0 { return bytes.append(UInt8(ascii: "-")) }
    for byte in text {
      // A lone sign means something here.
      let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "%") && length > 1
      if isPlain || isAlphanumeric(byte) {
        bytes.append(byte)
      } else {
        bytes.append(UInt8(ascii: "%"))
        bytes.append(digit(byte >> 4))
        bytes.append(digit(byte & 15))
      }
    }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    byte >= 48 && byte <= 57 || byte | 0x20 >= 97 && byte | 0x20 <= 122
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 55 }

  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash = StableHash()
    hash.combine(bytes)
    return hash.value
  }

  // MARK: - Reading

  /// Reads a line, given without its end; nil when it is damaged.
  package static func decode(_ line: ArraySlice<UInt8>) -> Line? {
    guard let space = line.lastIndex(of: UInt8(ascii: " ")), line.distance(from: space, to: line.endIndex) == 17,
      let stored = UInt64(String(decoding: line[(space + 1)...], as: UTF8.self), radix: 16),
      stored == hash(line[..<space])
    else { return nil }
    let words = line[..<space].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    if words.count == 3, words[0].elementsEqual("=".utf8), let since = number(words[1]), let written = number(words[2])
    {
      return .bounds(Bounds(since: since, written: written))
    }
    if words.count == 3, words[0].elementsEqual(".".utf8), let rows = number(words[1]), let damaged = number(words[2]) {
      return .end(End(rows: Int(clamping: rows), damaged: Int(clamping: damaged)))
    }
    return row(words).map(Line.row)
  }

  private static func row(_ words: [ArraySlice<UInt8>]) -> MailboxLogins? {
    guard words.count >= 2, words.count % 8 == 2, let name = text(words[0]), let mailbox = MailboxAddress(name),
      isNumber(words[1])
    else { return nil }
    var services: [String: MailboxLogins.Service] = [:]
    for start in stride(from: 2, to: words.count, by: 8) {
      guard let (name, service) = service(words[start..<(start + 8)]), services[name] == nil else { return nil }
      services[name] = service
    }
    return MailboxLogins(mailbox: mailbox, deleted: number(words[1]), services: services)
  }

  private static func service(_ words: ArraySlice<ArraySlice<UInt8>>) -> (String, MailboxLogins.Service)? {
    let words = Array(words)
    guard let name = text(words[0]), name.isEmpty || !MailboxLogins.known(name[...]).isEmpty, isNumber(words[1]),
      isNumber(words[2]), let ip = text(words[3]), isNumber(words[4]), let kind = text(words[5]),
      let failureIP = text(words[6]), let reason = text(words[7])
    else { return nil }
    var service = MailboxLogins.Service(first: number(words[1]))
    if let time = number(words[2]) { service.success = .init(kind: .loginSucceeded, time: time, ip: ip) }
    if let time = number(words[4]) {
      guard let kind = EventKind(name: String(decoding: kind, as: UTF8.self)), kind != .loginSucceeded,
        LoginSightings.takes(kind)
      else { return nil }
      service.failure = .init(kind: kind, time: time, ip: failureIP, reason: reason)
    }
    return service.isEmpty ? nil : (String(decoding: name, as: UTF8.self), service)
  }

  private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool { word == [UInt8(ascii: "-")] || number(word) != nil }

  private static func number(_ word: ArraySlice<UInt8>) -> UInt64? {
    guard let first = word.first, first >= 48, first <= 57 else { return nil }
    return UInt64(String(decoding: word, as: UTF8.self))
  }

  /// What a word stands for; nil when it stands for nothing.
  private static func text(_ word: ArraySlice<UInt8>) -> [UInt8]? {
    if word == [UInt8(ascii: "-")] { return [] }
    var text: [UInt8] = []
    var index = word.startIndex
    while index < word.endIndex {
      guard word[index] == UInt8(ascii: "%") else {
        text.append(word[index])
        index += 1
        continue
      }
      guard index + 2 < word.endIndex,
        let byte = UInt8(String(decoding: word[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      else { return nil }
      text.append(byte)
      index += 3
    }
    return text.isEmpty ? nil : text
  }
}
