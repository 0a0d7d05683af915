import AuditModel
import Foundation
import RuleTable
import Testing

@testable import Correlation

/// Whatever stands where a stranger can write, an event lands with the mailbox that the daemon's own part of the line
/// names, with the text itself, or with nobody.
@Suite struct HostileTextTests {
  /// Texts that look like the end of one line and the middle of another: pieces of the examples that the same daemon
  /// may log. Each capture of an example has its own sequence, so that a rule of another daemon does not change it.
  struct Generator {
    private var state: UInt64
    private let pieces: [[UInt8]]
    private static let own = [
      "victim@example.org", "victim@example.org", "victim@example.org", ">, method=PLAIN, rip=192.0.2.66", " <= ",
      " => ", " P=esmtpsa A=plain:victim@example.org", "(possessor: victim@example.org)", "\n", "\r", "\0", "\"", "\\",
      "{\"user\":\"victim@example.org\"}", "user=<victim@example.org>", "user=victim@example.org", " ", "<", ">", ": ",
      "\u{2028}", "\u{85}",
    ]

    /// - Parameter subject: what the texts are for: rule, capture and example; other texts for each.
    init(seed: UInt64, subject: some Sequence<UInt8>, pieces: [[UInt8]]) {
      state = subject.reduce(seed) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
      self.pieces = Self.own.map { Array($0.utf8) } + pieces
    }

    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }

