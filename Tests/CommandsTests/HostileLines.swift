import AuditFiles
import AuditModel
import TestSupport

/// Makes lines of trails as they are worst for a search by bytes: texts that need escapes, escapes that nobody needs, keys
/// of another version, spellings of addresses, lines that are no records; and questions about them.
struct HostileLines {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private static let words = [
    "ann", "Ann@Example.ORG", "bob@example.org", "<x@y>", "INBOX", "Ärger", "ärger", "ä", "\u{e9}t\u{e9}", "\"", "\\",
    "\\x41",
    "\\x80", "\\x5C", "x5C", "u0061", "u007f", "\u{7f}", "\u{85}", "\u{200e}", "\u{1}", "\n", "имя", "1", "80", "login",
    "a",
    ",", "\":", "failed", " ", "n", "\u{202e}", "0085", "C3", "xC3", "\\xC3\\xA9", "5",
  ]
  private static let addresses = [
    "192.0.2.1", "192.0.2.11", "::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1", "2001:db8::1",
    "2001:DB8:0:0:0:0:0:1", "2001:0db8::0001", "unknown", "192.0.2.1\u{0}", "192.0.2.1 ", "1.2.3", "",
  ]
  private static let kinds = [
    "login.failed", "login.succeeded", "logout", "message.moved", "login.passkey", "delivery.spam",
  ]

  mutating func file() -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<12 {
      bytes += line()
      bytes.append(10)
    }
    if random.chance(3) { bytes.removeLast() }
    return bytes
  }

  private mutating func line() -> [UInt8] {
    let record = record()
    if random.chance(12) { return Array(record.utf8.prefix(random.below(record.utf8.count))) }
    if random.chance(20) { return [UInt8](repeating: 0, count: 20) }
    return Array(record.utf8)
  }

  /// A line that is a record of this version, or of the next one.
  mutating func record() -> String {
    let number = random.next()
    let second = random.below(60)
    let time = "2026-03-0\(1 + random.below(2))T10:00:\(second < 10 ? "0" : "")\(second).000000Z"
    let id = Self.hexadecimal(number, 16) + "." + Self.hexadecimal(number >> 16, 12)
    var text = "{\"id\":\"\(id)\",\"time\":\"\(time)\",\"kind\":\(quoted(random.element(Self.kinds)))"
    text += ",\"level\":\(random.element(["1", "3", "5", "10"]))"
    for key in FieldKey.allCases where key != .prev && key != .movedFrom && random.chance(3) {
      if random.chance(10) { text += ",\"\(spelt("new" + word()))\":\(quoted(word()))" }
      text += ",\(quoted(key.name.description, strictly: true)):\(value(key))"
    }
    if random.chance(3) { text += ",\"x\(spelt("\"ip"))\":\(quoted(random.element(Self.addresses)))" }
    return text + "}"
  }

  private mutating func value(_ key: FieldKey) -> String {
    switch key {
    case .ip: quoted(random.element(Self.addresses))
    case .recipients: "[\(quoted(word())),\(quoted(word()))]"
    case .uids: "[\(random.below(99)),7]"
    case .port, .size, .count: "\(random.below(99))"
    case .outcome: quoted(random.element(["success", "failure"]))
    case .service: quoted(random.element(["imap", "pop3"]))
    default: quoted(word())
    }
  }

  private mutating func word() -> String {
    (0...random.below(3)).map { _ in random.element(Self.words) }.joined()
  }

  /// - Parameter strictly: a key, which is seldom spelt otherwise than mailtrail does.
  private mutating func quoted(_ text: String, strictly: Bool = false) -> String {
    strictly && !random.chance(30) ? "\"\(text)\"" : "\"\(spelt(text))\""
  }

  /// The text as JSON has it: as mailtrail writes it, or with other escapes, or with controls that it would escape.
  private mutating func spelt(_ text: String) -> String {
    let isOdd = random.chance(4)
    var result = ""
    for scalar in text.unicodeScalars {
      let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      if isOdd, random.chance(3), scalar.value < 0x1_0000 {
        result += "\\u" + Self.hexadecimal(UInt64(scalar.value), 4)
      } else if isOdd, random.chance(6), scalar.value >= 0x80 {
        for byte in String(Character(scalar)).utf8 {
          result += "\\\\x" + Self.hexadecimal(UInt64(byte), 2).uppercased()
        }
      } else if scalar == "\"" || scalar == "\\" {
        result += "\\" + String(Character(scalar))
      } else if mustEscape || (!isOdd && (scalar.value == 0x7f || scalar == "\u{85}")) {
        result += "\\u" + Self.hexadecimal(UInt64(scalar.value), 4)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func hexadecimal(_ value: UInt64, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String((String(repeating: "0", count: digits) + text).suffix(digits))
  }

  // MARK: Questions

  mutating func limit() -> Int? { random.chance(2) ? nil : random.below(9) }

  /// The words of a command line: of the filters of all commands, and of those by value.
  mutating func options() -> (events: [String], values: [String]) {
    var events: [String] = []
    var values: [String] = []
    switch random.below(5) {
    case 0: events.append("--grep=" + word())
    case 1:
      events.append("--ip=" + random.element(["192.0.2.1", "192.0.2.0/28", "2001:db8::1", "::ffff:c000:0201", "::/0"]))
    case 2:
      let option = random.element(["actor", "sender", "recipient", "folder", "message-id"])
      values.append("--\(option)=\(word())")
      if random.chance(3) { values.append("--\(option)=\(word())") }
    case 3: values.append("--outcome=" + random.element(["success", "failure"]))
    default: break
    }
    if random.chance(3) {
      events.append(
        "--kind=" + random.element(["login", "!login", "login.*", "message.moved,logout", "*", "l*,!logout"]))
    }
    if random.chance(4) { events.append("--level=" + random.element(["1", "3", "5", "10"])) }
    if random.chance(4) { events.append("--since=2026-03-01 10:00:30 UTC") }
    if random.chance(4) { events.append("--until=2026-03-02 10:00:30 UTC") }
    if random.chance(6) { events.append("--service=imap") }
    return (events, values)
  }
}

/// Numbers that are the same for the same seed (xorshift64*).
struct SeededRandom {
  private var state: UInt64

  init(seed: UInt64) { state = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }

  mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % max(1, bound) }
  /// True one time in so many.
  mutating func chance(_ bound: Int) -> Bool { below(bound) == 0 }
  mutating func element<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
