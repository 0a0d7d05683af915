import Glibc
import TestSupport
import Testing

/// What a reader of trails says of lines that it does not know.
@Suite struct UnreadLinesTests {
  private let head = #"{"id":"0000000000000001.000000000001","time":"2026-03-01T10:00:00.000000Z","kind":"#

  private func site(_ lines: [String]) throws -> LiveSite {
    let site = try LiveSite()
    for directory in ["", "/example.org", "/example.org/ann"] { mkdir(site.tree + directory, 0o750) }
    let text = lines.joined(separator: "\n") + "\n"
    try TestFiles.write(Array(text.utf8), to: site.tree + "/example.org/ann/AUDIT-260301.log")
    return site
  }

  private var logout: String { head + #""logout","level":1,"mailbox":"ann@example.org"}"# }

  @Test("keys of a newer version are shown", arguments: ["short", "json", "json-pretty"])
  func newerKeys(format: String) throws {
    let site = try site([logout.dropLast() + #","country":"NZ"}"#])
    defer { site.remove() }
    for words in [["show", "ann@example.org"], ["search"]] {
      let result = try site.run(words + ["-q", "-o", format])
      #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
      #expect(result.output.contains("country") && result.output.contains("NZ"), "\(result.output)")
    }
    let found = try site.run(["show", "ann@example.org", "--grep", "nz"])
    #expect(found.status == 0 && found.output.contains("logout"))
  }

  @Test(
    "what is no record is counted, by all who read",
    arguments: [
      ["show", "ann@example.org"], ["show", "ann", "-n", "5"], ["show", "ann", "-S", "2026-03-01"], ["search"],
      ["search", "-S", "2026-03-01", "-U", "2026-03-02"], ["last"], ["last", "ann"],
    ])
  func otherLines(words: [String]) throws {
    let site = try site([
      logout, head + #""message.teleported","level":1,"mailbox":"ann@example.org"}"#, "garbage \u{1b}[31m", logout,
    ])
    defer { site.remove() }
    let result = try site.run(words)
    #expect(result.status == 1)
    #expect(
      result.errors.contains("example.org/ann/AUDIT-260301.log: 2 lines are not shown")
        && result.errors.contains("mailtrail verify"), "\(result.errors)")
    #expect(result.output.contains(words[0] == "last" ? "ann@example.org" : "logout"))
  }
}
