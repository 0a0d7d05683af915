/// How far a capture reaches.
///
/// Closed types end where their own alphabet ends, in either direction, so that a stranger's text beside them cannot
/// move their ends. Open types (`text`, `gap`) are bounded by the literals around them.
public enum CaptureType: String, Sendable, CaseIterable {
  /// Up to the first place (scanned from the left; the last, scanned from the right) at which the rest fits.
  case text
  /// What is between the scan from the left and the scan from the right; one in a pattern at the most.
  case gap
  /// Digits.
  case int
  /// Digits, points, a sign.
  case number
  /// Letters, digits and `_ . + / @ % * ! $ & ~ ^ | -`: a keyword, a mechanism, a status code.
  case word
  /// Visible characters without brackets, quotes, comma and semicolon: a session or transaction id.
  case token
  /// A queue id: five hexadecimal digits or more, or ten letters and digits or more.
  case queueid
  /// An IPv4 or IPv6 address, perhaps with `IPv6:` in front or a zone behind.
  case ip
  /// Letters, digits, points, hyphens, underscores: a host name.
  case host
  /// What stands between the angle brackets of an envelope address, quoted strings respected: see `AddressPath`.
  case address
  /// A mail address that ends where its grammar ends, in brackets or bare: see `AddressPath`.
  case addrspec
  /// The inside of quotation marks: up to the first that no backslash hides.
  case string

  /// The type by its name in a pattern.
  public init?(name: some StringProtocol) {
    self.init(rawValue: String(name))
  }

  var isOpen: Bool { self == .text || self == .gap }

  /// Whether its scope's encoding is that of a capture that names none: all kinds of names come in these types.
  var takesEncodingOfScope: Bool { isOpen || endsAtItsCloser }

  /// Whether only what follows it tells where it ends, so that it is not looked for in a part of the line.
  var endsAtItsCloser: Bool { self == .address || self == .addrspec || self == .string }

  /// Whether it can be scanned from the right.
  var isReadBackwards: Bool { self != .addrspec && self != .string }

  /// Whether an escape fits into its alphabet.
  var mayBeEncoded: Bool { takesEncodingOfScope || self == .word || self == .token }

  /// Rank for "the more literal one wins": a smaller number is tried earlier.
  var looseness: Int {
    switch self {
    case .int: 0
    case .ip: 1
    case .number: 2
    case .queueid: 3
    case .host: 4
    case .word: 5
    case .token: 6
    case .address: 7
    case .addrspec: 8
    case .string: 9
    case .text: 10
    case .gap: 11
    }
  }
}

/// The scanning of closed types over a line's bytes. All places are offsets in the line; nil means no match.
struct CaptureScanner {
  let line: UnsafeBufferPointer<UInt8>
  /// Asked for once a line, not once a byte: a global's first use is looked at with each use.
  private let table = CharacterClasses.table

  init(line: UnsafeBufferPointer<UInt8>) { self.line = line }

  /// The end of a capture that starts at `start` and ends at `limit` at the latest.
  @inline(__always)
  func end(of type: CaptureType, from start: Int, limit: Int) -> Int? {
    switch type {
    case .address: return AddressPath(line: line).end(from: start, limit: limit)
    case .addrspec: return AddressPath(line: line).bareEnd(from: start, limit: limit)
    case .string: return AddressPath(line: line).stringEnd(from: start, limit: limit)
    case .ip: return ipEnd(from: start, limit: limit)
    default:
      let members = CharacterClasses.bit(of: type)
      var position = start
      while position < limit, table[Int(line[position])] & members != 0 { position += 1 }
      if type == .queueid { return isQueueID(start, position) ? position : nil }
      return position > start ? position : nil
    }
  }

  /// The start of a capture that ends at `end` and starts at `limit` at the earliest.
  @inline(__always)
  func start(of type: CaptureType, upTo end: Int, limit: Int) -> Int? {
    switch type {
    case .address: return AddressPath(line: line).start(upTo: end, limit: limit)
    case .ip:
      var position = end
      while position > limit, table[Int(line[position - 1])] & CharacterClasses.ipBit != 0 {
        position -= 1
      }
      return ipStart(from: position, upTo: end, limit: limit)
    default:
      let members = CharacterClasses.bit(of: type)
      var position = end
      while position > limit, table[Int(line[position - 1])] & members != 0 { position -= 1 }
      if type == .queueid { return isQueueID(position, end) ? position : nil }
      return end > position ? position : nil
    }
  }

  private func isQueueID(_ start: Int, _ end: Int) -> Bool {
    if end - start >= 10 { return true }
    guard end - start >= 5 else { return false }
    for position in start..<end where table[Int(line[position])] & CharacterClasses.ipBit == 0 {
      return false
    }
    return true
  }

  /// The start of an address whose last characters of its own alphabet begin at `position`: an "IPv6:" in front of them
  /// and a zone's name behind have letters that the alphabet lacks.
  private func ipStart(from position: Int, upTo end: Int, limit: Int) -> Int? {
    for start in [position - 3, position] where start >= limit && ipEnd(from: start, limit: end) == end { return start }
    var zone = end
    while zone > limit, table[Int(line[zone - 1])] & CharacterClasses.hostBit != 0 { zone -= 1 }
    guard zone < end, zone > limit, line[zone - 1] == UInt8(ascii: "%") else { return nil }
    var start = zone - 1
    while start > limit, table[Int(line[start - 1])] & CharacterClasses.ipBit != 0 { start -= 1 }
    return ipEnd(from: start, limit: end) == end ? start : nil
  }

