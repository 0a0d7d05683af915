import Foundation
import RuleTable
import Testing

/// What the shipped tables make of the journals in Tests/Captures: real daemons' (`.export`, with the fields that trust
/// needs) and scenes of our own (`.lines`). `.events` beside each says what must come of it, in order and nothing else.
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
    let told = try TestReplay.events(
      of: isScene ? Scene.export(capture) : Array(capture.utf8), table: try Self.table.get(), requiresTrust: !isScene)
    let expectations = name.prefix { $0 != "." } + ".events"
    let expected = try String(contentsOf: Self.directory.appending(path: String(expectations)), encoding: .utf8)
      .split(separator: "\n").map { try #require(try TestReplay.object($0)) }
    #expect(told.count == expected.count, "\(name): \(told)")
    for (wanted, event) in zip(expected, told) {
      for (key, value) in wanted {
        let found = event[key]
        #expect(
          found.map { String(describing: $0) } == String(describing: value),
          "\(name): \(key) of \(event)")
      }
    }
  }
}

/// A scene: one entry a line, `SECONDS IDENTIFIER[PID] MESSAGE`, with `\n`, `\t` and `\\` in the message; lines that
/// begin with # are comments.
private enum Scene {
  private static let start = 1_780_000_000_000_000

  static func export(_ text: String) throws -> [UInt8] {
    var result: [UInt8] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      let seconds = try #require(words.count == 3 ? Double(words[0]) : nil, "no entry: \(line)")
      let sender = words[1].split(separator: "[")
      let pid = sender.count == 2 ? String(sender[1].dropLast()) : "1"
      let time = Int((seconds * 1e6).rounded())
      let fields = [
        "__REALTIME_TIMESTAMP=\(start + time)", "__MONOTONIC_TIMESTAMP=\(1_000_000 + time)",
        "_BOOT_ID=" + String(repeating: "1", count: 32), "_MACHINE_ID=" + String(repeating: "2", count: 32),
        "_HOSTNAME=mx", "_TRANSPORT=syslog", "PRIORITY=6", "SYSLOG_IDENTIFIER=\(sender[0])", "_PID=\(pid)", "_UID=0",
      ]
      result += Array((fields.joined(separator: "\n") + "\n").utf8)
      // The binary form: a message may hold line ends.
      let message = unescaped(words[2])
      result += Array("MESSAGE\n".utf8)
      withUnsafeBytes(of: UInt64(message.count).littleEndian) { result += Array($0) }
      result += message + Array("\n\n".utf8)
    }
    return result
  }

  private static func unescaped(_ text: Substring) -> [UInt8] {
    var result: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "\\"), let escaped = bytes.next() else {
        result.append(byte)
        continue
      }
      switch escaped {
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "t"): result.append(9)
      default: result.append(escaped)
      }
    }
    return result
  }
}
