/// Runs of a list's items, from the left.
extension Walk {
  mutating func visitRun(_ index: Int32, _ position: Int, _ depth: Int) -> Int? {
    let edge = trie.runs[Int(index)]
    let list = trie.lists[Int(edge.list)]
    for slot in 0..<list.slotCount { slots[depth + slot] = (-1, -1) }
    switch list.form {
    case .list: break
    case .json:
      guard let end = readJSON(list, position, depth) else { return nil }
      return visit(edge.target, end, depth + list.slotCount)
    case .query: return visit(edge.target, readQuery(list, position, depth), depth + list.slotCount)
    }
    let mark = Int(index) << 32
    guard !remains.pointee.failedLists.contains(mark | position) else { return nil }
    let first = remains.pointee.listEnds.count
    defer { remains.pointee.listEnds.removeSubrange(first...) }
    var last = position
    remains.pointee.listEnds.append(last)
    // Behind an end that failed come the ends that failed with it.
    while let end = item(of: list, from: last, depth), !remains.pointee.failedLists.contains(mark | end) {
      count(steps: end - last)
      remains.pointee.listEnds.append(end)
      last = end
    }
    for index in (first..<remains.pointee.listEnds.count).reversed() {
      let end = remains.pointee.listEnds[index]
      if let found = visit(edge.target, end, depth + list.slotCount) { return found }
      _ = remains.pointee.failedLists.insert(mark | end)
    }
    return nil
  }

  /// The end of the separator and item at a place.
  func item(of list: MatchTrie.List, from position: Int, _ depth: Int) -> Int? {
    guard has(list.separator, at: position) else { return nil }
    let start = position + list.separator.width
    for index in items(of: list, at: start) where has(trie.items[Int(index)].prefix, at: start) {
      let item = trie.items[Int(index)]
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

  /// Whether bytes of the pool, perhaps none, stand at a place.
  @inline(__always)
  func has(_ bytes: Range<Int32>, at position: Int) -> Bool {
    let count = bytes.width
    guard position + count <= line.count else { return false }
    let (here, wanted) = (line.baseAddress, trie.pool + Int(bytes.lowerBound))
    guard count > 0, let here else { return true }
    var offset = 0
    while offset < count, here[position + offset] == wanted[offset] { offset += 1 }
    return offset == count
  }

  func bytes(_ range: Range<Int32>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: trie.pool + Int(range.lowerBound), count: range.width)
  }

  func isBoundary(_ position: Int, _ list: MatchTrie.List) -> Bool {
    position == line.count || has(list.separator, at: position) || list.isSeparatedBySpace
      || !isWordByte(line[position])
  }

  func isWordByte(_ byte: UInt8) -> Bool { CharacterClasses.table[Int(byte)] & CharacterClasses.wordBit != 0 }

  func textEnd(from start: Int, list: MatchTrie.List, suffix: Range<Int32>) -> Int {
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
