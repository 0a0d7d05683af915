/// The ends of paths, asked for from the right to the left: what is known of the right is not scanned again.
struct AddressPathEnds {
  private let path: AddressPath
  /// From where on all is known, and what stands there first.
  private var known: Int
  private var closing: Int?
  private var hiding: Int?
  /// How many bytes were looked at.
  private(set) var steps = 0

  /// - Parameter end: no path is asked for that ends behind it.
  init(line: UnsafeBufferPointer<UInt8>, upTo end: Int) {
    path = AddressPath(line: line)
    known = min(line.count, end + 1)
  }

  /// The offset of the `>` that closes the path which begins at an offset in front of those asked for before.
  mutating func end(from start: Int) -> Int? {
    var offset = known
    while offset > start {
      offset -= 1
      let byte = path.line[offset]
      if byte == AddressPath.closing { closing = offset }
      if byte == AddressPath.quote || byte == AddressPath.backslash { hiding = offset }
    }
    steps += known - offset
    known = start
    guard let closing else { return nil }
    guard let hiding, hiding < closing else { return closing }
    let end = path.hiddenEnd(from: start, first: closing, limit: path.line.count)
    steps += end - start
    return end
  }
}
