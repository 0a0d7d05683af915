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

  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")
  private static let opening = UInt8(ascii: "<")
  private static let closing = UInt8(ascii: ">")
  private static let at = UInt8(ascii: "@")
  private static let dot = UInt8(ascii: ".")

  // MARK: - From the left

  /// The place of the `>` that closes the path which begins at a place.
  func end(from start: Int, limit: Int) -> Int? {
    guard let first = firstClosing(from: start, limit: limit) else { return nil }
    guard mayHide(start..<first), let end = pathEnd(from: start, limit: limit), end < limit else { return first }
    return line[end] == Self.closing ? end : first
  }

  /// The first `>`.
  func firstClosing(from start: Int, limit: Int) -> Int? {
    guard start < limit, let base = line.baseAddress,
      let found = memchr(base + start, Int32(Self.closing), limit - start)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// Whether the bytes between two places can be read in one way only.
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

  /// The place of the quotation mark that ends what begins at a place.
  func stringEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    while place < limit, line[place] != Self.quote { place += line[place] == Self.backslash ? 2 : 1 }
    return place < limit ? place : nil
  }

  /// Where a path's grammar ends; nil when a quote does not close.
  private func pathEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    if place < limit, line[place] == Self.at {
      guard let behind = routeEnd(from: place, limit: limit) else { return nil }
      place = behind
    }
    guard let local = localEnd(from: place, limit: limit) else { return nil }
    place = local
    if place < limit, line[place] == Self.at {
      guard let domain = domainEnd(from: place + 1, limit: limit) else { return nil }
      place = domain
    }
    return place
  }

  private func localEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    while let word = wordEnd(from: place, limit: limit) {
      guard word < limit, line[word] == Self.dot else { return word }
      place = word + 1
    }
    return nil
  }

  /// Behind the `:` of `@a.example,@b.example:`.
  private func routeEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    while place < limit, line[place] == Self.at, let domain = domainEnd(from: place + 1, limit: limit), domain < limit {
      if line[domain] == UInt8(ascii: ":") { return domain + 1 }
      guard line[domain] == UInt8(ascii: ",") else { return nil }
      place = domain + 1
    }
    return nil
  }

  /// The end of a quoted string or an atom, which may be empty: daemons let `a..b` pass.
  private func wordEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    if place < limit, line[place] == Self.quote { return stringEnd(from: place + 1, limit: limit).map { $0 + 1 } }
    while place < limit {
      if line[place] == Self.backslash {
        guard place + 1 < limit else { return nil }
        place += 2
      } else {
        guard Self.isAtext(line[place]) else { break }
        place += 1
      }
    }
    return place
  }

  private func domainEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    guard place < limit, line[place] == UInt8(ascii: "[") else {
      while place < limit, line[place] == Self.dot || Self.isAtext(line[place]) { place += 1 }
      return place
    }
    place += 1
    while place < limit, Self.isDtext(line[place]) { place += 1 }
    return place < limit && line[place] == UInt8(ascii: "]") ? place + 1 : nil
  }

  // MARK: - From the right

  /// The start, behind its `<`, of the path that a `>` at `end` closes; not in front of `limit`.
  func start(upTo end: Int, limit: Int) -> Int? {
    var place = end
    while place > limit {
      let byte = line[place - 1]
      if byte == Self.quote || byte == Self.backslash || backslashes(upTo: place - 1, limit: limit) > 0 {
        return pathStart(upTo: end, limit: limit) ?? lastOpening(upTo: place, limit: limit)
      }
      if byte == Self.opening { return place }
      if byte == Self.closing { return nil }
      place -= 1
    }
    return nil
  }

  private func lastOpening(upTo end: Int, limit: Int) -> Int? {
    var place = end
    while place > limit, line[place - 1] != Self.closing {
      if line[place - 1] == Self.opening { return place }
      place -= 1
    }
    return nil
  }

  /// The start of a whole path; nil when there is none.
  private func pathStart(upTo end: Int, limit: Int) -> Int? {
    var place = end
    if let domain = domainStart(upTo: end, limit: limit), domain > limit, line[domain - 1] == Self.at {
      place = domain - 1
    }
    while true {
      guard let word = wordStart(upTo: place, limit: limit) else { return nil }
      place = word
      guard place > limit, line[place - 1] == Self.dot else { break }
      place -= 1
    }
    if place > limit, line[place - 1] == UInt8(ascii: ":") {
      guard let route = routeStart(upTo: place, limit: limit) else { return nil }
      place = route
    }
    return place > limit && line[place - 1] == Self.opening ? place : nil
  }

  /// - Parameter end: behind the `:` of a source route.
  private func routeStart(upTo end: Int, limit: Int) -> Int? {
    var place = end
    while let domain = domainStart(upTo: place - 1, limit: limit), domain > limit, line[domain - 1] == Self.at {
      place = domain - 1
      guard place > limit, line[place - 1] == UInt8(ascii: ",") else { return place }
    }
    return nil
  }

  private func wordStart(upTo end: Int, limit: Int) -> Int? {
    guard end > limit, line[end - 1] == Self.quote, !isHidden(end - 1, limit: limit) else {
      return atomStart(upTo: end, limit: limit)
    }
    // The opening quote has no backslash in front.
    var place = end - 1
    while place > limit {
      place -= 1
      guard line[place] == Self.quote else { continue }
      let count = backslashes(upTo: place, limit: limit)
      if count == 0 { return place }
      guard !count.isMultiple(of: 2) else { return nil }
      place -= count
    }
    return nil
  }

  /// A character behind a backslash is a letter like others; so is a backslash behind another.
  private func atomStart(upTo end: Int, limit: Int) -> Int? {
    var place = end
    while place > limit {
      let count = backslashes(upTo: place - 1, limit: limit)
      if line[place - 1] == Self.backslash {
        guard !count.isMultiple(of: 2) else { return nil }
        place -= count + 1
      } else if !count.isMultiple(of: 2) {
        place -= count + 1
      } else {
        guard Self.isAtext(line[place - 1]) else { break }
        place -= 1
      }
    }
    return place
  }

  /// Whether an odd number of backslashes stands in front of a byte.
  private func isHidden(_ place: Int, limit: Int) -> Bool {
    !backslashes(upTo: place, limit: limit).isMultiple(of: 2)
  }

  private func backslashes(upTo end: Int, limit: Int) -> Int {
    var place = end
    while place > limit, line[place - 1] == Self.backslash { place -= 1 }
    return end - place
  }

  private func domainStart(upTo end: Int, limit: Int) -> Int? {
    var place = end
    guard place > limit, line[place - 1] == UInt8(ascii: "]") else {
      while place > limit, line[place - 1] == Self.dot || Self.isAtext(line[place - 1]) { place -= 1 }
      return place
    }
    place -= 1
    while place > limit, Self.isDtext(line[place - 1]) { place -= 1 }
    return place > limit && line[place - 1] == UInt8(ascii: "[") ? place - 1 : nil
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
