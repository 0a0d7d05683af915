/// Runs of a list's items, from the left.
extension Walk {
  mutating func visitRun(
    _ index: MatchTrie.RunIndex, _ position: Int, _ depth: Int
  ) -> MatchTrie.AlternativeIndex? {
    let edge = trie.runs[index]
    let list = trie.lists[edge.list]
    for slot in 0..<list.slotCount { slots[depth + slot] = (-1, -1) }
    switch list.form {
    case .list: break
    case .json:
      guard let end = readJSON(list, position, depth) else { return nil }
      return visit(edge.target, end, depth + list.slotCount)
    case .query: return visit(edge.target, readQuery(list, position, depth), depth + list.slotCount)
    }
    let edgeKey = Int(index.rawValue) << 32
    guard !remains.pointee.failedLists.contains(edgeKey | position) else { return nil }
    let first = remains.pointee.listEnds.count
    defer { remains.pointee.listEnds.removeSubrange(first...) }
    var last = position
    remains.pointee.listEnds.append(last)
    // Behind an end that failed come the ends that failed with it.
    while let end = item(of: list, from: last, depth), !remains.pointee.failedLists.contains(edgeKey | end) {
      count(steps: end - last)
      remains.pointee.listEnds.append(end)
      last = end
    }
    for index in (first..<remains.pointee.listEnds.count).reversed() {
      let end = remains.pointee.listEnds[index]
      if let found = visit(edge.target, end, depth + list.slotCount) { return found }
      _ = remains.pointee.failedLists.insert(edgeKey | end)
    }
    return nil
  }

  /// The end of the separator and item at an offset.
  func item(of list: MatchTrie.List, from position: Int, _ depth: Int) -> Int? {
    guard has(list.separator, at: position) else { return nil }
    let start = position + list.separator.width
    for index in items(of: list, at: start).each where has(trie.items[index].prefix, at: start) {
      let item = trie.items[index]
      var end = start + item.prefix.width
      if let type = item.type {
        let from = end
        if type == .text {
          end = textEnd(from: from, list: list, suffix: item.suffix)
        } else {
          guard let closed = scanner.end(of: type, from: from, limit: line.count) else { continue }
          end = closed
        }
        guard has(item.suffix, at: end), isBoundary(end + item.suffix.width, list) else { continue }
        if slots[depth + item.slot].start < 0 { slots[depth + item.slot] = (from, end) }
        return end + item.suffix.width
      }
      if isBoundary(end, list) { return end }
    }
    guard list.allowsOthers else { return nil }
    let end = otherEnd(from: start, list)
    return end > start ? end : nil
  }

  func isBoundary(_ position: Int, _ list: MatchTrie.List) -> Bool {
    position == line.count || has(list.separator, at: position) || list.isSeparatedBySpace
      || !isWordByte(line[position])
  }

  func isWordByte(_ byte: UInt8) -> Bool { CharacterClasses.table[Int(byte)] & CharacterClasses.wordBit != 0 }

  func textEnd(from start: Int, list: MatchTrie.List, suffix: MatchTrie.PoolRange) -> Int {
    var position = start
    let stop = suffix.isEmpty ? list.separator : suffix
    while position < line.count, !has(stop, at: position) { position += 1 }
    return position
  }

  /// An item that the list does not know: a word, `key=value` or `key=<value>` without brackets inside.
  func otherEnd(from start: Int, _ list: MatchTrie.List) -> Int {
    var position = start
    while position < line.count, !has(list.separator, at: position) {
      let byte = line[position]
      if byte == UInt8(ascii: "<") {
        guard position > start, line[position - 1] == UInt8(ascii: "=") else { return start }
        position += 1
        while position < line.count, line[position] != UInt8(ascii: ">"), line[position] != UInt8(ascii: "<") {
          position += 1
        }
        guard position < line.count, line[position] == UInt8(ascii: ">") else { return start }
      } else if byte == UInt8(ascii: ">") || byte < 32 {
        return start
      }
      position += 1
    }
    return position
  }
}
