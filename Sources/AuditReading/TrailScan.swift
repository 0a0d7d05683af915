import AuditFiles
import AuditModel
import Glibc
import Platform

/// Reads trails for a `TreeScan`, on one thread, with memory for a block of a file.
final class TrailScan<Sink: EventSink> {
  private let scan: TreeScan
  private(set) var sink: Sink
  private(set) var unread: [UnreadFile] = []
  private let sieve: LineSieve
  private var walker: TreeWalker
  private let decoder = RecordDecoder()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512 * 1024, alignment: 64)
  /// A longer line is no record, and what it has is left out.
  private let maximumLineLength = 256 * 1024

  init(_ scan: TreeScan, _ sink: Sink) {
    (self.scan, self.sink) = (scan, sink)
    sieve = LineSieve(scan.filter)
    walker = TreeWalker(root: scan.root)
  }

  deinit { buffer.deallocate() }

  /// - Parameter number: that of the trail in the list.
  func read(_ number: Int) throws(FileError) {
    let trail = scan.trails[number]
    guard let directory = try walker.directory(trail, create: false) else { return }
    var files = try directory.names(of: .file).compactMap { name in Day(fileName: name).map { (day: $0, name: name) } }
    files.sort { $0.day < $1.day }
    let newest = files.last?.day
    if scan.startsWithNewest { files.reverse() }
    for (day, name) in files {
      sieve.narrow(to: sink.wantedTimes)
      guard sieve.head.mayHold(day), let (file, length) = try directory.file(name, flags: O_RDONLY) else { continue }
      let place = Place(number: number, trail: trail, day: day, isWritten: day == newest)
      let result = read(file, length: length, place)
      if result < 0 { throw directory.error(.read, name, Int32(-result)) }
    }
  }

  private struct Place {
    var number: Int
    var trail: TrailPath
    var day: Day
    /// Whether somebody may still write the file: a last line without its end is not a line yet.
    var isWritten: Bool
  }

  /// - Returns: a negated errno value, or 0.
  private func read(_ file: FileDescriptor, length: Int, _ place: Place) -> Int {
    var position = 0
    var kept = 0
    while true {
      let wanted = min(buffer.count - kept, length - position)
      let count = file.read(at: position, into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept..<(kept + wanted)]))
      guard count >= 0 else { return count }
      position += count
      let filled = kept + count
      let isAtEnd = position >= length || count < wanted
      var end = endOfLines(filled)
      if isAtEnd ? !place.isWritten : filled - end > maximumLineLength { end = filled }
      look(at: UnsafeRawBufferPointer(rebasing: buffer[..<end]), from: position - filled, place)
      if isAtEnd { return 0 }
      kept = filled - end
      if kept > 0, let base = buffer.baseAddress { memmove(base, base + end, kept) }
    }
  }

  /// The offset behind the last line end of the buffer's first bytes.
  private func endOfLines(_ filled: Int) -> Int {
    var end = filled
    while end > 0, buffer[end - 1] != 10 { end -= 1 }
    return end
  }

  private func look(at bytes: UnsafeRawBufferPointer, from start: Int, _ place: Place) {
    sieve.forEachLine(in: bytes) { line in
      let bytes = UnsafeRawBufferPointer(rebasing: bytes[line])
      do throws(RecordError) {
        let event = try decoder.decode(bytes)
        guard scan.accepts(event, place.trail) else { return }
        let offset = start + line.lowerBound
        sink.take(event, at: EventPlace(time: event.time, trail: place.number, day: place.day, offset: offset))
        sieve.narrow(to: sink.wantedTimes)
      } catch {
        note(error, bytes, place)
      }
    }
  }

  private func note(_ error: RecordError, _ line: UnsafeRawBufferPointer, _ place: Place) {
    if unread.last?.trail != place.trail || unread.last?.day != place.day {
      unread.append(UnreadFile(trail: place.trail, day: place.day))
    }
    unread[unread.count - 1].add(error, time: RecordHead(line).flatMap { RecordTime.read($0.time) })
  }
}
