import RuleTable

/// Working out the keys of the rule at work, in the arena behind its captures.
extension Correlator {
  /// The key of a context: see `ContextKey`. Leaves the arena as it was.
  func key(_ index: Int32) -> ContextKey {
    if let made = keyCache.key(at: index) {
      if made.isDoubtful { sawDoubt = true }
      return made.key
    }
    let outer = sawDoubt
    sawDoubt = false
    let made = makeKey(program.keys[Int(index)])
    if program.keys[Int(index)].isOfCaptures { keyCache.enter(made, at: index, isDoubtful: sawDoubt) }
    sawDoubt = outer || sawDoubt
    return made
  }

  private func makeKey(_ key: ActionProgram.Key) -> ContextKey {
    let start = arena.count
    defer { arena.truncate(to: start) }
    let head = arena.extend(by: 8)
    UnsafeMutableRawPointer(head).storeBytes(of: key.kindHash.littleEndian, as: UInt32.self)
    let machine = key.crossesHosts ? 0 : UInt32(truncatingIfNeeded: frame.facts.machine)
    UnsafeMutableRawPointer(head + 4).storeBytes(of: machine.littleEndian, as: UInt32.self)
    for index in key.parts {
      let header = arena.count
      _ = arena.extend(by: 2)
      _ = append(program.lists[Int(index)])
      let length = arena.count - header - 2
      arena.start[header] = UInt8(truncatingIfNeeded: length)
      arena.start[header + 1] = UInt8(truncatingIfNeeded: length >> 8)
      arena.truncate(to: header + 2 + 512)
    }
    return secret.key(of: arena[from: start])
  }
}
