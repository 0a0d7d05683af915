/// JSON objects.
extension Walk {
  /// Reads a JSON object, keeping the string and number values of the wanted keys, at any depth; the first of a key
  /// counts. Returns the offset behind the object.
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
    for index in list.items.each {
      let item = trie.items[index]
      guard item.prefix.width == key.count, has(item.prefix, at: key.lowerBound) else { continue }
      if slots[depth + item.slot].start < 0 { slots[depth + item.slot] = (start, end) }
    }
  }
}
