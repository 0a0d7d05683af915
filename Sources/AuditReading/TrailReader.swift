import AuditFiles
import AuditModel
import Glibc
import Platform

/// One line of an audit file, as it stands there.
package struct TrailLine: Sendable, Hashable {
  /// The file's day.
  package let day: Day
  /// Where the line begins in the file, in bytes.
  package let offset: Int
  /// Without the line end. Made by `RecordEncoder`, it is safe to print; `event()` says whether it was.
  package let bytes: ArraySlice<UInt8>

  /// The event; throws a `RecordError` when the line is no record.
  package func event() throws(RecordError) -> AuditEvent { try RecordDecoder().decode(bytes) }
}

/// Where a reader stands in a trail.
package struct TrailPosition: Sendable, Hashable {
  package var day: Day
  /// Bytes of the day's file that were read.
  package var offset: Int

  package init(day: Day, offset: Int) {
    self.day = day
    self.offset = offset
  }
}

/// Reads an audit tree, also while it is written: a last line that has no end yet is not handed out.
package struct TrailReader {
  package enum Order: Sendable {
    case oldestFirst, newestFirst
  }

  let root: Directory

  /// Opens a tree; throws a `FileError` when it does not exist or is a symbolic link.
  package init(root path: String) throws(FileError) {
    root = try Directory.open(path, create: false, calls: SystemCalls())
  }

  init(root: Directory) { self.root = root }

  /// The trails of the tree in the order of their directories, but for the collector's own.
  ///
  /// One of which the retention has left nothing but the end of its chain is not among them.
  package func trails() throws(FileError) -> [TrailPath] {
    var trails: [TrailPath] = []
    for trail in try TrailListing(root: root).trails() where trail != TrailPath(.bridge) {
      if root.isThere(trail.directory + "/" + TrailHead.fileName), try days(of: trail).isEmpty { continue }
      trails.append(trail)
    }
    return trails
  }

  /// The mailbox whose trail it is; nil for trails of others.
  ///
  /// Where the name was shortened, the newest record says it that names a mailbox whose trail is there: one that was
  /// moved there names another.
  package func mailbox(of trail: TrailPath) throws(FileError) -> MailboxAddress? {
    if case .mailbox(let address)? = trail.owner { return address }
    guard trail.owner == nil else { return nil }
    var found: MailboxAddress?
    try forEachLine(of: trail, order: .newestFirst) { line in
      do {
        found = try line.event().fields[.mailbox].flatMap { MailboxAddress(Array($0)) }
          .flatMap { TrailPath(.mailbox($0)) == trail ? $0 : nil }
        return found == nil
      } catch {
        // Of another version, or no record: one in front of it may say it.
        return true
      }
    }
    return found
  }

  /// The days for which there is a file, in order.
  package func days(of trail: TrailPath) throws(FileError) -> [Day] {
    guard let directory = try directory(of: trail) else { return [] }
    return try directory.names().filter(directory.isFile).compactMap(Day.init(fileName:)).sorted()
  }

  /// Hands out the lines of a trail until the body answers false.
  ///
  /// With times (microseconds since 1970), records outside them are left out; a line whose time cannot be read is handed
  /// out. Within a file lines come as they stand there, which is nearly, not always, the order of time. A last line
  /// without its end is handed out where a later day has a file, since nobody writes it any more.
  package func forEachLine(
    of trail: TrailPath, in times: Range<UInt64>? = nil, order: Order = .oldestFirst,
    _ body: (TrailLine) throws(FileError) -> Bool
  ) throws(FileError) {
    var days = try days(of: trail)
    let newest = days.last
    if let times, let latest = times.last { days = days.filter { $0.mayHold(times.lowerBound...latest) } }
    if order == .newestFirst { days.reverse() }
    guard let directory = try directory(of: trail) else { return }
    let decoder = RecordDecoder()
    var goesOn = true
    for day in days where goesOn {
      guard let (file, length) = try directory.file(day.fileName, flags: O_RDONLY) else { continue }
      let scanner = LineScanner(file, path: directory.path + "/" + day.fileName)
      func pass(_ line: LineScanner.Line) throws(FileError) -> Bool {
        guard line.isWhole || day != newest else { return true }
        if let times, let time = decoder.identity(of: line.bytes)?.time, !times.contains(time) { return true }
        goesOn = try body(TrailLine(day: day, offset: line.offset, bytes: line.bytes))
        return goesOn
      }
      switch order {
      case .oldestFirst: try scanner.forward(from: 0, pass)
      case .newestFirst: try scanner.backward(from: length, pass)
      }
    }
  }

  /// The last lines of a trail, the oldest of them first. Reads from the end: the length of the trail is no matter.
  package func last(_ count: Int, of trail: TrailPath) throws(FileError) -> [TrailLine] {
    guard count > 0 else { return [] }
    var lines: [TrailLine] = []
    try forEachLine(of: trail, order: .newestFirst) { line in
      lines.append(line)
      return lines.count < count
    }
    return lines.reversed()
  }

  /// The offset behind the last whole line of a trail; nil when it has no file.
  package func end(of trail: TrailPath) throws(FileError) -> TrailPosition? {
    guard let day = try days(of: trail).last, let directory = try directory(of: trail),
      let (file, length) = try directory.file(day.fileName, flags: O_RDONLY)
    else { return nil }
    var position = TrailPosition(day: day, offset: 0)
    let scanner = LineScanner(file, path: directory.path + "/" + day.fileName)
    try scanner.backward(from: length) { line in
      position.offset = line.isWhole ? line.end : line.offset
      return false
    }
    return position
  }

  /// Hands out the whole lines behind a position, also those of later days, and answers the position behind them.
  ///
  /// Without a position everything is handed out. For `show --follow`: call it again when a file has changed. Lines
  /// that come late into an earlier day's file are not seen.
  package func forEachLine(
    of trail: TrailPath, after position: TrailPosition?, _ body: (TrailLine) throws(FileError) -> Void
  ) throws(FileError) -> TrailPosition? {
    var position = position
    guard let directory = try directory(of: trail) else { return position }
    for day in try days(of: trail) {
      if let position, day < position.day { continue }
      guard let (file, length) = try directory.file(day.fileName, flags: O_RDONLY) else { continue }
      var offset = position.map { $0.day == day ? $0.offset : 0 } ?? 0
      // Shorter than what was read: it was removed and made anew.
      if offset > length { offset = 0 }
      try LineScanner(file, path: directory.path + "/" + day.fileName).forward(from: offset) {
        (line) throws(FileError) in
        guard line.isWhole else { return false }
        try body(TrailLine(day: day, offset: line.offset, bytes: line.bytes))
        offset = line.end
        return true
      }
      position = TrailPosition(day: day, offset: offset)
    }
    return position
  }

  private func directory(of trail: TrailPath) throws(FileError) -> Directory? {
    var walker = TreeWalker(root: root)
    return try walker.directory(trail, create: false)
  }
}
