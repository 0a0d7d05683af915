/// What a value of an action goes through: `replaced(<x>,"^",".")`.
public enum ValueFunction: Sendable, Hashable {
  /// Each occurrence of an old text replaced by its new one, in one pass from the left.
  case replaced([Replacement])
  /// A folder's name in modified UTF-7 (RFC 3501, section 5.1.3) as UTF-8; a name that is none stays as it is.
  case folderName
  /// The words of a text as a list (`recipients`).
  case words
  /// Octal escapes of bytes beyond ASCII, `\303\266`, as these bytes; those of control characters stay as they are.
  case unescaped
  /// What stands in the last brackets: `192.0.2.1` of `mx.example.org[192.0.2.1]:25`.
  case inBrackets
  /// What stands in front of the last `@` of an address, and behind it.
  case localPart, domainPart
  /// What stands in front of the first occurrence of a text, everything where there is none; and what stands behind it.
  case before([UInt8])
  case after([UInt8])
  /// The rights that the second of two access control lists gives, with a NUL between them: see `RightsChange`.
  case rightsGiven
  /// A Message-ID as far as all daemons print it alike: see `MessageIDKey`.
  case messageID
  /// The name of the uid's user on the entry's host: a person's, or a service's; nothing for the other, and for a host
  /// whose users are not known.
  case loginUser, serviceUser
  /// A segment of a URL's path, decoded: see `URLPath`.
  case segment(Int)

  public struct Replacement: Sendable, Hashable {
    public var old: [UInt8]
    public var new: [UInt8]

    public init(old: [UInt8], new: [UInt8]) {
      self.old = old
      self.new = new
    }
  }

  public func callAsFunction(_ value: [UInt8]) -> [UInt8] {
    switch self {
    case .replaced(let pairs): Self.replace(pairs, in: value)
    case .folderName: CaptureEncoding.utf7.decode(value)
    case .words: Array(value.split(separator: 32).joined(separator: [0]))
    case .unescaped: CaptureEncoding.exim.decode(value)
    case .inBrackets: Self.inLastBrackets(of: value)
    case .localPart: Array(value[..<(value.lastIndex(of: UInt8(ascii: "@")) ?? value.endIndex)])
    case .before(let text): Array(Self.halves(of: value, at: text).before)
    case .after(let text): Array(Self.halves(of: value, at: text).after)
    case .rightsGiven: RightsChange.given(value)
    case .messageID: MessageIDKey.of(value)
    // Correlation asks its policy for these: who a uid is depends on the host.
    case .loginUser, .serviceUser: []
    case .segment(let index): URLPath.segment(index, of: value)
    case .domainPart: value.lastIndex(of: UInt8(ascii: "@")).map { Array(value[($0 + 1)...]) } ?? []
    }
  }

  private static func replace(_ pairs: [Replacement], in value: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = value[...]
    while let byte = rest.first {
      if let pair = pairs.first(where: { rest.starts(with: $0.old) }) {
        result += pair.new
        rest = rest.dropFirst(pair.old.count)
      } else {
        result.append(byte)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func halves(of value: [UInt8], at text: [UInt8]) -> (
    before: ArraySlice<UInt8>, after: ArraySlice<UInt8>
  ) {
    for index in value.indices where value[index...].starts(with: text) {
      return (value[..<index], value[(index + text.count)...])
    }
    return (value[...], [])
  }

  private static func inLastBrackets(of value: [UInt8]) -> [UInt8] {
    guard let end = value.lastIndex(of: UInt8(ascii: "]")),
      let start = value[..<end].lastIndex(of: UInt8(ascii: "["))
    else { return [] }
    return Array(value[(start + 1)..<end])
  }
}
