import AuditModel
import Testing

@testable import Configuration

@Suite struct SettingOverrideTests {
  @Test func laterOverridesWinOverTheFile() throws {
    let read = try parse(
      "audit: {level: 1, kinds: {message.copied: 1, logout: off}}",
      [
        "audit.level=3", "audit.level=10", "audit.kinds.\"message.copied\"=5", "state.directory=/tmp/a=b",
        "mailboxes.known=[/a, '/b c']", "mailboxes.extension-delimiter=", "sources=[{journal: {directories: [/j]}}]",
      ])
    #expect(read.audit.level == .high)
    #expect(read.audit.kinds == [.messageCopied: .level(.normal), .logout: .off])
    #expect(read.state.directory == "/tmp/a=b")
    #expect(read.mailboxes.known == ["/a", "/b c"])
    #expect(read.mailboxes.extensionDelimiters == "")
    #expect(read.sources == [.journal(.init(directories: ["/j"]))])
  }

  @Test(
    arguments: [
      ("audit.level=4", "`audit.level` is `4`; allowed: 1, 3, 5 or 10"),
      ("audit.levle=5", "unknown key `levle` in `audit`; did you mean `level`?"),
      (
        "state.directory.x=1",
        "`state.directory` is `/s` at m.yaml:1:20, it has no key `x`; set the whole of it, as in key=[one, two]"
      ),
      ("audit.known=[a", "not valid YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
      (
        "mailboxes.default-domain=@x",
        "not valid YAML: while scanning for the next token, found character that cannot start any token: put the value in quotes, and indent with spaces, not tabs"
      ),
      (
        "audit.kinds.message.copied=5",
        "`audit.kinds.message` is a mapping; a kind is one key with a dot in it: `message.copied` (for --set in "
          + "quotes: audit.kinds.\"message.copied\"=…)"
      ),
    ])
  func aProblemNamesTheArgument(argument: String, message: String) {
    #expect(problems("state: {directory: /s}", [argument]) == ["--set \(argument): \(message)"])
  }

  @Test(arguments: ["", "audit", "=5", "audit.=5", ".level=5", "audit.\"level=5", "audit.\"level\"x=5"])
  func notKeyAndValue(argument: String) {
    #expect(problems("", [argument]).first?.hasPrefix("--set \(argument): not `key=value`") == true)
  }

  /// Keys stand in messages, and a terminal obeys what it is sent.
  @Test func messagesDriveNoTerminal() {
    do throws(ConfigurationError) {
      _ = try Configuration.parse(Array("3".utf8), file: "f.yaml", overrides: ["a\u{1b}[2J\u{202e}.b\u{7}=1"])
      Issue.record("a scalar has no keys")
    } catch {
      #expect(error.description.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
      #expect(!error.description.unicodeScalars.contains("\u{202e}"))
    }
  }
}
