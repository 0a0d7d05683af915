/// The scanning of closed types over a line's bytes. Positions are offsets in the line; nil means no match.
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
      let end = runEnd(of: members, from: start, limit: limit)
      return isWhole(start..<end, type) ? end : nil
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
      let start = runStart(of: members, upTo: end, limit: limit)
      return isWhole(start..<end, type) ? start : nil
    }
  }

  /// Where characters of an alphabet end that begin at an offset.
  @inline(__always)
  func runEnd(of members: UInt8, from start: Int, limit: Int) -> Int {
    var end = start
    while end < limit, table[Int(line[end])] & members != 0 { end += 1 }
    return end
  }

  /// Where characters of an alphabet begin that end in front of an offset.
  @inline(__always)
  func runStart(of members: UInt8, upTo end: Int, limit: Int) -> Int {
    var start = end
    while start > limit, table[Int(line[start - 1])] & members != 0 { start -= 1 }
    return start
  }

  /// Whether a run of a type's alphabet is a capture of it.
  @inline(__always)
  func isWhole(_ run: Range<Int>, _ type: CaptureType) -> Bool {
    type == .queueid ? isQueueID(run.lowerBound, run.upperBound) : !run.isEmpty
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
