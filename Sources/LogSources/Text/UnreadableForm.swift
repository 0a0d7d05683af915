/// What journalctl writes with an option by which something is missing that events need.
enum UnreadableForm: CaseIterable {
  /// `-o short-monotonic`, `-o short-delta`: `[    5.123456] host ident[pid]: …`.
  case monotonic
  /// `-o with-unit`: the unit stands where the identifier would.
  case withUnit
  /// `-o verbose`: `Mon 2026-03-02 10:00:00.123456 UTC [s=…;i=…]`, and fields below it.
  case verbose
  /// `-o json-pretty`: an entry over many lines.
  case prettyJSON

  /// The form that the first lines have; nil when they have none of these.
  init?(ofHead head: [UInt8]) {
    let lines = head.split(separator: 10).prefix(100).map { Array($0) }
    let form = Self.allCases.first { form in
      let count = lines.count { line in line.withUnsafeBytes { form.has(LineCursor($0)) } }
      return form == .withUnit ? count * 2 > lines.count : count > 0 && lines.first.map(form.begins) ?? false
    }
    guard let form else { return nil }
    self = form
  }

  private func begins(_ line: [UInt8]) -> Bool { line.withUnsafeBytes { has(LineCursor($0)) } }

  private func has(_ start: LineCursor) -> Bool {
    var cursor = start
    switch self {
    case .monotonic:
      guard cursor.skip("[") else { return false }
      while cursor.skip(" ") {}
      return cursor.number(limit: 11) != nil && cursor.skip(".") && cursor.digits(6) != nil
        && (cursor.byte == UInt8(ascii: "]") || cursor.byte == UInt8(ascii: " "))
    case .withUnit:
      guard let line = SyslogLine.plain(start) else { return false }
      let suffixes = [".service", ".scope", ".socket", ".slice", ".mount", ".timer"]
      return suffixes.contains { start.bytes[line.identifier].reversed().starts(with: $0.utf8.reversed()) }
    case .verbose:
      return start.bytes.last == UInt8(ascii: "]")
        && start.bytes.indices.contains { index in
          cursor.index = index
          guard cursor.skip(word: " [s=") else { return false }
          cursor.index += 32
          return cursor.skip(word: ";i=")
        }
    case .prettyJSON: return start.bytes.count == 1 && start.byte == UInt8(ascii: "{")
    }
  }

  var reason: String {
    switch self {
    case .monotonic: "its lines have the time since the boot and no date"
    case .withUnit: "its lines name units and no identifiers"
    case .verbose: "journalctl -o verbose wrote it, which says not where a field ends"
    case .prettyJSON: "its JSON has an entry on several lines"
    }
  }

  var remedy: String {
    switch self {
    case .prettyJSON: "write it anew with journalctl --all -o json, or put each entry on a line: jq -c ."
    default: "write it anew with journalctl -o export"
    }
  }
}
