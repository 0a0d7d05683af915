import ArgumentParser
import AuditOutput
import LogSources
import Testing

@testable import Commands

/// Command lines as people type them, through the normaliser and the parser.
@Suite struct CommandLineTests {
  private func parse<Command>(_ line: String, as type: Command.Type) throws -> Command {
    let words = line.split(separator: "|").map(String.init)
    let arguments = ArgumentNormalizer.normalize(words, options: .mailtrail)
    return try #require(try MailtrailCommand.parseAsRoot(arguments) as? Command)
  }

  @Test func show() throws {
    let command = try parse("show|-n5|-r|ann@example.org|-S|-5d|-Uyesterday", as: ShowCommand.self)
    #expect(command.mailbox == "ann@example.org")
    #expect(command.events.limit == 5)
    #expect(command.events.reverse)
    #expect(command.events.since == "-5d")
    #expect(command.events.until == "yesterday")
    #expect(!command.follow)
  }

  @Test(
    arguments: [
      ("show|-fn5|ann", true, 5), ("show|-n|ann", false, 10), ("show|ann|-n", false, 10),
      ("show|-n|all|ann", false, nil),
      ("show|--lines|7|ann", false, 7), ("show|ann|-f", true, nil), ("show|--follow|--lines=3|ann", true, 3),
      ("show|ann", false, nil), ("show|-qfn0|ann", true, 0),
    ])
  func linesAndFollow(line: String, follows: Bool, limit: Int?) throws {
    let command = try parse(line, as: ShowCommand.self)
    #expect(command.mailbox == "ann")
    #expect(command.follow == follows)
    #expect(command.events.limit == limit)
  }

  @Test func replay() throws {
    let command = try parse(
      "replay|-b|-1|-D|/var/log/journal|--file=a|--file|b|-u|dovecot.service|-t|postfix/smtpd|-o|json-pretty|-S|2 hours ago"
        + "|-k|login|--ip|192.0.2.7|--output-dir|/tmp/x|--set|audit.level=1|-c|s=1;i=2|--readers|3|--no-pager|-q",
      as: ReplayCommand.self)
    #expect(command.journal.boot == "-1")
    #expect(command.journal.directory == ["/var/log/journal"])
    #expect(command.journal.file == ["a", "b"])
    #expect(command.journal.unit == ["dovecot.service"])
    #expect(command.journal.identifier == ["postfix/smtpd"])
    #expect(command.journal.cursor == "s=1;i=2")
    #expect(command.events.output == .jsonPretty)
    #expect(command.events.since == "2 hours ago")
    #expect(command.events.kind == ["login"])
    #expect(command.events.ip == ["192.0.2.7"])
    #expect(command.events.noPager && command.events.quiet)
    #expect(command.outputDir == "/tmp/x")
    #expect(command.readers == 3)
    #expect(throws: (any Error).self) { try parse("replay|--readers|0", as: ReplayCommand.self) }
    #expect(throws: (any Error).self) { try parse("replay|--readers|65", as: ReplayCommand.self) }
    #expect(command.options.overrides == ["audit.level=1"])
  }

  @Test func doctor() throws {
    let command = try parse("doctor|--root|/srv/root|-D|/srv/journal|-ojson|-q", as: DoctorCommand.self)
    #expect(command.root == "/srv/root")
    #expect(command.journal.directory == ["/srv/journal"])
    #expect(command.output == .json && command.quiet)
    let plain = try parse("doctor", as: DoctorCommand.self)
    #expect(plain.root == nil && plain.output == .short && !plain.quiet)
  }

  @Test func verify() throws {
    let command = try parse(
      "verify|ann|-D|/srv/journal|--file|a|--file=b|--namespace|mail|-o|json|bob@example.org|-q", as: VerifyCommand.self
    )
    #expect(command.mailboxes == ["ann", "bob@example.org"])
    #expect(command.directory == ["/srv/journal"])
    #expect(command.file == ["a", "b"])
    #expect(command.namespace == ["mail"])
    #expect(command.output == .json && command.quiet)
    #expect(try parse("verify", as: VerifyCommand.self).mailboxes == [])
  }

  @Test func ingest() throws {
    let command = try parse("ingest|--format|exim|--confirm|--set|audit.level=1", as: IngestCommand.self)
    #expect(command.format == .exim)
    #expect(command.confirm == true)
    #expect(command.options.overrides == ["audit.level=1"])
    #expect(try parse("ingest|--no-confirm", as: IngestCommand.self).confirm == false)
    #expect(try parse("ingest", as: IngestCommand.self).confirm == nil)
    #expect(try parse("ingest", as: IngestCommand.self).format == .syslog)
  }

  @Test func bootAloneIsTheLast() throws {
    #expect(try parse("replay|-b", as: ReplayCommand.self).journal.boot == "0")
    #expect(try parse("replay|-b|-r", as: ReplayCommand.self).journal.boot == "0")
    #expect(try parse("replay|--boot=-2", as: ReplayCommand.self).journal.boot == "-2")
  }

