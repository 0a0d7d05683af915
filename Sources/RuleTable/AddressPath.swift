import Glibc

/// The one reader of mail addresses: of what stands between the angle brackets of an envelope address, a path of RFC
/// 5321, section 4.1.2, and of addresses that a daemon prints bare.
///
/// A local part is words with dots between them, each an atom or a quoted string (RFC 5322, section 4.4, obs-local-part),
/// in which a `>` ends nothing, nor does one behind a backslash. A source route may stand in front of it, a domain literal
/// behind, nothing at all between the brackets. Where neither a quote nor a backslash stands the first `>` is the end,
/// whatever is in front of it.
///
/// What holds quotes and is no such path, because a quote does not close, can be read in two ways; it is taken up to the
/// first `>`, and its bytes are doubtful.
struct AddressPath {
  let line: UnsafeBufferPointer<UInt8>

  static let quote = UInt8(ascii: "\"")
  static let backslash = UInt8(ascii: "\\")
  private static let opening = UInt8(ascii: "<")
  static let closing = UInt8(ascii: ">")
  private static let at = UInt8(ascii: "@")
  private static let dot = UInt8(ascii: ".")

  // MARK: - From the left

  /// The offset of the `>` that closes the path which begins at an offset.
  func end(from start: Int, limit: Int) -> Int? {
    guard let first = firstClosing(from: start, limit: limit) else { return nil }
    return mayHide(start..<first) ? hiddenEnd(from: start, first: first, limit: limit) : first
  }

  /// The end of a path that holds a quote or a backslash in front of the first `>`.
  func hiddenEnd(from start: Int, first: Int, limit: Int) -> Int {
    guard let end = pathEnd(from: start, limit: limit), end < limit else { return first }
    return line[end] == Self.closing ? end : first
  }

