/// A value of a YAML document that remembers where it stands.
struct YamlNode: Equatable {
  enum Content: Equatable {
    /// `isQuoted` separates `"5"` from `5`, and `""` from nothing at all.
    case scalar(text: String, isQuoted: Bool)
    case sequence([YamlNode])
    /// In the order of the file; the reader refuses a key that stands twice.
    case mapping([Entry])
  }

  struct Entry: Equatable {
    var key: String
    var keyLocation: SettingLocation
    var value: YamlNode
  }

  var content: Content
  var location: SettingLocation

  /// Whether nothing was written: `key:` and an end of line, `~` or `null`.
  var isNull: Bool {
    guard case .scalar(let text, isQuoted: false) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// What stands there, in the words of a message.
  var summary: String {
    switch content {
    case .scalar where isNull: "nothing"
    case .scalar(let text, _): "`\(Self.printable(text))`"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// A text shortened and without characters that could drive a terminal.
  static func printable(_ text: String) -> String {
    let limit = 80
    let result = escaped(String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))))
    return text.unicodeScalars.count > limit ? result + "…" : result
  }

  /// A text whose control characters, the controls of bidirectional text among them, are written as `\u{1B}`.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result += scalar.escaped(asASCII: true)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
