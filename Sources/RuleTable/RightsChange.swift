/// What one access control list of a folder gives more than another, in words for `change`.
///
/// A list is what Cyrus stores and logs: `name TAB rights TAB`, once for each name (lib/acl_afs.c). A name with `-` in
/// front has rights denied (RFC 4314, section 2).
enum RightsChange {
  private typealias Entry = (name: ArraySlice<UInt8>, rights: ArraySlice<UInt8>)

  /// `bob lrs, -anyone a` for what the second of two lists, with a NUL between them, gives more than the first: rights that
  /// only it has, and denials that it has no more. Nothing where they give alike, or where this is not two lists.
  static func given(_ lists: [UInt8]) -> [UInt8] {
    let parts = lists.split(separator: 0, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return [] }
    let (old, new) = (entries(parts[0]), entries(parts[1]))
    var gains = difference(of: new.filter { !isDenial($0) }, from: old)
    gains += difference(of: old.filter(isDenial), from: new)
    return Array(gains.map { quoted($0.name) + [32] + $0.rights }.joined(separator: ", ".utf8))
  }

  private static func isDenial(_ entry: Entry) -> Bool { entry.name.first == UInt8(ascii: "-") }

  /// A name without its rights at the end is no entry: Cyrus drops it too.
  private static func entries(_ list: ArraySlice<UInt8>) -> [Entry] {
    let fields = list.split(separator: 9, omittingEmptySubsequences: false)
    return stride(from: 0, to: fields.count - 2, by: 2).map { (fields[$0], fields[$0 + 1]) }
  }

  /// The entries with the rights that the other list does not have for the same name.
  private static func difference(of entries: [Entry], from others: [Entry]) -> [Entry] {
    let known = Dictionary(others.map { (Array($0.name), $0.rights) }) { first, _ in first }
    return entries.compactMap { entry in
      let before = known[Array(entry.name)] ?? []
      let more = entry.rights.filter { !before.contains($0) }
      return more.isEmpty ? nil : (entry.name, more[...])
    }
  }

  /// The name as it is, or in quotes where it could look like the text around it.
  private static func quoted(_ name: ArraySlice<UInt8>) -> [UInt8] {
    let isPlain = !name.isEmpty && name.allSatisfy { $0 > 32 && $0 != 127 && !"\",\\".utf8.contains($0) }
    guard !isPlain else { return Array(name) }
    let quote = UInt8(ascii: "\"")
    return [quote] + name.flatMap { "\"\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] } + [quote]
  }
}
