/// Finds where a mail address ends in a line that need not have brackets around it, as Exim's.
///
/// The grammar is what mail daemons take: words with dots between them, a word being letters of an atom, characters
/// behind a backslash and quoted strings (RFC 5321, section 4.1.2; RFC 5322, sections 3.2.4 and 4.4), then `@` and a
/// domain or an address in square brackets. A local user's has no domain. Bytes beyond ASCII are letters (RFC 6531).
struct MailAddressScanner {
  let line: UnsafeBufferPointer<UInt8>

  private static let backslash = UInt8(ascii: "\\")
  private static let quote = UInt8(ascii: "\"")

  /// The place behind an address; nil when none stands there. Nobody is `<>`, or nothing in brackets.
  func end(from start: Int, limit: Int) -> Int? {
    if start + 1 < limit, line[start] == UInt8(ascii: "<"), line[start + 1] == UInt8(ascii: ">") { return start + 2 }
    guard let local = localEnd(from: start, limit: limit) else { return nil }
    if local == start { return isEmptyInBrackets(start, limit) ? start : nil }
    guard local < limit, line[local] == UInt8(ascii: "@") else { return local }
    return domainEnd(from: local + 1, limit: limit)
  }

  /// The place of the quotation mark that ends what begins at a place.
  func stringEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    while place < limit, line[place] != Self.quote { place += line[place] == Self.backslash ? 2 : 1 }
    return place < limit ? place : nil
  }

  private func isEmptyInBrackets(_ place: Int, _ limit: Int) -> Bool {
    place > 0 && place < limit && line[place - 1] == UInt8(ascii: "<") && line[place] == UInt8(ascii: ">")
  }

  private func localEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    while place < limit {
      let byte = line[place]
      if byte == Self.backslash {
        guard place + 1 < limit else { return nil }
        place += 2
      } else if byte == Self.quote, place == start || line[place - 1] == UInt8(ascii: ".") {
        guard let end = stringEnd(from: place + 1, limit: limit) else { return nil }
        place = end + 1
      } else if byte == UInt8(ascii: ".") || Self.isAtom(byte) {
        place += 1
      } else {
        break
      }
    }
    return place
  }

  private func domainEnd(from start: Int, limit: Int) -> Int? {
    var place = start
    if place < limit, line[place] == UInt8(ascii: "[") {
      while place < limit, line[place] > 32, line[place] != UInt8(ascii: "]") { place += 1 }
      return place < limit && line[place] == UInt8(ascii: "]") ? place + 1 : nil
    }
    while place < limit, line[place] == UInt8(ascii: ".") || Self.isAtom(line[place]) { place += 1 }
    return place > start ? place : nil
  }

  /// Neither a control character, a blank nor one of RFC 5322's specials (section 3.2.3).
  private static func isAtom(_ byte: UInt8) -> Bool {
    byte > 32 && byte != 127 && !"()<>[]:;@\\,.\"".utf8.contains(byte)
  }
}
