import ArgumentParser
import AuditFiles
import AuditReading
import TestSupport
import Testing

@testable import Commands

/// Nothing that somebody types ends the program by a signal: numbers without end, empty texts, controls, far dates.
@Suite struct ArgumentFuzzTests {
  private let directory = TemporaryDirectory(inMemory: true)

  private static let numbers = [
    "0", "-0", "-1", "1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
    "18446744073709551616", "4294967295", "4294967296", "99999999999999999999999999999999999999", "1e999", "0x10", "٣",
    "½",
    "1.5", ".", "+5", "all", "",
  ]
  private static let units = ["", "us", "ms", "s", "min", "h", "d", "w", "M", "y", " days", "µs", " ago", " left", "Z"]
  private static let dates = [
    "9999-12-31 23:59:59", "0000-01-01", "9999-99-99", "1970-01-01 00:00", "1969-12-31", "2026-02-29", "2026-02-30",
    "99-12-31",
    "24:00", "23:59:60", "23:59:61", "23:59:60.999999999999999999", "00:00:00.0000000000000000001", "Mon",
    "Mon 2026-11-30",
    "2026-11-30T00:00:00+24:59", "2026-11-30T00:00:00-99:99", "12:00+", "12:00-1", "now", "today", "yesterday",
    "tomorrow",
    "@", "@-1", "@9223372036854775807", "@9223372036854", "@18446744073709551615", "- 5d", "+", "-", " ", "T", "1T1",
    ":::", "--",
  ]
  private static let texts = [
    "", " ", "\t", "\u{1}", "\u{1b}[2J", "\u{7f}", "\u{202e}", "é", "\u{1F600}", "%", "%s%n", "/", "../..", "_unknown",
    "_bridge",
    "_local/", "_panel/x", "@", "a@", "@b", "a@b@c", "<>", "<", "\"", "\\", "*", "[", "[a-", "[!", "!", "!!", "!*", ",",
    ",,", "a,",
    "login", "login.", ".login", "message.*", "::", "::/0", "::/129", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/", "/24",
    "1.2.3.4/٣",
    "ffffffffffffffff.ffffffffffff", "ffffffffffffffff.ffffffffffff.burst", "ip", "recipients", "uids", "kind", "level",
    "prev",
    String(repeating: "a", count: 20_000), String(repeating: "é@", count: 3_000), String(repeating: "[", count: 2_000),
  ]

  private struct Words {
    var random: SeededRandom

    mutating func value() -> String {
      switch random.below(5) {
      case 0: random.element(numbers)
      case 1: random.element(["", "-", "+", "@", "1h "]) + random.element(numbers) + random.element(units)
      case 2: random.element(dates) + random.element(["", "", " UTC", "Z", "+01:00", " +99"])
      default: random.element(texts)
      }
    }

    /// An option with a value: spelt together, or in two words.
    mutating func option(_ names: [String]) -> [String] {
      let name = random.element(names)
      return random.chance(3) ? [name, value()] : [name + "=" + value()]
    }
  }

  private static let selection = [
    "--since", "--until", "--output", "--grep", "--lines", "--kind", "--ip", "--service", "--level",
  ]
  private static let values = [
    "--actor", "--sender", "--recipient", "--folder", "--message-id", "--outcome", "--around", "--within",
  ]

  /// The readers of values, in this process: very many.
  @Test(arguments: 0..<4)
  func readersOfValuesRefuseWhatTheyCannotRead(seed: Int) throws {
    var words = Words(random: SeededRandom(seed: UInt64(seed)))
    let path = directory.path
    let reader = try TrailReader(root: path)
    var refused = 0
    for _ in 0..<200 {
      let selection = words.option(Self.selection) + words.option(Self.selection)
      let values = words.option(Self.values)
      do {
        let filter = try ValueOptions.parse(values).filter(try EventOptions.parse(selection), reader, in: [])
        let search = TreeSearch(reader, trails: [], filter: filter.lineFilter) { event, _ in filter.accepts(event) }
        _ = try search.forEachEvent { _ in true }
      } catch {
        refused += 1
      }
      _ = AddressFilter(words.value())
      _ = KindFilter(KindFilter.patterns(in: [words.value(), words.value()]))
      _ = Suggestion.nearest(to: words.value(), among: ["login", ""])
      _ = try? TimeExpression.microseconds(of: words.value())
    }
    #expect(refused > 0)
  }

  /// All read-only commands, as the program.
  @Test(arguments: 0..<4)
  func noCommandEndsByASignal(seed: Int) throws {
    var words = Words(random: SeededRandom(seed: UInt64(seed) &+ 100))
    var lines = HostileLines(seed: UInt64(seed))
    for trail in ["example.org/ann", "_unknown"] {
      try TestFiles.makeDirectory("\(directory.path)/Audit/\(trail)")
      try TestFiles.write(lines.file(), to: "\(directory.path)/Audit/\(trail)/AUDIT-260301.log")
    }
    let log = directory.path + "/mail.log"
    try TestFiles.write("Mar  1 10:00:00 mx dovecot: imap-login: Login: user=<ann>\n", to: log)
    let program = try TestProcess.mailtrail()
    let options = [
      "--set", "audit.directory=\(directory.path)/Audit", "--set", "state.directory=\(directory.path)/state",
    ]
    for _ in 0..<40 {
      let arguments = command(&words, log: log)
      let result = try TestProcess.run(program, arguments + options)
      #expect(result.status >= 0, "signal \(-result.status) of \(arguments.map { String($0.prefix(200)) })")
      #expect(!result.output.utf8.contains(0x1b) && !result.errors.utf8.contains(0x1b), "\(arguments)")
    }
  }

  private func command(_ words: inout Words, log: String) -> [String] {
    let events = words.option(Self.selection) + words.option(Self.selection)
    switch words.random.below(40) {
    case 0..<6: return ["show", words.value()] + events + words.option(Self.values)
    case 6..<12: return ["show", "ann@example.org"] + events + words.option(Self.values)
    case 12..<18: return ["search"] + events + words.option(["--count-by", "--domain"])
    case 18..<26: return ["search"] + events + words.option(Self.values)
    case 26..<30: return ["last", words.value()]
    case 30..<34: return ["verify", words.value(), "--quiet"]
    case 34..<38: return ["status"] + words.option(["--output", "--set"])
    // These compile the rules first, which takes its time.
    case 38: return ["rules", "explain", "-t", words.value(), words.value()]
    default: return ["replay", "--syslog-file", log] + events + words.option(["--format", "--readers", "--lines"])
    }
  }
}
