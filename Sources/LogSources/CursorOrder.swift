// How two entries of a journal stand to each other.

extension Cursor {
  /// Whether both name one entry. A flush to disk gives an entry another sequence number, so the text may differ.
  func isSameEntry(as other: Cursor) -> Bool {
    bootID == other.bootID && monotonic == other.monotonic && realtime == other.realtime
      && contentHash == other.contentHash
      && (sequenceID != other.sequenceID || sequenceNumber == other.sequenceNumber)
  }

  /// How many entries lie between an earlier one and this one; nil when the numbers cannot say.
  func distance(from earlier: Cursor) -> Int? {
    guard sequenceID == earlier.sequenceID, sequenceNumber > earlier.sequenceNumber else { return nil }
    return Int(exactly: sequenceNumber - earlier.sequenceNumber - 1)
  }

  /// libsystemd's order of entries of different files: sequence number, else boot and monotonic time, else realtime.
  func precedes(_ other: Cursor) -> Bool {
    if sequenceID == other.sequenceID, sequenceNumber != other.sequenceNumber {
      return sequenceNumber < other.sequenceNumber
    }
    if bootID == other.bootID, monotonic != other.monotonic { return monotonic < other.monotonic }
    if realtime != other.realtime { return realtime < other.realtime }
    return contentHash < other.contentHash
  }
}

extension SourcePosition {
  /// The newest cursor of a journal's streams.
  func newestCursor(of name: String) -> Cursor? {
    cursors.filter { $0.key == name || $0.key.hasPrefix(name + "#") }.values.max { $0.realtime < $1.realtime }
  }
}
