import AuditModel

/// The key `moved_from` of a record that was moved into another trail: where it was, and the link that it had there.
///
/// One text for each move, the latest last: the trail's directory and, where the line was linked, a space and its link.
/// Its own link is the new trail's. So the line can be restored as it was, byte for byte, and compared with what was
/// sealed of the trail that it was in.
package enum RecordOrigin {
  private static let opening = Array(",\"moved_from\":[".utf8)
  private static let closing = Array("\"]}".utf8)
  private static let quote = UInt8(ascii: "\"")

  /// A line as it goes into another trail, given and answered without the line end: without a link.
  package static func line(_ line: ArraySlice<UInt8>, movedFrom trail: TrailPath) -> [UInt8] {
    var moved = Array(RecordLink.removed(from: line).dropLast())
    if list(of: moved[...]) != nil {
      moved[moved.count - 1] = UInt8(ascii: ",")
    } else {
      moved += opening
    }
    moved.append(quote)
    moved += trail.directory.utf8
    if let link = RecordLink.read(line) {
      moved.append(UInt8(ascii: " "))
      link.append(to: &moved)
    }
    return moved + closing
  }

  /// The trail from which a line was moved last, by its directory, and the line as it was there, without its line end;
  /// nil when it was not moved.
  package static func last(of line: ArraySlice<UInt8>) -> (trail: String, line: [UInt8])? {
    let body = RecordLink.removed(from: line).dropLast()
    guard let list = list(of: body), let start = list.dropLast().lastIndex(of: quote) else { return nil }
    let words = list[(start + 1)...].dropLast().split(separator: UInt8(ascii: " "))
    guard let trail = words.first, words.count <= 2 else { return nil }
    let isOnly = start == list.startIndex
    var restored = Array(body[..<(isOnly ? start - opening.count : start - 1)])
    restored += isOnly ? closing.suffix(1) : closing.suffix(2)
    guard words.count == 2 else { return (String(decoding: trail, as: UTF8.self), restored) }
    guard let link = ChainHash(hexadecimal: words[1]) else { return nil }
    var linked: [UInt8] = []
    RecordLink.append(restored + [10], after: link, to: &linked)
    return (String(decoding: trail, as: UTF8.self), linked.dropLast())
  }

  /// The texts of the list that a line's keys end with, from its first quotation mark to its last.
  ///
  /// No name of a trail has a bracket, and the quotation marks of a record's texts are escaped: what looks like this list
  /// is it, whatever a stranger wrote.
  private static func list(of body: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard body.suffix(2).elementsEqual([quote, UInt8(ascii: "]")]),
      let bracket = body.lastIndex(of: UInt8(ascii: "[")),
      body[...bracket].suffix(opening.count).elementsEqual(opening), bracket + 3 < body.endIndex
    else { return nil }
    return body[(bracket + 1)...].dropLast()
  }
}
