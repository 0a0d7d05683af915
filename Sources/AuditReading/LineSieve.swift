import AuditFiles
import Platform

/// Goes through bytes line by line and hands out those that a `LineFilter` lets pass. Of one thread.
///
/// What is sought is sought in all of the bytes at once, not in each line, and so are the escapes in which it may hide.
final class LineSieve {
  private let seeksAnything: Bool
  private let isWantedAddress: ((UnsafeRawBufferPointer) -> Bool)?
  private let spellings: OtherSpellings
  private let seeksBareControls: Bool
  private let foldsCase: Bool
  private let texts: [[UInt8]]
  private(set) var head: HeadFilter
  /// The bytes in lower case, where case does not count.
  private var folded = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// Where each text is next, at or behind the line; the last offset when it is nowhere any more.
  private var nextTexts: [Int] = []
  private var nextSpelling = 0
  private var nextBareControl = 0
  private var nextKey = 0

  /// With its comma: the longer what is sought, the more is skipped. A key is never the first one.
  private static let addressKey = Array(#","ip":""#.utf8)
  private static let quote = UInt8(ascii: "\"")

  init(_ filter: LineFilter) {
    head = HeadFilter(filter)
    var sought: [SoughtText] = []
    var isWantedAddress: ((UnsafeRawBufferPointer) -> Bool)?
    switch filter.sought {
    case .anything: break
    case .texts(let texts): sought = texts
    case .address(let isWanted): isWantedAddress = isWanted
    }
    self.isWantedAddress = isWantedAddress
    seeksAnything = sought.isEmpty && isWantedAddress == nil
    texts = sought.map(\.bytes)
    foldsCase = sought.contains { $0.foldsCase }
    seeksBareControls = filter.seeksOtherKeys && !sought.isEmpty
    spellings = OtherSpellings(anyEscape: sought.contains { $0.hasEscapes }, madeAnew: seeksBareControls)
  }

  deinit { folded.deallocate() }

  /// Times outside of these are of no interest any more.
  func narrow(to times: ClosedRange<UInt64>) { head.narrow(to: times) }

  /// Hands out where each line that may fit is, without its line end.
  ///
  /// - Parameter bytes: whole lines, each with its line end but perhaps the last.
  func forEachLine(in bytes: UnsafeRawBufferPointer, _ body: (Range<Int>) -> Void) {
    let sought = prepare(bytes)
    var start = 0
    while start < bytes.count {
      let end = bytes.firstOffset(of: 10, from: start) ?? bytes.count
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      // What is no record is looked at, so that it is counted.
      if !RecordHead.isWhole(line) || (mayHaveSought(start..<end, bytes, sought) && head.accepts(line)) {
        body(start..<end)
      }
      start = end + 1
    }
  }

  private func prepare(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    nextTexts = Array(repeating: -1, count: texts.count)
    (nextSpelling, nextBareControl, nextKey) = (-1, -1, -1)
    guard foldsCase else { return bytes }
    if folded.count < bytes.count {
      folded.deallocate()
      folded = .allocate(byteCount: bytes.count, alignment: 16)
    }
    bytes.copyInLowerCase(to: folded)
    return UnsafeRawBufferPointer(rebasing: folded[..<bytes.count])
  }

  /// - Parameter sought: the bytes, in lower case where case does not count.
  private func mayHaveSought(
    _ line: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ sought: UnsafeRawBufferPointer
  ) -> Bool {
    if seeksAnything || hasText(line, sought) || hasAddress(line, bytes) { return true }
    if nextSpelling < line.lowerBound {
      nextSpelling = spellings.next(in: bytes, from: line.lowerBound) ?? bytes.count
    }
    if nextSpelling < line.upperBound { return true }
    guard seeksBareControls else { return false }
    if nextBareControl < line.lowerBound {
      nextBareControl = OtherSpellings.nextBareControl(in: bytes, from: line.lowerBound) ?? bytes.count
    }
    return nextBareControl < line.upperBound
  }

  private func hasText(_ line: Range<Int>, _ sought: UnsafeRawBufferPointer) -> Bool {
    for index in texts.indices {
      if nextTexts[index] < line.lowerBound {
        nextTexts[index] = sought.firstOffset(of: texts[index], from: line.lowerBound) ?? sought.count
      }
      if nextTexts[index] < line.upperBound { return true }
    }
    return false
  }

  /// A text that looks like the key may be the end of another key: each one is looked at.
  private func hasAddress(_ line: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let isWanted = isWantedAddress else { return false }
    if nextKey < line.lowerBound { nextKey = key(in: bytes, from: line.lowerBound + RecordHead.minimumLength) }
    while nextKey < line.upperBound {
      let start = nextKey + Self.addressKey.count
      let end = bytes.firstOffset(of: Self.quote, from: start) ?? bytes.count
      if isWanted(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) { return true }
      nextKey = key(in: bytes, from: start)
    }
    return false
  }

  private func key(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    bytes.firstOffset(of: Self.addressKey, from: start) ?? bytes.count
  }
}
