import Glibc

/// Makes entries of a text log's lines: finds their time, whose they are, and what separates equal ones.
///
/// Such an entry has no fields that journald writes: its file is believed as a whole. One that journalctl exported has them,
/// and is believed as the journal's own. The identity of a line is a hash of time,
/// identifier, pid, message and the number of lines alike before it in the same second: the same line has the same
/// identity in a rotated or compressed copy.
public struct TextEntryAssembler {
  /// What a line became.
  public enum Result: Sendable, Equatable {
    /// An entry in the batch.
    case entry
    /// Nobody asked for it, by identifier or time.
    case unwanted
    /// No line of this format.
    case unparsed
  }

  let format: TextLogFormat
  let zone: LocalZone
  var clock: LineClock
  private(set) var repeats = RepeatCounter()
  private var lastLine = LastLine()
  /// How many messages journalctl left out of wanted entries.
  private(set) var leftOutMessages = 0
  /// The streams of a container whose last line was a part of one.
  private var cutStreams: Set<UInt8> = []
  private let identifier: [UInt8]?
  private let interest: (any EntryInterest)?
  private var decoder: FieldDecoder
  private let filter: CompiledFilter?
  private let hosts: HostNames
  /// The host of the line before, and its machine: most lines have the same one.
  private var knownHost: [UInt8] = []
  private var knownMachine = ID128.zero
  private var isKnownOwn = false
  /// Only entries from here on are wanted, microseconds since 1970.
  var since: UInt64 = 0
  /// The last moment that is wanted.
  var until: UInt64 = .max

  /// - Parameters:
  ///   - name: the log's file name, from which Mailman's entries have their identifier.
  ///   - last: the time of the last line that was read before, microseconds since 1970; nil at the start.
  public init(
    format: TextLogFormat, name: String = "", interest: (any EntryInterest)? = nil, zone: LocalZone = .system,
    last: UInt64? = nil
  ) {
    self.init(format: format, name: name, interest: interest, filter: nil, zone: zone, last: last)
  }

  init(
    format: TextLogFormat, name: String, interest: (any EntryInterest)?, filter: CompiledFilter?,
    zone: LocalZone = .system, last: UInt64? = nil
  ) {
    self.format = format
    self.zone = zone
    self.interest = interest
    decoder = FieldDecoder(interest: interest)
    self.filter = filter
    clock = LineClock(zone: zone, last: last)
    identifier = format.identifier(ofLogNamed: name)
    hosts = HostNames()
  }

  /// Puts one line, without its end, into the batch.
  ///
  /// - Parameters:
  ///   - now: the wall clock, seconds since 1970: no line without a year is put past it.
  ///   - isCut: whether the line was longer than `EntryBatch.fieldLimit`.
  public mutating func append(_ line: UnsafeRawBufferPointer, now: Int, isCut: Bool = false, to batch: EntryBatch)
    -> Result
  {
    guard let parsed = format.parse(line) else { return .unparsed }
    let time = clock.resolve(parsed.time, limit: now)
    batch.examinedCount += 1
    return append(parsed, of: line, realtime: time, isCut: isCut, file: 0, offset: 0, to: batch)
  }

  /// What separates the line that was appended last from others, but for the number of lines alike before it.
  public private(set) var lastIdentity = Identity(second: 0, hash: 0)

  /// A line's second and the hash of its parts.
  public struct Identity: Sendable, Equatable {
    /// Seconds since 1970.
    public var second: Int
    /// Of time, identifier, pid and message.
    public var hash: UInt64

    public init(second: Int, hash: UInt64) {
      self.second = second
      self.hash = hash
    }
  }

  /// Counts a line that was appended in an earlier run, so that those alike that come now have their numbers.
  public mutating func recall(_ identity: Identity) {
    _ = repeats.ordinal(of: identity.hash, second: identity.second, file: 0, offset: 0)
  }

