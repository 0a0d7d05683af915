/// The queries of URLs.
extension Walk {
  /// Reads a URL's query, keeping the values of the wanted keys; returns the offset behind it. A key that comes twice
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
  func isKey(_ key: Range<Int>, _ name: MatchTrie.PoolRange) -> Bool {
    let isEncoded = line[key].contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
    if isEncoded { return bytes(name).elementsEqual(CaptureEncoding.query.decode(line[key])) }
    return key.count == name.width && has(name, at: key.lowerBound)
  }

  func keepArgument(_ list: MatchTrie.List, key: Range<Int>, value: Range<Int>, _ depth: Int) {
    for index in list.items.each {
      let item = trie.items[index]
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