  /// Each command's options in their short, long and attached forms: the normaliser's table and the parser agree.
  @Test(
    arguments: [
      "show|-S-5d|-Unow|-ojson|-klogin|-gword|-n3|-rq|-f|--no-pager|--ip=192.0.2.1|--service=imap|--level=5|ann",
      "search|-S|-5d|-U|now|-o|csv|-k|login|-g|-dash|-n|-r|-q|--no-pager|--ip|192.0.2.0/24|--service|imap|--level|10",
      "search|--actor|ann|--sender=<>|--recipient|@b|--folder|INBOX|--message-id|<x>|--outcome|failure|--around|now",
      "search|--around=@5|--within|5min|--domain|example.org|--count-by|ip|-klogin,!logout", "search|-fn5",
      "show|--sender|a@b|--around|00000000000000aa.0000000000bb|--within=1h|-kmessage.*|ann",
      "replay|-S@0|-Unow|-oshort|-n5|-r|-q|-b|-cX|--after-cursor|Y|-DX|--namespace|n|-tx|-ux|--file|f|--output-dir|d",
      "trace|-oshort-iso|-q|--utc|--no-pager|<a@b>", "trace|--from|a|--to=b|--around|-5d|--within|1h|-o|json",
      "source|0123456789abcdef.0123456789ab|-Dd|--file|f|--namespace=n|--syslog-file|l|--format|exim|-q|--utc",
      "collect|--until-end|--config|f|--set|a=b", "mailboxes|--config|f", "last|-ojson|-q|ann|bob",
      "status|-o|json", "status|-ojson",
      "status|--output=prometheus", "retention|run|--set|a=b", "rules|list", "rules|check|a.rules|b.rules",
      "rules|explain|-t|postfix/smtpd|a line", "rules|explain|-tdovecot|imap: x",
      "rules|coverage|-D|d|-n|3|-S|-5d|-b|-1|-u|x|-t|y", "rules|coverage|-n5",
      "doctor|-D|d|--root|r|-ojson|-q|--config|f", "doctor|--file|f|--output=short|--quiet|--set|a=b",
      "verify|-Dd|--file|f|--namespace|n|-ojson|-q|ann", "verify|--directory|d|--output|short|--quiet|ann|bob",
      "ingest|--format|exim|--confirm|--config|f", "ingest|--no-confirm|--format=syslog|--set|a=b",
    ])
  func everyCommandTakesItsOptions(line: String) throws {
    let words = ArgumentNormalizer.normalize(line.split(separator: "|").map(String.init), options: .mailtrail)
    #expect(throws: Never.self) { try MailtrailCommand.parseAsRoot(words) }
  }

  @Test(
    arguments: [
      ("show", "mailbox"), ("show|ann|bob", "bob"), ("show|-S", "since"), ("show|--what|ann", "--what"),
      ("show|-x|ann", "-x"),
      ("show|-k|logn|ann", "there is no kind ‘logn’"), ("show|--level|4|ann", "there is no level 4"),
      ("show|--lines=some|ann", "‘some’ is no number of lines"), ("show|-o|xml|ann", "xml"), ("colect", "colect"),
      ("replay|-f", "-f"), ("doctor|ann", "ann"), ("doctor|-o|xml", "xml"), ("verify|-n|3", "-n"),
      ("verify|--output|xml", "xml"),
      ("search|-k|login,logot", "did you mean ‘logout’"), ("search|-k|!logn", "did you mean ‘login’"),
      ("search|-k|login,", "there is no kind ‘’"), ("search|--outcome|failre", "did you mean ‘failure’"),
      ("search|--count-by|sendr", "did you mean ‘sender’"), ("search|--within|5min", "--within goes with --around"),
      ("search|--around|now|--within|x", "no length of time"), ("search|--around|never", "--around takes"),
      ("search|-f|--count-by|ip", "--follow"), ("search|-fr", "--reverse"),
      ("search|--count-by|ip|-ocsv", "short or json"), ("ingest|ann", "ann"), ("ingest|--format|csv", "csv"),
    ])
  func aWrongCommandLineSaysWhatIsWrong(line: String, part: String) {
    let words = ArgumentNormalizer.normalize(line.split(separator: "|").map(String.init), options: .mailtrail)
    let error = #expect(throws: (any Error).self) { try MailtrailCommand.parseAsRoot(words) }
    guard let error else { return }
    #expect(MailtrailCommand.exitCode(for: error) == .validationFailure)
    #expect(MailtrailCommand.message(for: error).contains(part))
  }

  @Test func helpAndVersionAreNoErrors() {
    for line in ["--help", "-h", "show|-h", "--version", "rules|list|--help"] {
      let words = ArgumentNormalizer.normalize(line.split(separator: "|").map(String.init), options: .mailtrail)
      #expect {
        var command = try MailtrailCommand.parseAsRoot(words)
        try command.run()
      } throws: { MailtrailCommand.exitCode(for: $0) == .success }
    }
  }

  @Test func textLogs() throws {
    let command = try parse(
      "replay|--syslog-file|mail.log|mail.log.1|--syslog-file=-|--format|exim|-S|yesterday", as: ReplayCommand.self)
    let request = try command.text.request(with: command.journal, since: nil, until: nil)
    #expect(request.journal == nil)
    #expect(request.text.files == ["mail.log", "-", "mail.log.1"])
    #expect(request.text.format == .exim)
    let both = try parse("replay|--syslog-file|a|--file|b.journal", as: ReplayCommand.self)
    #expect(try both.text.request(with: both.journal, since: nil, until: nil).journal?.files == ["b.journal"])
    let boot = try parse("replay|--syslog-file|a|-b", as: ReplayCommand.self)
    #expect(throws: ValidationError.self) { _ = try boot.text.request(with: boot.journal, since: nil, until: nil) }
  }

  @Test(arguments: [
    ("replay|a.log", "belongs to no option"), ("replay|--format|exim", "goes with --syslog-file"),
    ("replay|--syslog-file|a|--format|csv", "csv"),
  ])
  func aWrongTextLogIsSaid(line: String, part: String) {
    #expect {
      _ = try parse(line, as: ReplayCommand.self)
    } throws: {
      MailtrailCommand.fullMessage(for: $0).contains(part)
    }
  }
}