  /// Puts a line that was taken apart into the batch, as often as it stands for.
  mutating func append(
    _ line: TextLine, of bytes: UnsafeRawBufferPointer, realtime: UInt64, isCut: Bool, file: Int, offset: UInt64,
    to batch: EntryBatch
  ) -> Result {
    let origin = Origin(realtime: realtime, isCut: isCut, file: file, offset: offset)
    switch line.content {
    case .line: return append(line, of: bytes, from: origin, to: batch)
    case .decoded(let text): return text.withUnsafeBytes { append(line, of: $0, from: origin, to: batch) }
    case .entry(let exported): return append(exported, from: origin, to: batch)
    }
  }

  private mutating func append(
    _ line: TextLine, of bytes: UnsafeRawBufferPointer, from origin: Origin, to batch: EntryBatch
  ) -> Result {
    guard !isPart(line) else { return .unwanted }
    switch line.repetition {
    case .none:
      let result = appendOnce(line, of: bytes, from: origin, to: batch)
      lastLine.remember(line, of: bytes, isWanted: result == .entry)
      return result
    case .ofMessage(let count):
      var result = Result.unwanted
      for _ in 0..<Self.bounded(count, line) { result = appendOnce(line, of: bytes, from: origin, to: batch) }
      return result
    case .ofLine(let count):
      // What came again is nobody's when the line before is not known, or another host's.
      guard let (last, text, count) = lastLine.take(count, ofHost: bytes[line.host]) else { return .unwanted }
      var result = Result.unwanted
      text.withUnsafeBytes { text in
        for _ in 0..<Self.bounded(count, last) { result = appendOnce(last, of: text, from: origin, to: batch) }
      }
      return result
    }
  }

  /// Whether it is a part of a longer line: where a part begins, a stranger's text may have put it.
  private mutating func isPart(_ line: TextLine) -> Bool {
    switch line.part {
    case .none: return false
    case .cut(let stream):
      cutStreams.insert(stream)
      return true
    case .end(let stream): return cutStreams.remove(stream) != nil
    }
  }

  /// No more copies than a batch has room for.
  private static func bounded(_ count: Int, _ line: TextLine) -> Int {
    min(count, max(1, EntryBatch.byteLimit / max(1, line.message.count)))
  }

  /// Where a line stands.
  private struct Origin {
    var realtime: UInt64
    var isCut: Bool
    var file: Int
    var offset: UInt64
  }

  private mutating func appendOnce(
    _ line: TextLine, of bytes: UnsafeRawBufferPointer, from origin: Origin, to batch: EntryBatch
  ) -> Result {
    let name = identifier ?? line.daemon.map { Array($0.rawValue.utf8) }
    if let interest {
      let isWanted =
        name.map { $0.withUnsafeBytes { interest.wants(identifier: $0) } }
        ?? interest.wants(identifier: UnsafeRawBufferPointer(rebasing: bytes[line.identifier]))
      if !isWanted { return .unwanted }
    }
    var entry = JournalEntry()
    let start = batch.buffer.count
    entry.realtime = origin.realtime
    entry.isFromTextLog = true
    entry.pid = line.pid
    entry.identifier =
      name.map { $0.withUnsafeBytes { Self.copy($0, to: batch) } } ?? Self.copy(bytes, line.identifier, to: batch)
    entry.message = copyMessage(line, bytes, to: batch)
    entry.hasMessage = true
    entry.isMessageTruncated = origin.isCut
    entry.contentHash = contentHash(of: entry, origin.file, origin.offset, batch)
    guard origin.realtime >= since, origin.realtime <= until else {
      batch.buffer.rollBack(to: start)
      return .unwanted
    }
    setHost(of: &entry, bytes, line.host, batch)
    if let filter, !filter.passes(entry, of: batch) {
      batch.buffer.rollBack(to: start)
      return .unwanted
    }
    batch.append(entry)
    if origin.isCut { batch.truncatedCount += 1 }
    return .entry
  }

  // MARK: Exported entries

