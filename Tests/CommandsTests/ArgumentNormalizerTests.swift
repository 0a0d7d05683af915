import Testing

@testable import Commands

@Suite struct ArgumentNormalizerTests {
  private static let show = CommandOptions(options: [
    .init("follow", "f"), .init("reverse", "r"), .init("lines", "n", .lineCount), .init("since", "S", .required),
    .init("until", "U", .required), .init("boot", "b", .boot), .init("output", "o", .required),
    .init("output-dir", nil, .required), .init("no-pager"),
  ])
  private static let program = CommandOptions(
    options: [.init("config", "c", .required)],
    subcommands: [
      "show": show,
      "rules": CommandOptions(subcommands: ["list": CommandOptions(options: [.init("output", "o", .required)])]),
    ])

  /// Words separated by `|`, since empty ones and ones with spaces matter.
  @Test(
    arguments: [
      ("show|-n5", "show|--lines=5"), ("show|-n", "show|--lines=10"), ("show|-n|5", "show|--lines=5"),
      ("show|-n|all|ann", "show|--lines=all|ann"), ("show|-n|ann@example.org", "show|--lines=10|ann@example.org"),
      ("show|-fn5", "show|--follow|--lines=5"), ("show|-fn", "show|--follow|--lines=10"),
      ("show|-fr|ann", "show|--follow|--reverse|ann"), ("show|-S|-5d", "show|--since=-5d"),
      ("show|-S-5d", "show|--since=-5d"), ("show|-rS|2 hours ago", "show|--reverse|--since=2 hours ago"),
      ("show|-b|-1", "show|--boot=-1"), ("show|-b", "show|--boot=0"), ("show|-b|ann", "show|--boot=0|ann"),
      ("show|-b-1|-f", "show|--boot=-1|--follow"), ("show|-b|-f", "show|--boot=0|--follow"),
      (
        "show|-b|0123456789abcdef0123456789abcdef-2|x",
        "show|--boot=0123456789abcdef0123456789abcdef-2|x"
      ),
      ("show|-b|all", "show|--boot=all"), ("show|--boot", "show|--boot=0"), ("show|--boot|-1", "show|--boot=-1"),
      ("show|--lines", "show|--lines=10"), ("show|--lines|7", "show|--lines=7"),
      ("show|--since=-5d", "show|--since=-5d"), ("show|--since|-5d", "show|--since=-5d"),
      ("show|--since|--until", "show|--since=--until"), ("show|--since=", "show|--since="),
      ("show|-S|", "show|--since="), ("show|--sin|now", "show|--since=now"), ("show|--o|x", "show|--o|x"),
      ("show|--output|x", "show|--output=x"), ("show|--follow=1", "show|--follow=1"),
      ("show|-S", "show|--since"), ("show|--since", "show|--since"), ("show|-x", "show|-x"),
      ("show|-fxn5", "show|--follow|-xn5"), ("show|--what|-n", "show|--what|--lines=10"),
      ("show|--|-n5|--since", "show|--|-n5|--since"), ("show|-f|--|-f", "show|--follow|--|-f"),
      ("show|-", "show|-"), ("show|ann|-f", "show|ann|--follow"), ("", ""),
      ("-c|f|show|-c|f", "--config=f|show|-c|f"), ("rules|list|-o|json", "rules|list|--output=json"),
      ("other|show|-f", "other|show|-f"), ("show|rules|list|-o|x", "show|rules|list|--output=x"),
    ])
  func rewrites(given: String, expected: String) {
    func words(_ text: String) -> [String] {
      text.isEmpty ? [] : text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    }
    let rewritten = ArgumentNormalizer.normalize(words(given), options: Self.program)
    #expect(rewritten == words(expected))
    // What it wrote it leaves alone, unless an option lacks its value.
    if !["show|-S", "show|--since"].contains(given) {
      #expect(ArgumentNormalizer.normalize(rewritten, options: Self.program) == rewritten)
    }
  }
}
