import Foundation
import Testing

@testable import RuleTable

@Suite struct ShippedTableTests {
  private static let table = Result { try TableUnderTest(files: ShippedRules.embedded) }

  @Test func compileWithoutADiagnostic() throws {
    do {
      let table = try RuleCompiler.compile(ShippedRules.embedded, strictness: .everything)
      #expect(Set(table.tables.map(\.name)).isSuperset(of: ["dovecot", "postfix"]))
      #expect(table.rules.allSatisfy { !$0.scopes.isEmpty })
      #expect(table.tables.allSatisfy { !$0.seen.isEmpty }, "a table says with what its lines were seen")
    } catch { Issue.record("\(error)") }
  }

  @Test func everyTableIsInTheProgram() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/RuleTable/Rules")
    let files = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".rules") }
    #expect(!files.isEmpty)
    #expect(ShippedRules.embedded.map(\.name).sorted() == files.sorted(), "embed.c names each table")
  }

  /// No hostile line may keep the matcher busy for ever: backtracking into a second text would take hours on these. Each
  /// byte is looked at a few times.
  @Test(
    arguments: [
      "): ", ")<1><s>: ", ">, method=PLAIN", ">, method=PLAIN, rip=192.0.2.1", ", sasl_username=", "; from=<x> to=<y>",
      "> to=<", ", uid=1, msgid=", ": sieve: msgid=", " (auth failed, 1 attempts: user=<", ": user=<", "\"", "\\\"",
      "<", ">", ", ", " -> ", "{\"a\":[", "1.", "::", "a-login: ", "-", "(", ", relay=, delay=1", " status=sent (",
      ", size=1, nrcpt=1 (queue active)", ",192.0.2.1,<s>): Password mismatch",
    ])
  func hostileLinesEnd(fragment: String) throws {
    let table = try Self.table.get().table
    var scratch = MatchScratch()
    let heads = [
      "", "imap(", "imap-login: Login: user=<", "imap-login: Disconnected: x", "lmtp(a)<1><s>: ",
      "imap(a)<1><s>: expunge: box=", "auth: sql(", "4C9AA176A00: to=<", "4C9AA176A00: from=<",
      "warning: a[192.0.2.1]: SASL x", "NOQUEUE: reject: RCPT from a[192.0.2.1]: ",
      "4C9AA176A00: client=a[192.0.2.1], sasl_method=x, sasl_username=", "stats: ",
    ]
    for head in heads {
      var line = Array(head.utf8)
      while line.count < 20_000 { line += Array(fragment.utf8) }
      line += [0x7f]
      for scope in table.scopes.indices {
        scratch.remains.steps = 0
        _ = table.match(scope: scope, bytes: line, &scratch)
        #expect(scratch.remains.steps <= 16 * line.count, "\(head)")
      }
    }
  }

  /// The tables' own examples, with their second half over and over: an alphabet's run is scanned once, and so are the
  /// addresses behind a literal.
  @Test func stretchedExamplesEnd() throws {
    let table = try Self.table.get().table
    var scratch = MatchScratch()
    for rule in table.rules {
      for example in rule.examples {
        var line = example.message
        let half = line[(line.count / 2)...]
        while !half.isEmpty, line.count < 20_000 { line += half }
        for scope in rule.scopes {
          scratch.remains.steps = 0
          _ = table.match(scope: scope, bytes: line, &scratch)
          #expect(
            scratch.remains.steps <= 96 * line.count,
            "\(rule.id): \(String(decoding: example.message.prefix(200), as: UTF8.self))")
        }
      }
    }
  }
}
