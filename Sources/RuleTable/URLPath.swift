/// The path of a URL as web servers and their programs read it (RFC 3986, sections 3.3 and 6.2.2): however a client
/// spells it, one path has one form here.
///
/// `/SOGo//dav/%61nn%40example.org/Calendar/?x` is the segments `SOGo`, `dav`, `ann@example.org`, `Calendar`: a scheme
/// and a host in front, the query and the fragment are left out, empty segments are none, and what `%` encodes is decoded
/// behind the cutting, so that `%2F` separates nothing.
enum URLPath {
  /// The segment at an index, counted from 1, or from the end by -1 for the last; empty when there is none.
  static func segment(_ index: Int, of url: [UInt8]) -> [UInt8] {
    let segments = path(of: url).split(separator: UInt8(ascii: "/"))
    let offset = index < 0 ? segments.count + index : index - 1
    return segments.indices.contains(offset) ? decoded(segments[offset]) : []
  }

  private static func path(of url: [UInt8]) -> ArraySlice<UInt8> {
    let whole = url.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    for scheme in ["http://", "https://"] where whole.count >= scheme.utf8.count {
      let head = whole.prefix(scheme.utf8.count).map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
      guard head == Array(scheme.utf8) else { continue }
      return whole.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") }
    }
    return whole
  }

  private static func decoded(_ segment: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = segment
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let high = value(rest[rest.startIndex]),
        let low = value(rest[rest.startIndex + 1])
      {
        result.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return result
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
