/// Finds the boots of a journal, as `journalctl --list-boots` does.
enum BootResolver {
  /// The id that a selection means in the journal of one writer.
  ///
  /// Throws when the journal has no such boot.
  static func bootID(_ selection: BootSelection, in origin: StreamOrigin) throws(JournalError) -> ID128 {
    guard case .offset(let offset) = selection else {
      guard case .id(let id) = selection else { fatalError("two kinds of boot selection") }
      return id
    }
    let boots = try self.boots(in: origin)
    let index = offset > 0 ? offset - 1 : boots.count - 1 + offset
    guard boots.indices.contains(index) else {
      throw JournalError(
        operation: "cannot find boot \(offset) in the journal", subject: origin.key,
        detail: "it has \(boots.count) boots", remedy: "journalctl --list-boots shows them")
    }
    return boots[index]
  }

  /// All boots, the oldest first: jumps from the first entry of a boot to its last with a match, not entry by entry.
  static func boots(in origin: StreamOrigin) throws(JournalError) -> [ID128] {
    let handle = try JournalHandle(origin.opening, matches: origin.matches, watches: false)
    var boots: [ID128] = []
    var result = handle.seekHead()
    while result >= 0 {
      result = handle.next()
      guard result > 0, let boot = handle.monotonic()?.bootID else { break }
      // A boot that shows up again (a clock set back between files) is one boot; going on from its end would circle.
      if boots.contains(boot) { continue }
      boots.append(boot)
      result = handle.add(match: "_BOOT_ID=\(boot)")
      if result >= 0 { result = handle.seekTail() }
      if result >= 0 { result = handle.previous() }
      handle.removeMatches()
      for match in origin.matches where result >= 0 { result = handle.add(match: match) }
    }
    if result < 0 {
      throw JournalError(operation: "cannot list the boots of the journal", subject: origin.key, code: -result)
    }
    return boots
  }
}