  private func ipEnd(from start: Int, limit: Int) -> Int? {
    if let end = dottedQuadEnd(from: start, limit: limit) { return end }
    var position = start
    if limit - start > 5, line[start] == UInt8(ascii: "I") || line[start] == UInt8(ascii: "i"),
      line[start + 4] == UInt8(ascii: ":") || line[start + 4] == UInt8(ascii: "6")
    {
      // "IPv6:" as in an address literal of RFC 5321, section 4.1.3.
      let isTag = zip("ipv6:".utf8, line[start..<(start + 5)]).allSatisfy { $0 == $1 | 0x20 || $0 == $1 }
      if isTag { position = start + 5 }
    }
    let first = position
    var dots = 0
    var colons = 0
    var digits = 0
    while position < limit {
      let byte = line[position]
      if byte >= 48 && byte <= 57 {
        digits += 1
      } else if byte == UInt8(ascii: ".") {
        dots += 1
      } else if byte == UInt8(ascii: ":") {
        colons += 1
      } else if (byte | 0x20) >= 97 && (byte | 0x20) <= 102 {
        digits += 1
      } else {
        break
      }
      position += 1
    }
    // A sentence may end or go on behind the address: "from 192.0.2.1: no", "from 192.0.2.1.".
    if colons == 1 && dots >= 3 {
      while position > first, line[position - 1] != UInt8(ascii: ":") { position -= 1 }
      position -= 1
      colons = 0
    }
    while position > first, line[position - 1] == UInt8(ascii: ".") {
      position -= 1
      dots -= 1
    }
    if colons > 0, position - first > 2, line[position - 1] == UInt8(ascii: ":"),
      line[position - 2] != UInt8(ascii: ":")
    {
      position -= 1
      colons -= 1
    }
    guard digits > 0 || colons >= 2, position - first <= 45 else { return nil }
    if colons == 0 {
      return dottedQuadEnd(from: first, limit: position) == position ? position : nil
    }
    guard colons >= 2, colons <= 7 else { return nil }
    if position < limit, line[position] == UInt8(ascii: "%") {
      var zone = position + 1
      while zone < limit, table[Int(line[zone])] & CharacterClasses.hostBit != 0 { zone += 1 }
      if zone > position + 1 { position = zone }
    }
    return position
  }

  /// The end of four plain numbers behind which nothing stands that an address could go on with: most addresses.
  private func dottedQuadEnd(from start: Int, limit: Int) -> Int? {
    var position = start
    for number in 0..<4 {
      if number > 0 {
        guard position < limit, line[position] == UInt8(ascii: ".") else { return nil }
        position += 1
      }
      let first = position
      var value = 0
      while position < limit, line[position] &- 48 < 10 {
        value = value * 10 + Int(line[position] - 48)
        position += 1
        guard position - first <= 3 else { return nil }
      }
      guard position > first, value <= 255 else { return nil }
    }
    guard position < limit, table[Int(line[position])] & CharacterClasses.ipBit != 0 else { return position }
    return nil
  }
}

/// The alphabets of the closed types: one bit a class, one row a byte.
enum CharacterClasses {
  static let intBit: UInt8 = 1
  static let numberBit: UInt8 = 2
  static let wordBit: UInt8 = 4
  static let tokenBit: UInt8 = 8
  static let queueidBit: UInt8 = 16
  static let ipBit: UInt8 = 32
  static let hostBit: UInt8 = 64
  /// The specials of RFC 5322, section 3.2.3, which no atom of an address holds.
  static let specialBit: UInt8 = 128

  static func bit(of type: CaptureType) -> UInt8 {
    switch type {
    case .int: intBit
    case .number: numberBit
    case .word: wordBit
    case .token: tokenBit
    case .queueid: queueidBit
    case .host: hostBit
    default: 0
    }
  }

  /// Immutable after its first use and never freed, so any thread may read it.
  nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
    let rows = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    for value in 0..<256 {
      let byte = UInt8(value)
      let isDigit = byte >= 48 && byte <= 57
      let isLetter = (byte | 0x20) >= 97 && (byte | 0x20) <= 122
      let isAlphanumeric = isDigit || isLetter
      var bits: UInt8 = 0
      if isDigit { bits |= intBit }
      if isDigit || "+-.".utf8.contains(byte) { bits |= numberBit }
      if isAlphanumeric { bits |= queueidBit }
      if isAlphanumeric || "._-".utf8.contains(byte) { bits |= hostBit }
      if isAlphanumeric || "_.+/@%*!$&~^|-".utf8.contains(byte) { bits |= wordBit }
      if byte > 32 && byte < 127 && !"<>()[]{}\"',;".utf8.contains(byte) { bits |= tokenBit }
      if isDigit || ((byte | 0x20) >= 97 && (byte | 0x20) <= 102) || ".:%".utf8.contains(byte) { bits |= ipBit }
      if "()<>[]:;@\\,.\"".utf8.contains(byte) { bits |= specialBit }
      rows[value] = bits
    }
    return UnsafePointer(rows)
  }()
}