  /// As the journal's reader would take the entry.
  private mutating func append(_ exported: ExportedEntry, from origin: Origin, to batch: EntryBatch) -> Result {
    var entry = JournalEntry()
    let start = batch.buffer.count
    guard case .kept = decoder.decode(exported, into: &entry, of: batch) else { return .unwanted }
    entry.contentHash = contentHash(of: exported, from: origin)
    guard origin.realtime >= since, origin.realtime <= until, filter?.passes(entry, of: batch) ?? true else {
      batch.buffer.rollBack(to: start)
      return .unwanted
    }
    if exported.isMessageLeftOut { leftOutMessages += 1 }
    guard decoder.keeps(&entry, of: batch) else {
      batch.newestTime = max(batch.newestTime, entry.realtime)
      batch.buffer.rollBack(to: start)
      return .unwanted
    }
    batch.append(entry)
    return .entry
  }

  /// Its cursor's; without one a hash of all its fields, and of the number of entries alike before it.
  private mutating func contentHash(of exported: ExportedEntry, from origin: Origin) -> UInt64 {
    let second = Int(origin.realtime / 1_000_000)
    if let hash = exported.contentHash {
      lastIdentity = Identity(second: second, hash: hash)
      return hash
    }
    var hash = LineHash(seed: exported.monotonic)
    hash.combine(exported.realtime)
    exported.forEachField { hash.combine($0) }
    lastIdentity = Identity(second: second, hash: hash.value)
    let ordinal = repeats.ordinal(of: hash.value, second: second, file: origin.file, offset: origin.offset)
    if ordinal > 0 { hash.combine(UInt64(ordinal)) }
    return hash.value
  }

  // MARK: Parts

  private static func copy(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to batch: EntryBatch
  ) -> FieldRange {
    copy(UnsafeRawBufferPointer(rebasing: bytes[range]), to: batch)
  }

  private static func copy(_ bytes: UnsafeRawBufferPointer, to batch: EntryBatch) -> FieldRange {
    guard let start = bytes.baseAddress else { return .absent }
    return batch.buffer.append(start, bytes.count)
  }

  private func copyMessage(_ line: TextLine, _ bytes: UnsafeRawBufferPointer, to batch: EntryBatch) -> FieldRange {
    if line.omitted.isEmpty { return Self.copy(bytes, line.message, to: batch) }
    let first = Self.copy(bytes, line.message.lowerBound..<line.omitted.lowerBound, to: batch)
    let second = Self.copy(bytes, line.omitted.upperBound..<line.message.upperBound, to: batch)
    // What is appended lies one behind the other; an empty part has no offset.
    return FieldRange(offset: first.isEmpty ? second.offset : first.offset, length: first.length + second.length)
  }

  private mutating func contentHash(of entry: JournalEntry, _ file: Int, _ offset: UInt64, _ batch: EntryBatch)
    -> UInt64
  {
    var hash = LineHash()
    hash.combine(entry.realtime)
    hash.combine(UInt64(bitPattern: Int64(entry.pid)))
    batch.withBytes(of: entry.identifier) { hash.combine($0) }
    batch.withBytes(of: entry.message) { hash.combine($0) }
    lastIdentity = Identity(second: Int(entry.realtime / 1_000_000), hash: hash.value)
    let ordinal = repeats.ordinal(of: hash.value, second: lastIdentity.second, file: file, offset: offset)
    if ordinal > 0 { hash.combine(UInt64(ordinal)) }
    return hash.value
  }

  /// Lines without a host, and those of this machine's own name, are of this machine, as its journal's entries are.
  private mutating func setHost(
    of entry: inout JournalEntry, _ bytes: UnsafeRawBufferPointer, _ host: Range<Int>, _ batch: EntryBatch
  ) {
    guard !host.isEmpty else {
      entry.hostname = hosts.ownName.withUnsafeBytes { Self.copy($0, to: batch) }
      entry.machineID = hosts.ownMachine
      // A container's lines have no host either.
      entry.hasHostsUIDs = false
      return
    }
    let name = UnsafeRawBufferPointer(rebasing: bytes[host])
    entry.hostname = Self.copy(name, to: batch)
    if !knownHost.elementsEqual(name) {
      knownHost = Array(name)
      knownMachine = hosts.machine(ofHost: knownHost)
      isKnownOwn = hosts.isOwn(knownHost)
    }
    entry.machineID = knownMachine
    entry.hasHostsUIDs = isKnownOwn
  }
}
