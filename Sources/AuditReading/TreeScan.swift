import AuditFiles
import AuditModel
import Platform
import Synchronization

/// One pass over many trails on several threads: lines that may fit are decoded, and events that fit are handed to sinks.
package struct TreeScan: Sendable {
  let root: Directory
  let trails: [TrailPath]
  let filter: LineFilter
  let accepts: @Sendable (AuditEvent, TrailPath) -> Bool
  /// Whether the newest file of a trail is read first: where the newest events are sought, older files may be left out.
  let startsWithNewest: Bool
  let threads: Int

  /// - Returns: the sink of each thread, and the files that had lines which are no records.
  /// - Throws: `FileError` for the first file or directory that cannot be read.
  func run<Sink: EventSink>(
    _ makeSink: @Sendable () -> Sink
  ) throws(FileError) -> (sinks: [Sink], unread: [UnreadFile]) {
    let queue = TrailQueue(count: trails.count)
    let sinks = (0..<max(1, threads)).map { _ in makeSink() }
    let shares = ParallelWork.map(threads: sinks.count) { thread -> Share<Sink> in
      let scan = TrailScan(self, sinks[thread])
      while let numbers = queue.next() {
        for number in numbers {
          do throws(FileError) { try scan.read(number) } catch {
            queue.stop()
            return Share(sink: scan.sink, unread: scan.unread, error: (number, error))
          }
        }
      }
      return Share(sink: scan.sink, unread: scan.unread, error: nil)
    }
    if let fault = shares.compactMap(\.error).min(by: { $0.trail < $1.trail }) { throw fault.error }
    return (shares.map(\.sink), shares.flatMap(\.unread))
  }

  private struct Share<Sink: EventSink> {
    var sink: Sink
    var unread: [UnreadFile]
    var error: (trail: Int, error: FileError)?
  }
}

/// Gives each thread the next trails, so that one with long ones does less of them.
private final class TrailQueue: Sendable {
  private let count: Int
  private let begun = Atomic(0)
  private static let step = 8

  init(count: Int) { self.count = count }

  func next() -> Range<Int>? {
    let start = begun.wrappingAdd(Self.step, ordering: .relaxed).oldValue
    return start < count ? start..<min(start + Self.step, count) : nil
  }

  /// Nobody begins another one.
  func stop() { begun.store(count, ordering: .relaxed) }
}
