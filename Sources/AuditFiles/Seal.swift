/// One seal: a root over the ends of all day files that changed since the seal before, and over that seal's root.
package struct Seal: Sendable, Hashable {
  /// From 1 on, without gaps.
  package var number: UInt64
  /// When it was made, by the clock on the wall, in microseconds since 1970.
  package var time: UInt64
  /// How many day files it covers.
  package var files: Int
  /// The root of the seal before; zero for the first.
  package var previous: ChainHash
  /// The SHA-256 of all bytes of the seal in front of `,"root":`; so it covers the number, the time and `previous` too.
  package var root: ChainHash

  package init(number: UInt64, time: UInt64, files: Int, previous: ChainHash, root: ChainHash) {
    self.number = number
    self.time = time
    self.files = files
    self.previous = previous
    self.root = root
  }
}

/// What a seal says of one day file: how long it was, and the hash of the line that ended there.
package struct SealedFile: Hashable {
  package var trail: TrailPath
  package var day: Day
  package var length: Int
  package var head: ChainHash

  package init(trail: TrailPath, day: Day, length: Int, head: ChainHash) {
    (self.trail, self.day, self.length, self.head) = (trail, day, length, head)
  }
}

/// A line of a seal log: one for each file, then the closing one.
package enum SealLine: Hashable {
  case file(SealedFile, seal: UInt64)
  case closing(Seal)

  /// With the line end.
  package var bytes: [UInt8] {
    switch self {
    case .file(let file, let seal):
      let text =
        #"{"seal":\#(seal),"trail":"\#(file.trail.directory)","day":"\#(file.day.digits)","length":\#(file.length),"#
        + #""head":"\#(file.head)"}"#
      return Array(text.utf8) + [10]
    case .closing(let seal):
      return Self.closingHead(seal) + Array(#","root":"\#(seal.root)"}"#.utf8) + [10]
    }
  }

  /// The closing line up to what the root covers.
  package static func closingHead(_ seal: Seal) -> [UInt8] {
    var bytes = Array(#"{"seal":\#(seal.number),"time":""#.utf8)
    RecordTime.append(seal.time, to: &bytes)
    return bytes + Array(#"","trails":\#(seal.files),"previous":"\#(seal.previous)""#.utf8)
  }

  /// Reads a line, given without its line end; nil for every other text: only the one way of writing it is ours.
  package init?(_ line: ArraySlice<UInt8>) {
    // No value has a quotation mark in it.
    let parts = line.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
    guard let read = Self.file(parts) ?? Self.closing(parts), read.bytes.dropLast().elementsEqual(line)
    else { return nil }
    self = read
  }

  private static func file(_ parts: [ArraySlice<UInt8>]) -> SealLine? {
    guard parts.count == 17, let seal = number(parts[2]), let day = Day(digits: parts[9]),
      let length = number(parts[12]), length <= UInt64(Int.max), let head = ChainHash(hexadecimal: parts[15])
    else { return nil }
    let names = String(decoding: parts[5], as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 1 || names.count == 2 else { return nil }
    let trail = TrailPath(parent: String(names[0]), child: names.count == 2 ? String(names[1]) : nil)
    guard trail.isOurs else { return nil }
    return .file(SealedFile(trail: trail, day: day, length: Int(length), head: head), seal: seal)
  }

  private static func closing(_ parts: [ArraySlice<UInt8>]) -> SealLine? {
    guard parts.count == 17, let seal = number(parts[2]), let time = RecordTime.read(parts[5]),
      let files = number(parts[8]), let previous = ChainHash(hexadecimal: parts[11]),
      let root = ChainHash(hexadecimal: parts[15])
    else { return nil }
    return .closing(
      Seal(number: seal, time: time, files: Int(clamping: files), previous: previous, root: root))
  }

  /// The number in `:17,`.
  private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
    UInt64(String(decoding: text.dropFirst().dropLast(), as: UTF8.self))
  }
}