  /// The first `>`.
  func firstClosing(from start: Int, limit: Int) -> Int? {
    guard start < limit, let base = line.baseAddress,
      let found = memchr(base + start, Int32(Self.closing), limit - start)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// Whether the bytes between two offsets can be read in one way only.
  func isCertain(_ range: Range<Int>) -> Bool {
    !mayHide(range) || pathEnd(from: range.lowerBound, limit: range.upperBound) == range.upperBound
  }

  /// Whether a quote or a backslash stands there, which may hide a `>`.
  private func mayHide(_ range: Range<Int>) -> Bool {
    guard let base = line.baseAddress else { return false }
    return memchr(base + range.lowerBound, Int32(Self.quote), range.count) != nil
      || memchr(base + range.lowerBound, Int32(Self.backslash), range.count) != nil
  }

  /// The end of an address that need not stand in brackets: where its grammar ends. Nobody is `<>`, or nothing in
  /// brackets; a local user's has no domain.
  func bareEnd(from start: Int, limit: Int) -> Int? {
    let isBracketed = start > 0 && line[start - 1] == Self.opening
    if !isBracketed, start + 1 < limit, line[start] == Self.opening, line[start + 1] == Self.closing {
      return start + 2
    }
    guard let local = localEnd(from: start, limit: limit) else { return nil }
    if local == start { return isBracketed && start < limit && line[start] == Self.closing ? start : nil }
    guard local < limit, line[local] == Self.at else { return local }
    guard let domain = domainEnd(from: local + 1, limit: limit) else { return nil }
    return domain > local + 1 ? domain : nil
  }

  /// The offset of the quotation mark that ends what begins at an offset.
  func stringEnd(from start: Int, limit: Int) -> Int? {
    var offset = start
    while offset < limit, line[offset] != Self.quote { offset += line[offset] == Self.backslash ? 2 : 1 }
    return offset < limit ? offset : nil
  }

  /// Where a path's grammar ends; nil when a quote does not close.
  private func pathEnd(from start: Int, limit: Int) -> Int? {
    var offset = start
    if offset < limit, line[offset] == Self.at {
      guard let behind = routeEnd(from: offset, limit: limit) else { return nil }
      offset = behind
    }
    guard let local = localEnd(from: offset, limit: limit) else { return nil }
    offset = local
    if offset < limit, line[offset] == Self.at {
      guard let domain = domainEnd(from: offset + 1, limit: limit) else { return nil }
      offset = domain
    }
    return offset
  }

  private func localEnd(from start: Int, limit: Int) -> Int? {
    var offset = start
    while let word = wordEnd(from: offset, limit: limit) {
      guard word < limit, line[word] == Self.dot else { return word }
      offset = word + 1
    }
    return nil
  }

  /// Behind the `:` of `@a.example,@b.example:`.
  private func routeEnd(from start: Int, limit: Int) -> Int? {
    var offset = start
    while offset < limit, line[offset] == Self.at, let domain = domainEnd(from: offset + 1, limit: limit),
      domain < limit
    {
      if line[domain] == UInt8(ascii: ":") { return domain + 1 }
      guard line[domain] == UInt8(ascii: ",") else { return nil }
      offset = domain + 1
    }
    return nil
  }

  /// The end of a quoted string or an atom, which may be empty: daemons let `a..b` pass.
  private func wordEnd(from start: Int, limit: Int) -> Int? {
    var offset = start
    if offset < limit, line[offset] == Self.quote { return stringEnd(from: offset + 1, limit: limit).map { $0 + 1 } }
    while offset < limit {
      if line[offset] == Self.backslash {
        guard offset + 1 < limit else { return nil }
        offset += 2
      } else {
        guard Self.isAtext(line[offset]) else { break }
        offset += 1
      }
    }
    return offset
  }

  private func domainEnd(from start: Int, limit: Int) -> Int? {
    var offset = start
    guard offset < limit, line[offset] == UInt8(ascii: "[") else {
      while offset < limit, line[offset] == Self.dot || Self.isAtext(line[offset]) { offset += 1 }
      return offset
    }
    offset += 1
    while offset < limit, Self.isDtext(line[offset]) { offset += 1 }
    return offset < limit && line[offset] == UInt8(ascii: "]") ? offset + 1 : nil
  }

  // MARK: - From the right

  /// The start, behind its `<`, of the path that a `>` at `end` closes; not in front of `limit`.
  func start(upTo end: Int, limit: Int) -> Int? {
    var offset = end
    while offset > limit {
      let byte = line[offset - 1]
      if byte == Self.quote || byte == Self.backslash || backslashes(upTo: offset - 1, limit: limit) > 0 {
        return pathStart(upTo: end, limit: limit) ?? lastOpening(upTo: offset, limit: limit)
      }
      if byte == Self.opening { return offset }
      if byte == Self.closing { return nil }
      offset -= 1
    }
    return nil
  }

  private func lastOpening(upTo end: Int, limit: Int) -> Int? {
    var offset = end
    while offset > limit, line[offset - 1] != Self.closing {
      if line[offset - 1] == Self.opening { return offset }
      offset -= 1
    }
    return nil
  }

  /// The start of a whole path; nil when there is none.
  private func pathStart(upTo end: Int, limit: Int) -> Int? {
    var offset = end
    if let domain = domainStart(upTo: end, limit: limit), domain > limit, line[domain - 1] == Self.at {
      offset = domain - 1
    }
    while true {
      guard let word = wordStart(upTo: offset, limit: limit) else { return nil }
      offset = word
      guard offset > limit, line[offset - 1] == Self.dot else { break }
      offset -= 1
    }
    if offset > limit, line[offset - 1] == UInt8(ascii: ":") {
      guard let route = routeStart(upTo: offset, limit: limit) else { return nil }
      offset = route
    }
    return offset > limit && line[offset - 1] == Self.opening ? offset : nil
  }

  /// - Parameter end: behind the `:` of a source route.
  private func routeStart(upTo end: Int, limit: Int) -> Int? {
    var offset = end
    while let domain = domainStart(upTo: offset - 1, limit: limit), domain > limit, line[domain - 1] == Self.at {
      offset = domain - 1
      guard offset > limit, line[offset - 1] == UInt8(ascii: ",") else { return offset }
    }
    return nil
  }

  private func wordStart(upTo end: Int, limit: Int) -> Int? {
    guard end > limit, line[end - 1] == Self.quote, !isHidden(end - 1, limit: limit) else {
      return atomStart(upTo: end, limit: limit)
    }
    // The opening quote has no backslash in front.
    var offset = end - 1
    while offset > limit {
      offset -= 1
      guard line[offset] == Self.quote else { continue }
      let count = backslashes(upTo: offset, limit: limit)
      if count == 0 { return offset }
      guard !count.isMultiple(of: 2) else { return nil }
      offset -= count
    }
    return nil
  }

  /// A character behind a backslash is a letter like others; so is a backslash behind another.
  private func atomStart(upTo end: Int, limit: Int) -> Int? {
    var offset = end
    while offset > limit {
      let count = backslashes(upTo: offset - 1, limit: limit)
      if line[offset - 1] == Self.backslash {
        guard !count.isMultiple(of: 2) else { return nil }
        offset -= count + 1
      } else if !count.isMultiple(of: 2) {
        offset -= count + 1
      } else {
        guard Self.isAtext(line[offset - 1]) else { break }
        offset -= 1
      }
    }
    return offset
  }

  /// Whether an odd number of backslashes stands in front of a byte.
  private func isHidden(_ offset: Int, limit: Int) -> Bool {
    !backslashes(upTo: offset, limit: limit).isMultiple(of: 2)
  }

  private func backslashes(upTo end: Int, limit: Int) -> Int {
    var offset = end
    while offset > limit, line[offset - 1] == Self.backslash { offset -= 1 }
    return end - offset
  }

  private func domainStart(upTo end: Int, limit: Int) -> Int? {
    var offset = end
    guard offset > limit, line[offset - 1] == UInt8(ascii: "]") else {
      while offset > limit, line[offset - 1] == Self.dot || Self.isAtext(line[offset - 1]) { offset -= 1 }
      return offset
    }
    offset -= 1
    while offset > limit, Self.isDtext(line[offset - 1]) { offset -= 1 }
    return offset > limit && line[offset - 1] == UInt8(ascii: "[") ? offset - 1 : nil
  }

  // MARK: - Alphabets

  /// RFC 5322, section 3.2.3, with UTF-8 (RFC 6532).
  private static func isAtext(_ byte: UInt8) -> Bool {
    byte > 32 && byte != 127 && CharacterClasses.table[Int(byte)] & CharacterClasses.specialBit == 0
  }

  /// What stands in a domain literal (section 3.4.1); of no daemon a `>`.
  private static func isDtext(_ byte: UInt8) -> Bool {
    byte > 32 && byte != 127 && byte != Self.closing && byte != Self.backslash && byte != UInt8(ascii: "[")
      && byte != UInt8(ascii: "]")
  }
}
