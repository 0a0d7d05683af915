import RuleTable
import Testing

/// How daemons write names, and what is read of it.
@Suite struct CaptureEncodingTests {
  private func text(_ encoding: CaptureEncoding, _ value: String) -> String {
    String(decoding: encoding.decode(Array(value.utf8)), as: UTF8.self)
  }

  @Test(
    arguments: [
      (#"zo\303\253@shop.example"#, "zoë@shop.example"), (#"CORP\nina"#, #"CORP\nina"#), (#"CORP\bob"#, #"CORP\bob"#),
      (#"a\\b"#, #"a\\b"#), (#"a\101"#, #"a\101"#), (#"\9\400\012"#, #"\9\400\012"#), (#"a\30"#, #"a\30"#),
      (#"x T=\"a\""#, #"x T=\"a\""#), ("", ""),
    ])
  func undoesExim(value: String, result: String) { #expect(text(.exim, value) == result) }

  @Test(
    arguments: [
      (#"no\M-C\M-+l"#, "noël"), (#"a\040b"#, "a b"), (#"a\^Ab\^?"#, "a\u{1}b\u{7f}"), (#"C:\\M-C"#, #"C:\M-C"#),
      (#"\n\r\t\a\b\v\f\s"#, "\n\r\t\u{7}\u{8}\u{b}\u{c} "), (#"a\0b"#, "a\0b"), (#"a\z\M\M-"#, #"a\z\M\M-"#),
      (#"\""#, "\""),
    ])
  func undoesVis(value: String, result: String) { #expect(text(.vis, value) == result) }

  @Test func undoesVisOfControlsBeyondASCII() {
    #expect(CaptureEncoding.vis.decode(Array(#"\M^C\240\M^?"#.utf8)) == [0x83, 0xA0, 0xFF])
  }

  @Test(
    arguments: [
      (#"ann\tlrs\tbob\tlr\t"#, "ann\tlrs\tbob\tlr\t"), (#"zo\x{c3}\x{ab}"#, "zoë"), (#"a\"b\\\t"#, "a\"b\\\t"),
      (#"\\t"#, #"\t"#), (#"\q\x{g1}\x{c3"#, #"\q\x{g1}\x{c3"#), (#"a\"#, #"a\"#), (#"\r\n"#, "\r\n"), ("", ""),
    ])
  func undoesLogfmt(value: String, result: String) { #expect(text(.logfmt, value) == result) }

  /// Printing as vis(3) does with VIS_WHITE, and reading it, changes no byte.
  @Test func readsWhatVisWrites() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        #expect(CaptureEncoding.vis.decode(Self.vis([first, second])) == [first, second])
      }
    }
  }

  private static func vis(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      if byte == UInt8(ascii: "\\") { return [byte, byte] }
      if byte > 32, byte < 127 { return [byte] }
      if byte & 127 == 32 { return Array("\\".utf8) + [byte >> 6 & 7, byte >> 3 & 7, byte & 7].map { $0 + 48 } }
      let head = Array((byte >= 128 ? "\\M" : "\\").utf8)
      let low = byte & 127
      if low < 32 || low == 127 { return head + Array("^".utf8) + [low == 127 ? UInt8(ascii: "?") : low + 64] }
      return head + Array("-".utf8) + [low]
    }
  }

  @Test(
    arguments: [
      ("Gel&APY-scht", "Gelöscht"), ("Tom &- Jerry", "Tom & Jerry"), ("&U,BTFw-", "台北"), ("&2D3cqQ-", "💩"),
      ("INBOX", "INBOX"), ("A&B", "A&B"), ("&!-", "&!-"), ("Caf&AOk-/&ZeVnLIqe-", "Café/日本語"),
      ("&ZeVnLIqeZeVnLIqeZeVnLIqeZeVnLIqe-", "日本語日本語日本語日本語"),
    ])
  func undoesModifiedUTF7(value: String, result: String) { #expect(text(.utf7, value) == result) }

  /// RFC 3501, section 5.1.3: what needs no shifting must not be shifted; else two names would be one.
  @Test(arguments: ["&AGE-nn", "&2D0-", "&3Kk-", "&APY", "&APYA-", "&APb-", "&A-", "a&AGEAYg-"])
  func leavesWhatIsNoModifiedUTF7(value: String) { #expect(text(.utf7, value) == value) }

  @Test(
    arguments: [
      ("a#012b", "a\nb"), ("ticket #101", "ticket #101"), ("#", "#"), ("#01", "#01"), ("no#303#253l", "noël"),
      ("#400", "#400"),
    ])
  func undoesRsyslog(value: String, result: String) { #expect(text(.syslog, value) == result) }

  @Test(
    arguments: [
      (#"a\u00ebb\n\/\"\\"#, "aëb\n/\"\\"), (#"\ud83d\ude00"#, "😀"), (#"\ud83d"#, "\u{FFFD}"), (#"\u12"#, "u12"),
      (#"x\"#, #"x\"#),
    ])
  func undoesJSON(value: String, result: String) { #expect(text(.json, value) == result) }

  @Test(arguments: [("a%40b+c", "a@b c"), ("100%", "100%"), ("%4", "%4"), ("%zz", "%zz")])
  func undoesAQuery(value: String, result: String) { #expect(text(.query, value) == result) }

  // MARK: - In tables

  private static func table(_ scopeLine: String, _ pattern: String) throws -> TableUnderTest {
    try TableUnderTest("  \(scopeLine)\n" + TableUnderTest.rule("r", matching: pattern))
  }

  @Test func aScopeSaysHowItsOpenCapturesAreWritten() throws {
    let table = try Self.table("encoding exim", "user=\\<<u!:address>> id=<i:word> raw=<r/plain> rest=<x!:gap>.")
    let found = try #require(table.match(#"user=<\303\253> id=a raw=\303\253 rest=\303\253."#))
    #expect(found.captures == ["u": "ë", "i": "a", "r": #"\303\253"#, "x": "ë"])
  }

  @Test func aCaptureSaysItForItself() throws {
    let table = try TableUnderTest(
      "list l \", \"\n  item user=<u:text/vis>\n  item box=<b>\n"
        + TableUnderTest.rule("r", matching: "t=<t:token/utf7><*l>"))
    let found = try #require(table.match(#"t=&APY-, user=a\040b, box=a\040b"#))
    #expect(found.captures == ["u": "a b", "b": #"a\040b"#, "t": "ö"])
  }

  @Test func aRuleOfTwoScopesReadsEachAsItIsWritten() throws {
    let table = try TableUnderTest(
      "  encoding exim\nscope v\n  encoding vis\n"
        + TableUnderTest.rule("r", matching: "u=<u>").replacing("in s", with: "in s v"))
    #expect(table.match(#"u=\303\253"#)?.captures == ["u": "ë"])
    #expect(table.match(#"u=\M-C\M-+\\"#, scope: "v")?.captures == ["u": #"ë\"#])
  }

  @Test(
    arguments: [
      ("postfix:10", "ann", false), ("postfix:10", "annannann0", true), ("postfix", "zo??", true),
      ("exim:4", "anna", true),
      ("dovecot:12", "Work", false), ("dovecot:12", "Worksheet...", true), ("dovecot:40", "Wait...", false),
      ("dovecot", "Wait...", true), ("dovecot", "a\u{FFFD}b", true), ("dovecot", "What?", true),
      ("ellipsis", "What?", false), ("ellipsis:20", "A long folder na…", true), ("plain", "What?...", false),
    ])
  func whatWasCutOrReplacedIsDoubtful(encoding: String, value: String, isDoubtful: Bool) throws {
    let table = try TableUnderTest(pattern: "u=<u:text/\(encoding)>")
    let found = try #require(table.match("u=\(value)"))
    #expect(found.captures == ["u": value])
    #expect(found.doubtful == (isDoubtful ? ["u"] : []))
  }

  // MARK: - Errors

  private static func errors(_ scopeLine: String, _ match: String, _ action: String) -> String {
    do {
      _ = try TableUnderTest(
        files: [
          RuleFile(
            name: "t.rules",
            text: Array(
              ("table t\n  account u v\nscope s\n  identifier s\n"
                + "  \(scopeLine)\nlist l \", \"\n  item box=<folder>\nrule r\n  match \(match)\n  \(action)\n  example a\n    expect\n")
                .utf8))
        ])
      return ""
    } catch { return "\(error)" }
  }

  @Test(
    arguments: [
      ("u=<u>", "event login.failed mailbox=<u>", "10:3: ‘u’ becomes mailbox"),
      ("u=<u>", "event login.failed mailbox=mailbox(<u>)", "10:3: ‘u’ becomes mailbox"),
      ("u=<u>", "set v=<u>\n  event login.failed mailbox=<v>", "11:3: ‘u’ becomes mailbox"),
      ("u=<u>", "offer login <u> within 1s", "10:3: ‘u’ is in a key"),
      ("u=<u:word>", "event login.failed mailbox=account(\"a\"+<u>)", "10:3: ‘u’ becomes mailbox"),
      ("u=<u:gap>.", "note login mailbox(<u>): ip=x", "10:3: ‘u’ is in a key"),
      ("u=<u:address>.", "wait login x or login y <u>[75] within 1s", "10:3: ‘u’ is in a key"),
      ("u=<u>", "note login x: folder=y|replaced(<u>,\"a\",\"b\")", "10:3: ‘u’ becomes folder"),
      ("u=<u/vis><? m=<message_id>?>", "event login.failed mailbox=<u>", "9:9: ‘message_id’ is a key of the record"),
      ("u=<u:word/vis><*l>", "event login.failed mailbox=<u>", "9:9: ‘folder’ is a key of the record"),
    ])
  func aScopeMayAskForDeclarations(match: String, action: String, error: String) {
    let errors = Self.errors("encoding declared", match, action)
    #expect(errors.contains("t.rules:" + error + ","), "\(errors)")
    #expect(errors.contains("or /plain where nothing is escaped"))
  }

  @Test(
    arguments: [
      ("u=<u/plain> id=<i:word>", "event login.failed mailbox=<u> session=<i>"),
      ("u=<u> id=<i:word>", "note login <i>: ip=<u>"),
      ("u=<folder> id=<i:word>", "note login <i>: ip=x"),
    ])
  func whatNamesNothingNeedsNoDeclaration(match: String, action: String) {
    #expect(!Self.errors("encoding declared", match, action).contains("how the daemon writes it"))
  }

  @Test func anotherScopeAsksForNone() {
    #expect(!Self.errors("encoding vis", "u=<u>", "note login <u>: ip=x").contains("how the daemon writes it"))
  }

  @Test(
    arguments: [
      ("encoding exim", "u=<u:text/octal>", "9:11: there is no encoding ‘octal’ (encodings are plain, json"),
      ("encoding exim", "u=<u:text/exim:x>", "9:11: there is no encoding ‘exim:x’"),
      ("encoding exim", "u=<u:int/exim>", "9:11: the type int has no encoding (leave /exim out)"),
      ("encoding exam", "a", "5:3: there is no encoding ‘exam’ (encodings are"),
    ])
  func misspeltEncodingsAreErrors(scopeLine: String, match: String, error: String) {
    let errors = Self.errors(scopeLine, match, "noise")
    #expect(errors.contains("t.rules:" + error), "\(errors)")
  }
}
