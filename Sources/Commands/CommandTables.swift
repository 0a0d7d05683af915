/// The options as journalctl takes them, for `ArgumentNormalizer`.
extension CommandOptions {
  private static let common = [
    Option("config", nil, .required), Option("set", nil, .required), Option("help", "h"), Option("version"),
  ]

  private static let selection = [
    Option("since", "S", .required), Option("until", "U", .required), Option("output", "o", .required),
    Option("grep", "g", .required), Option("no-pager"), Option("reverse", "r"), Option("lines", "n", .lineCount),
    Option("kind", "k", .required), Option("ip", nil, .required), Option("service", nil, .required),
    Option("level", nil, .required), Option("quiet", "q"), Option("utc"), Option("pager-end", "e"),
  ]

  private static let values = [
    Option("actor", nil, .required), Option("sender", nil, .required), Option("recipient", nil, .required),
    Option("folder", nil, .required), Option("message-id", nil, .required), Option("outcome", nil, .required),
    Option("around", nil, .required), Option("within", nil, .required),
  ]

  private static let journal = [
    Option("boot", "b", .boot), Option("cursor", "c", .required), Option("after-cursor", nil, .required),
    Option("directory", "D", .required), Option("file", nil, .required), Option("namespace", nil, .required),
    Option("identifier", "t", .required), Option("unit", "u", .required),
  ]

  private static let textLogs = [Option("syslog-file", nil, .required), Option("format", nil, .required)]

  static let mailtrail = CommandOptions(
    options: common,
    subcommands: [
      "collect": CommandOptions(options: common + [Option("until-end"), Option("check")]),
      "ingest": CommandOptions(
        options: common + [Option("format", nil, .required), Option("confirm"), Option("no-confirm")]),
      "replay": CommandOptions(
        options: common + selection + journal + textLogs
          + [Option("output-dir", nil, .required), Option("readers", nil, .required), Option("refused")]),
      "show": CommandOptions(options: common + selection + values + [Option("follow", "f"), Option("gaps")]),
      "search": CommandOptions(
        options: common + selection + values
          + [
            Option("follow", "f"), Option("gaps"), Option("domain", nil, .required), Option("count-by", nil, .required),
          ]),
      "trace": CommandOptions(
        options: common
          + [
            Option("from", nil, .required), Option("to", nil, .required), Option("around", nil, .required),
            Option("within", nil, .required), Option("output", "o", .required), Option("utc"), Option("no-pager"),
            Option("quiet", "q"),
          ]),
      "source": CommandOptions(
        options: common + textLogs
          + [
            Option("directory", "D", .required), Option("file", nil, .required), Option("namespace", nil, .required),
            Option("utc"), Option("no-pager"), Option("quiet", "q"),
          ]),
      "mailboxes": CommandOptions(options: common),
      "last": CommandOptions(
        options: common
          + [
            Option("service", "s", .required), Option("since", "S", .required), Option("until", "U", .required),
            Option("unused-since", nil, .required), Option("never"), Option("history"),
            Option("lines", "n", .lineCount), Option("output", "o", .required), Option("quiet", "q"),
          ]),
      "doctor": CommandOptions(
        options: common + journal
          + [Option("root", nil, .required), Option("output", "o", .required), Option("quiet", "q")]),
      "verify": CommandOptions(
        options: common
          + [
            Option("directory", "D", .required), Option("file", nil, .required), Option("namespace", nil, .required),
            Option("output", "o", .required), Option("quiet", "q"),
          ]),
      "accounts": CommandOptions(options: common + [Option("accept-empty"), Option("quiet", "q")]),
      "record": CommandOptions(options: common),
      "merge": CommandOptions(options: common + [Option("dry-run")]),
      "status": CommandOptions(
        options: common + [Option("output", "o", .required), Option("refused"), Option("textfile", nil, .required)]),
      "retention": CommandOptions(options: common, subcommands: ["run": CommandOptions(options: common)]),
      "rules": CommandOptions(
        options: common,
        subcommands: [
          "list": CommandOptions(options: common),
          "check": CommandOptions(options: common + [Option("strict", nil, .required)]),
          "explain": CommandOptions(options: common + [Option("identifier", "t", .required)]),
          "coverage": CommandOptions(
            options: common + journal + textLogs
              + [
                Option("since", "S", .required), Option("until", "U", .required), Option("lines", "n", .lineCount),
              ]),
        ]),
    ])
}