    mutating func text() -> [UInt8] {
      (0...next(4)).flatMap { _ in next(2) == 0 ? pieces[next(Self.own.count)] : pieces[next(pieces.count)] }
    }
  }

  /// Captures that the daemon never writes as the raw splice of this test does, by the rule's id or its
  /// beginning up to a point.
  private static let exceptions = [
    // No user whose name has brackets, quotes or blanks can log in (auth_username_chars).
    ("dovecot.", "user"),
    // Odd local parts and display names stand in quotes (RFC 5322, section 3.4.1).
    ("sendmail.", "expanded"), ("mailman.", "name"),
    // No account has a blank in its name, and the line tells of one that logged in.
    ("cpanel.login", "login"), ("cpanel.request", "login"), ("cpanel.session-new", "login"),
    ("postfix.client.authenticated", "login"),
    ("postfix.client.proxied", "login"), ("opensmtpd.authenticated", "login"),
    // The name is the user database's: who is refused has logged in.
    ("mailutils.refused", "user"),
    // Quotes in a text are escaped.
    ("stalwart.", ""), ("perdition.", "user"),
    // A name of the DNS has no blanks.
    ("opensmtpd.", "client"),
    // A local part is an atom (valid_localpart of OpenSMTPD's util.c).
    ("opensmtpd.", "original"),
    // The whole command is the stranger's: whom it names is whom it was refused for.
    ("opensmtpd.refused.", "recipient"), ("exim.refused.recipient.raw", "raw"),
    // No mailbox has the system filter's name.
    ("exim.delivered.system-filter", ""),
  ]

  private static func isException(_ rule: String, _ capture: String) -> Bool {
    exceptions.contains {
      (rule == $0.0 || $0.0.hasSuffix(".") && rule.hasPrefix($0.0)) && ($0.1.isEmpty || $0.1 == capture)
    }
  }

  private static let seed: UInt64 = 20_261_121
  /// Texts a capture. `MAILTRAIL_HOSTILE_ROUNDS` asks for more of them by hand.
  private static let rounds = ProcessInfo.processInfo.environment["MAILTRAIL_HOSTILE_ROUNDS"].flatMap(Int.init) ?? 12

  @Test func noTextIsFiledWithAThirdMailbox() throws {
    let table = try RuleCompiler.compile(ShippedRules.embedded)
    let program = ActionProgram(table)
    let untrusted = UntrustedCaptures(ShippedRules.embedded)
    let pieces = table.scopes.indices.map { scope in Self.pieces(of: table.rules.filter { $0.scopes.contains(scope) }) }
    var spliced = 0
    var failures: [String: (count: Int, text: String)] = [:]
    for rule in table.rules where !rule.isNoise {
      for example in rule.examples {
        guard let expected = example.expected else { continue }
        for (name, value) in expected.sorted(by: { $0.key < $1.key })
        where untrusted.contains(name, of: rule.id) && !value.isEmpty && !Self.isException(rule.id, name) {
          guard let range = Self.onlyRange(of: value, in: example.message) else { continue }
          // Stands for a line that was cut: the envelope always follows. The limits of its scopes make it doubtful.
          if rule.id == "postfix.refused" && name == "text" && range.upperBound == example.message.count { continue }
          // What the rest of the line names, whether or not the example alone makes an event for it.
          let meant = Self.owners(of: example.message, rule, program, table).subtracting(Self.mailboxes(of: value))
            .union(expected.filter { $0.key != name }.flatMap { Self.mailboxes(of: $0.value) })
          var generator = Generator(
            seed: Self.seed, subject: Array("\(rule.id) \(name) ".utf8) + example.message,
            pieces: pieces[rule.scopes[0]])
          for _ in 0..<Self.rounds {
            let text = generator.text()
            let isQuoted = Self.isAddress(name, of: rule.id)
            let hostile = isQuoted ? Self.quotedAddress(text) : text
            let line = Array(example.message[..<range.lowerBound] + hostile + example.message[range.upperBound...])
            spliced += 1
            let owners = Self.owners(of: line, rule, program, table)
            let others = owners.subtracting(meant).subtracting(Self.mailboxes(of: hostile))
            guard let other = others.first else { continue }
            let failure =
              "\(rule.id) <\(name)>: filed with ‘\(String(decoding: other, as: UTF8.self))’: "
              + String(decoding: line, as: UTF8.self).debugDescription
            failures[rule.id] = ((failures[rule.id]?.count ?? 0) + 1, failures[rule.id]?.text ?? failure)
          }
        }
      }
    }
    for (_, failure) in failures.sorted(by: { $0.key < $1.key }) {
      Issue.record("seed \(Self.seed), \(failure.count) times: \(failure.text)")
    }
    #expect(spliced > 5_000, "the tables flag what strangers choose")
  }

  /// Envelope addresses of transfer agents, which write odd ones in quotes.
  private static func isAddress(_ capture: String, of rule: String) -> Bool {
    ["postfix.", "exim.", "amavis.", "sendmail.", "courier.esmtpd.", "mailman."].contains { rule.hasPrefix($0) }
      && [
        "recipient", "second", "third", "fourth", "fifth", "sender", "original", "to", "from", "envelope", "rcpt1",
        "rcpt2", "rcpt3",
      ].contains(capture)
  }

  /// As Postfix logs an odd local part: in quotes, `"` and `\` escaped (RFC 5321, section 4.1.2).
  private static func quotedAddress(_ text: [UInt8]) -> [UInt8] {
    let escaped = text.flatMap {
      $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? [UInt8(ascii: "\\"), $0] : [$0]
    }
    return [UInt8(ascii: "\"")] + escaped + Array("\"@example.net".utf8)
  }

  /// The mailboxes in whose files a line's events land.
  private static func owners(
    of line: [UInt8], _ rule: CompiledTable.Rule, _ program: ActionProgram, _ table: CompiledTable
  ) -> Set<[UInt8]> {
    let correlator = Correlator(
      table: table, program: program,
      policy: CorrelationPolicy.everything.with {
        $0.knownMailboxes.append(MailboxAddress(Array("victim@example.org".utf8))!)
      })
    var scratch = MatchScratch()
    let facts = EntryFacts(
      realtime: CorrelationBench.epoch, identity: 1, machine: 1, pid: 1, uid: 0, host: [], unit: [], identifier: [])
    line.withUnsafeBufferPointer { buffer in
      for scope in rule.scopes {
        guard let found = table.match(scope: scope, buffer, &scratch) else { continue }
        if !table.rules[found].isNoise { correlator.process(facts, rule: found, scratch: scratch, line: buffer) }
        return
      }
    }
    correlator.finish()
    return Set(
      correlator.drainEvents().compactMap {
        guard case .mailbox(let address) = $0.owner else { return nil }
        return address.bytes
      })
  }

  /// The mailboxes that a text may mean, as an account and as an address, however its daemon encodes it.
  private static func mailboxes(of text: [UInt8]) -> Set<[UInt8]> {
    let naming = CorrelationPolicy.everything.naming
    return Set(
      CaptureEncoding.allCases.flatMap { encoding in
        let name = decoded(text, encoding)
        let address = naming.mailbox(of: EnvelopeAddress(name)) { _ in false }
        return [naming.mailbox(of: AccountName(name)), address].compactMap { $0?.bytes }
      })
  }

  private static func decoded(_ text: [UInt8], _ encoding: CaptureEncoding) -> [UInt8] {
    text.withUnsafeBufferPointer { text in
      [UInt8](unsafeUninitializedCapacity: CaptureEncoding.maximumLength(of: text.count)) {
        $1 = encoding.decode(text, to: $0.baseAddress!)
      }
    }
  }

  /// Where a value stands, if it stands there once only.
  private static func onlyRange(of value: [UInt8], in line: [UInt8]) -> Range<Int>? {
    guard line.count >= value.count else { return nil }
    let offsets = (0...(line.count - value.count)).filter { line[$0..<($0 + value.count)].elementsEqual(value) }
    return offsets.count == 1 ? offsets[0]..<(offsets[0] + value.count) : nil
  }

  /// The examples without their captures, cut at blanks.
  private static func pieces(of rules: [CompiledTable.Rule]) -> [[UInt8]] {
    var pieces: Set<[UInt8]> = []
    for rule in rules {
      for example in rule.examples {
        guard let expected = example.expected else { continue }
        var start = 0
        let ranges = expected.values.compactMap { $0.isEmpty ? nil : onlyRange(of: $0, in: example.message) }
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.lowerBound >= start {
          pieces.insert(Array(example.message[start..<range.lowerBound]))
          start = range.upperBound
        }
        pieces.insert(Array(example.message[start...]))
      }
    }
    return pieces.filter { !$0.isEmpty }.sorted { $0.lexicographicallyPrecedes($1) }
  }
}

/// Which captures the tables flag with `!`, by rule: read from the text, since a compiled rule has only numbers.
struct UntrustedCaptures {
  private var names: [String: Set<String>] = [:]

  init(_ files: [RuleFile]) {
    for file in files {
      var fragments: [String: Set<String>] = [:]
      var rule = ""
      for line in String(decoding: file.text, as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ")
        switch words.first {
        case "rule" where words.count > 1: rule = String(words[1])
        case "fragment" where words.count > 1:
          fragments[String(words[1])] = Self.untrusted(in: line, fragments)
        case "match": names[rule, default: []].formUnion(Self.untrusted(in: line, fragments))
        default: break
        }
      }
    }
  }

  func contains(_ name: String, of rule: String) -> Bool { names[rule]?.contains(name) ?? false }

  private static func untrusted(in line: Substring, _ fragments: [String: Set<String>]) -> Set<String> {
    var result: Set<String> = []
    for part in line.split(separator: "<").dropFirst() {
      if part.first == "&" { result.formUnion(fragments[String(part.dropFirst().prefix { $0 != ">" })] ?? []) }
      let name = part.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      if !name.isEmpty, part.dropFirst(name.count).first == "!" { result.insert(String(name)) }
    }
    return result
  }
}
