import Foundation
import RuleTable
import TestSupport
import Testing

/// What the shipped tables make of the journals in Tests/Captures: real daemons' (`.export`, with the fields that trust
/// needs) and scenes of our own (`.lines`). `.events` beside each says what must come of it, in order and nothing else;
/// `@file` in it is the file that the record is in.
@Suite struct CaptureTests {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Captures")
  static let captures: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? [])
    .filter { $0.hasSuffix(".lines") || $0.hasSuffix(".export") }.sorted()
  private static let table = Result { try RuleCompiler.compile(ShippedRules.embedded) }

  @Test func thereAreCaptures() { #expect(!Self.captures.isEmpty) }

  @Test(arguments: captures) func givesItsEvents(name: String) throws {
    let capture = try String(contentsOf: Self.directory.appending(path: name), encoding: .utf8)
    let isScene = name.hasSuffix(".lines")
    // As whom mailbox tools ran in units of the administrator's own: vmail, and cyrus where no entry of its master shows it.
    let told = try TestReplay.events(
      of: isScene ? Scene.export(capture) : Array(capture.utf8), table: try Self.table.get(), requiresTrust: !isScene,
      trusted: ["5000", "102"])
    let expectations = name.prefix { $0 != "." } + ".events"
    let expected = try String(contentsOf: Self.directory.appending(path: String(expectations)), encoding: .utf8)
      .split(separator: "\n").map { try #require(try TestReplay.object($0)) }
    #expect(told.count == expected.count, "\(name): \(told)")
    for (wanted, event) in zip(expected, told) {
      for (key, value) in wanted {
        let found = event[key].map { String(describing: $0) }
        // null: the record has no such key.
        #expect(
          found == (value is NSNull ? nil : String(describing: value)),
          "\(name): \(key) of \(event)")
      }
    }
  }

  /// A stranger's Message-ID may hold any byte. Postfix prints it as `?`, other daemons as it is: their lines meet all the
  /// same, in every scene in which Postfix names one.
  @Test(arguments: captures.filter { $0.hasSuffix(".lines") }) func oddMessageIDsMeet(name: String) throws {
    let capture = try String(contentsOf: Self.directory.appending(path: name), encoding: .utf8)
    let ids = Scene.postfixMessageIDs(in: capture)
    guard !ids.isEmpty else { return }
    let table = try Self.table.get()
    func facts(_ export: [UInt8]) throws -> [String] {
      try TestReplay.events(of: export, table: table, requiresTrust: false, trusted: ["5000", "102"]).map { event in
        ["kind", "mailbox", "ip", "queue_id", "service", "sender", "recipient", "folder"]
          .map { "\($0)=" + (event[$0].map { String(describing: $0) } ?? "") }.joined(separator: " ")
      }.sorted()
    }
    let odd = try Scene.export(capture) { line, isPostfix in
      ids.reduce(line) { $0.replacing("<\($1)>", with: isPostfix ? "<?\($1)>" : "<\(Scene.oddByte)\($1)>") }
    }
    #expect(try facts(odd) == facts(Scene.export(capture)))
  }
}

/// A scene: one entry a line, `SECONDS IDENTIFIER[PID] MESSAGE`, with `\n`, `\t` and `\\` in the message; lines that
/// begin with # are comments. `HOST:` in front of the identifier is another host than `mx`. The lines stand in the order
/// in which they are read; the seconds are the hosts' own clocks.
private enum Scene {
  private static let start = 1_780_000_000_000_000

  /// Stands for a byte of which no character consists.
  static let oddByte: Character = "\u{fffd}"

  /// The ids of messages that Postfix's cleanup names, but for those that Cyrus makes itself.
  static func postfixMessageIDs(in text: String) -> Set<String> {
    Set(
      text.split(separator: "\n").compactMap { line in
        guard line.contains("postfix/cleanup"), let found = line.firstMatch(of: /message-id=<([^>]+)>/) else {
          return nil
        }
        let id = String(found.1)
        return id.hasPrefix("cmu-sieve-") ? nil : id
      })
  }

  /// - Parameter change: makes another message of a line's, and is told whether it is Postfix's.
  static func export(_ text: String, change: (String, _ isPostfix: Bool) -> String = { line, _ in line }) throws
    -> [UInt8]
  {
    var result: [UInt8] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      let seconds = try #require(words.count == 3 ? Double(words[0]) : nil, "no entry: \(line)")
      let place = words[1].split(separator: ":")
      let host = place.count == 2 ? String(place[0]) : "mx"
      let sender = try #require(place.last).split(separator: "[")
      let pid = sender.count == 2 ? String(sender[1].dropLast()) : "1"
      let time = Int((seconds * 1e6).rounded())
      result += ExportFormat.entry(
        [
          ("__REALTIME_TIMESTAMP", "\(start + time)"), ("__MONOTONIC_TIMESTAMP", "\(1_000_000 + time)"),
          ("_BOOT_ID", host == "mx" ? String(repeating: "1", count: 32) : machine(host)),
          ("_MACHINE_ID", machine(host)), ("_HOSTNAME", host), ("_TRANSPORT", "syslog"), ("PRIORITY", "6"),
          ("SYSLOG_IDENTIFIER", String(sender[0])), ("_PID", pid), ("_UID", "0"),
        ].map { (name: $0.0, value: Array($0.1.utf8)) } + [
          ("MESSAGE", unescaped(change(String(words[2]), words[1].contains("postfix"))[...]))
        ])
    }
    return result
  }

  /// A machine id made of the host's name.
  private static func machine(_ host: String) -> String {
    guard host != "mx" else { return String(repeating: "2", count: 32) }
    let digits = host.utf8.map { String($0, radix: 16) }.joined()
    return String((String(repeating: "3", count: 32) + digits).suffix(32))
  }

  private static func unescaped(_ text: Substring) -> [UInt8] {
    var result: [UInt8] = []
    var bytes = text.replacing(String(oddByte), with: "\\\u{1}").utf8.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "\\"), let escaped = bytes.next() else {
        result.append(byte)
        continue
      }
      switch escaped {
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "t"): result.append(9)
      case 1: result.append(0xe4)
      default: result.append(escaped)
      }
    }
    return result
  }
}
