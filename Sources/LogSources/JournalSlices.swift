/// A stored journal cut into slices of its sequence, so that several readers read it side by side.
///
/// Each slice begins with the entry that libsystemd finds for a sequence number, and ends before the entry that it finds
/// for the next slice's: asked the same, it answers the same, so that the slices in their order hold each entry that one
/// reader would read, once, and in the same order. That needs one sequence throughout: the journal of one machine, whose
/// files all bear its numbers, as journald and systemd-journal-remote write them.
public struct JournalSlices: Sendable {
  /// How many slices there are.
  public var count: Int { starts.count }
  /// What people have to know about the journal.
  public let notices: [SourceNotice]

  let sequenceID: ID128
  /// The sequence numbers with which the slices begin.
  let starts: [UInt64]
  let origin: StreamOrigin

  /// Sequence numbers a slice: what one reader is ahead of another.
  public static let defaultSize: UInt64 = 4096
  /// More slices than a journal has: its headers are damaged.
  private static let maximumCount: UInt64 = 1_000_000

  /// Plans the slices of a request's journal; nil where they would not be certain to be what one reader reads, or would
  /// be too few to be worth it.
  ///
  /// - Throws: `JournalError` when the journal cannot be read at all.
  public init?(_ request: SourceRequest, size: UInt64 = Self.defaultSize) throws(JournalError) {
    guard let request = request.journalRequest, Self.isPlain(request) else { return nil }
    let discovery = try StreamDiscovery(request.selection)
    guard discovery.origins.count == 1, let origin = discovery.origins.first, origin.matches.isEmpty, !origin.isRest,
      let sequence = Self.sequence(of: origin)
    else { return nil }
    // Where the request begins.
    let stream = try JournalStream(origin, start: request.start, until: nil, watches: false)
    guard try stream.advance(remembering: false), let first = stream.handle.cursor(), first.sequenceID == sequence.id,
      sequence.last >= first.sequenceNumber,
      (2..<Self.maximumCount).contains((sequence.last - first.sequenceNumber) / size)
    else { return nil }
    sequenceID = sequence.id
    starts = Array(stride(from: first.sequenceNumber, through: sequence.last, by: Int(size)))
    notices = discovery.notices
    self.origin = origin
  }

  private static func isPlain(_ request: JournalRequest) -> Bool {
    guard !request.follows, request.boot == nil else { return false }
    switch request.start {
    case .head, .since: return true
    case .tail, .at, .afterCursor, .after: return false
    }
  }

  /// The one sequence that all files bear; nil when there are several, or its numbers have wide holes.
  private static func sequence(of origin: StreamOrigin) -> (id: ID128, last: UInt64)? {
    let paths: [String]
    switch origin.opening {
    case .files(let files): paths = files
    case .listed: return nil
    case .localMachine, .namespace, .directory: paths = origin.opening.listing?.allFiles() ?? []
    }
    let headers = paths.map(JournalFileHeader.init(path:))
    let filled = headers.compactMap { $0 }.filter { $0.entryCount > 0 }
    guard headers.allSatisfy({ $0 != nil }), let id = filled.first?.sequenceID,
      filled.allSatisfy({ $0.sequenceID == id && $0.firstSequenceNumber <= $0.lastSequenceNumber }),
      let first = filled.map(\.firstSequenceNumber).min(), let last = filled.map(\.lastSequenceNumber).max(),
      first > 0, (last - first) / 4 <= filled.reduce(0, { $0 &+ $1.entryCount }), last < UInt64(Int.max)
    else { return nil }
    return (id, last)
  }
}
