import CYaml
import Platform

/// Reads one YAML document with libyaml's event parser into a tree of `YamlNode`.
///
/// What a settings file does not need is refused with a clear message rather than half understood: anchors, aliases,
/// tags, several documents, keys that are no plain text, nesting deeper than 32, more than 1 MB.
struct YamlReader: ~Copyable {
  static let maximumSize = 1 << 20
  static let maximumDepth = 32

  /// The parser lives on the heap because libyaml keeps pointers into it. It is used by one call of `read` only:
  /// initialized in `init`, deleted in `deinit`, never copied (the struct is not copyable) and never shared.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let origin: SettingLocation.Origin
  private let bytes: [UInt8]
  private let problems: ProblemList

  /// Reads the whole text; reports problems and returns nil when it is not usable. An empty text is an empty node.
  static func read(_ bytes: [UInt8], origin: SettingLocation.Origin, problems: ProblemList) -> YamlNode? {
    guard bytes.count <= maximumSize else {
      problems.report(
        "the text has more than \(maximumSize) bytes, which is the limit", at: SettingLocation(origin: origin))
      return nil
    }
    // The reader borrows the bytes for the length of this call; libyaml reads them only in here.
    return bytes.withUnsafeBufferPointer { buffer in
      let reader = YamlReader(bytes: bytes, buffer: buffer, origin: origin, problems: problems)
      do throws(Stop) { return try reader.document() } catch { return nil }
    }
  }

  /// Reading cannot go on; the problem was reported.
  private struct Stop: Error {}

  private init(
    bytes: [UInt8], buffer: UnsafeBufferPointer<UInt8>, origin: SettingLocation.Origin, problems: ProblemList
  ) {
    self.bytes = bytes
    self.origin = origin
    self.problems = problems
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else { fatalError("libyaml: out of memory") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  private func document() throws(Stop) -> YamlNode {
    var root = YamlNode(
      content: .scalar(text: "", isQuoted: false), location: SettingLocation(origin: origin, line: 1, column: 1))
    var documents = 0
    while true {
      let event = try nextEvent()
      switch event.kind {
      case .streamStart, .documentEnd: continue
      case .streamEnd: return root
      case .documentStart:
        documents += 1
        guard documents == 1 else {
          throw stop("a second document begins here; mailtrail reads one document a file", at: event.location)
        }
      default: root = try node(from: event, depth: 1)
      }
    }
  }

  private func node(from event: Event, depth: Int) throws(Stop) -> YamlNode {
    guard depth <= Self.maximumDepth else {
      throw stop("nested deeper than \(Self.maximumDepth) levels, which is the limit", at: event.location)
    }
    switch event.kind {
    case .scalar(let text, let isQuoted):
      return YamlNode(content: .scalar(text: text, isQuoted: isQuoted), location: event.location)
    case .sequenceStart: return try sequence(from: event, depth: depth)
    case .mappingStart: return try mapping(from: event, depth: depth)
    default: throw stop("a value was expected here", at: event.location)
    }
  }

  private func sequence(from start: Event, depth: Int) throws(Stop) -> YamlNode {
    var elements: [YamlNode] = []
    while true {
      let event = try nextEvent()
      if event.kind == .collectionEnd { return YamlNode(content: .sequence(elements), location: start.location) }
      elements.append(try node(from: event, depth: depth + 1))
    }
  }

  private func mapping(from start: Event, depth: Int) throws(Stop) -> YamlNode {
    var entries: [YamlNode.Entry] = []
    var firstLocations: [String: SettingLocation] = [:]
    while true {
      let event = try nextEvent()
      if event.kind == .collectionEnd { return YamlNode(content: .mapping(entries), location: start.location) }
      guard case .scalar(let key, _) = event.kind else {
        throw stop("a key must be plain text, not a list or a mapping", at: event.location)
      }
      let value = try node(from: try nextEvent(), depth: depth + 1)
      if let first = firstLocations[key] {
        problems.report(
          "the key `\(YamlNode.printable(key))` stands here a second time; the first is at \(first): remove one",
          at: event.location)
      } else {
        firstLocations[key] = event.location
        entries.append(YamlNode.Entry(key: key, keyLocation: event.location, value: value))
      }
    }
  }
}

extension YamlReader {
  /// An event of libyaml, copied: nothing in it points into the parser.
  private struct Event {
    enum Kind: Equatable {
      case streamStart, streamEnd, documentStart, documentEnd, sequenceStart, mappingStart, collectionEnd
      case scalar(text: String, isQuoted: Bool)
    }
    var kind: Kind
    var location: SettingLocation
  }

  private func nextEvent() throws(Stop) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    // libyaml filled the event and gave it to us: deleted once, here, after everything of it was copied.
    defer { yaml_event_delete(&event) }
    let location = location(of: event.start_mark)
    return Event(kind: try kind(of: event, at: location), location: location)
  }

  private func kind(of event: yaml_event_t, at location: SettingLocation) throws(Stop) -> Event.Kind {
    switch event.type {
    case YAML_STREAM_START_EVENT: return .streamStart
    case YAML_STREAM_END_EVENT: return .streamEnd
    case YAML_DOCUMENT_START_EVENT: return .documentStart
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .collectionEnd
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      try refuse(anchor: start.anchor, tag: start.tag, at: location)
      return .sequenceStart
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      try refuse(anchor: start.anchor, tag: start.tag, at: location)
      return .mappingStart
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      try refuse(anchor: scalar.anchor, tag: scalar.tag, at: location)
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return .scalar(text: text, isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
    default:
      throw stop(
        "aliases (`*name`) are not supported: write the value out, or put it in quotes if it begins with `*`",
        at: location)
    }
  }

  private func refuse(
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, at location: SettingLocation
  ) throws(Stop) {
    if anchor != nil {
      throw stop(
        "anchors (`&name`) are not supported: remove it, or put the value in quotes if it begins with `&`",
        at: location)
    }
    if tag != nil {
      throw stop(
        "tags (`!type`) are not supported: remove it, or put the value in quotes if it begins with `!`", at: location)
    }
  }

  private func stop(_ message: String, at location: SettingLocation) -> Stop {
    problems.report(message, at: location)
    return Stop()
  }

  /// Reports what libyaml found wrong, in its words, with its context.
  private func syntaxError() -> Stop {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not valid YAML"
    guard parser.pointee.error != YAML_READER_ERROR else {
      return stop("\(problem): the text must be UTF-8", at: location(ofByte: Int(parser.pointee.problem_offset)))
    }
    var context = ""
    if let words = parser.pointee.context {
      // Where the unfinished thing began is often far above the line where the parser noticed.
      var beginning = ""
      if case .file = origin { beginning = " begun at \(location(of: parser.pointee.context_mark))" }
      context = "\(String(cString: words))\(beginning), "
    }
    var advice = ""
    if problem.contains("cannot start any token") {
      advice = ": put the value in quotes, and indent with spaces, not tabs"
    } else if problem.contains("mapping values are not allowed") {
      advice = ": put a text that contains `: ` in quotes, and check the indentation"
    }
    return stop("not valid YAML: \(context)\(problem)\(advice)", at: location(of: parser.pointee.problem_mark))
  }

  private func location(of mark: yaml_mark_t) -> SettingLocation {
    SettingLocation(origin: origin, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  /// libyaml gives no line for bytes that it cannot decode, only the offset.
  private func location(ofByte offset: Int) -> SettingLocation {
    let before = bytes.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    return SettingLocation(
      origin: origin, line: line, column: String(decoding: before[lineStart...], as: UTF8.self).count + 1)
  }
}
