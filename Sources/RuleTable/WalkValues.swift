/// JSON objects and the queries of URLs.
extension Walk {
  // MARK: - JSON

  /// Reads a JSON object, keeping the string and number values of the wanted keys, at any depth; the first of a key
  /// counts. Returns the place behind the object.
  func readJSON(_ list: MatchTrie.List, _ start: Int, _ depth: Int) -> Int? {
    guard start < line.count, line[start] == UInt8(ascii: "{") else { return nil }
    var position = start
    var level = 0
    var key: Range<Int>?
    while position < line.count {
      switch line[position] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        level += 1
        key = nil
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        level -= 1
        position += 1
        if level == 0 { return position }
      case UInt8(ascii: "\""):
        guard let end = jsonStringEnd(position) else { return nil }
        let inside = (position + 1)..<(end - 1)
        if let known = key {
          keep(list, known, inside.lowerBound, SlotEnd.write(inside.upperBound, isQuery: false), depth)
          key = nil
        } else if end < line.count, line[end] == UInt8(ascii: ":") {
          key = inside
          position = end + 1
          continue
        }
        position = end
      case UInt8(ascii: ","), UInt8(ascii: " "): position += 1
      default:
        let from = position
        while position < line.count, !",}] ".utf8.contains(line[position]) { position += 1 }
        if let known = key { keep(list, known, from, position, depth) }
        key = nil
      }
    }
    return nil
  }

  func jsonStringEnd(_ start: Int) -> Int? {
    var position = start + 1
    while position < line.count {
      if line[position] == UInt8(ascii: "\\") {
        position += 1
      } else if line[position] == UInt8(ascii: "\"") {
        return position + 1
      }
      position += 1
    }
    return nil
  }

  func keep(_ list: MatchTrie.List, _ key: Range<Int>, _ start: Int, _ end: Int, _ depth: Int) {
    for index in list.items {
      let item = trie.items[Int(index)]
      guard item.prefix.width == key.count, has(item.prefix, at: key.lowerBound) else { continue }
      if slots[depth + item.slot].start < 0 { slots[depth + item.slot] = (start, end) }
    }
  }

  // MARK: - Queries

  /// Reads a URL's query, keeping the values of the wanted keys; returns the place behind it. A key that comes twice
  /// with two values is not kept: which of them the server took the line does not say.
  func readQuery(_ list: MatchTrie.List, _ start: Int, _ depth: Int) -> Int {
    var position = start
    while position < line.count, !isQueryEnd(line[position]) {
      let first = position
      var equals: Int?
      while position < line.count, !isQueryEnd(line[position]), line[position] != UInt8(ascii: "&") {
        if equals == nil, line[position] == UInt8(ascii: "=") { equals = position }
        position += 1
      }
      if let equals { keepArgument(list, key: first..<equals, value: (equals + 1)..<position, depth) }
      if position < line.count, line[position] == UInt8(ascii: "&") { position += 1 }
    }
    return position
  }

  func isQueryEnd(_ byte: UInt8) -> Bool {
    byte <= 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#")
  }

  /// Keys are hardly ever encoded, and what is not costs no memory.
  func isKey(_ key: Range<Int>, _ name: Range<Int32>) -> Bool {
    let isEncoded = line[key].contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
    if isEncoded { return bytes(name).elementsEqual(CaptureEncoding.query.decode(line[key])) }
    return key.count == name.width && has(name, at: key.lowerBound)
  }

  func keepArgument(_ list: MatchTrie.List, key: Range<Int>, value: Range<Int>, _ depth: Int) {
    for index in list.items {
      let item = trie.items[Int(index)]
      guard isKey(key, item.prefix) else { continue }
      let slot = slots[depth + item.slot]
      if slot.start == -1 {
        slots[depth + item.slot] = (value.lowerBound, SlotEnd.write(value.upperBound, isQuery: true))
      } else if slot.start < 0 || !line[slot.start..<SlotEnd.read(slot.end).end].elementsEqual(line[value]) {
        slots[depth + item.slot] = (-2, -2)
      }
    }
  }
}

/// The end of a slot with the encoding of what is in it: plain ends are places in the line, the others are negative.
enum SlotEnd {
  private static let queryMark = 1 << 40

  static func write(_ end: Int, isQuery: Bool) -> Int { isQuery ? -end - 1 - queryMark : -end - 1 }

  static func read(_ slot: Int) -> (end: Int, encoding: CaptureEncoding) {
    if slot >= 0 { return (slot, .plain) }
    return slot <= -queryMark ? (-slot - 1 - queryMark, .query) : (-slot - 1, .json)
  }
}
