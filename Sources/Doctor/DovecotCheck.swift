import Platform

/// Does Dovecot log who did what? By what doveconf(1) prints.
struct DovecotCheck {
  let machine: Machine
  /// The user whom the tables find in a line of Dovecot's; nil where they find none, or do not know the line.
  let userOfLine: (String) -> String?

  /// What a trail can show of a mailbox (Dovecot's mail_log plugin).
  private static let events = [
    "delete", "undelete", "expunge", "save", "copy", "mailbox_create", "mailbox_delete", "mailbox_rename",
  ]
  private static let fields = ["uid", "box", "msgid", "size"]

  func findings() -> [Finding] {
    guard let doveconf = machine.program("doveconf") else { return [] }
    guard let auth = machine.output(of: doveconf, "-h", "auth_verbose") else {
      return [Finding(.unknown, "Dovecot", "doveconf does not show its settings to this user: run this as root")]
    }
    return [verbosity(auth)] + destination(doveconf) + plugins(doveconf) + deliveries(doveconf)
      + logins(doveconf)
  }

  private func verbosity(_ value: String) -> Finding {
    value.trimmed == "yes"
      ? Finding(.good, "Dovecot", "auth_verbose is on: failed logins have their reason")
      : Finding(
        .advice, "Dovecot", "auth_verbose is off: failed logins have no reason",
        remedy: [Self.file, "  auth_verbose = yes"])
  }

  private static let file = "/etc/dovecot/conf.d/99-mailtrail.conf:"

  private func destination(_ doveconf: String) -> [Finding] {
    let path = machine.output(of: doveconf, "-h", "log_path")?.trimmed ?? "syslog"
    if path.isEmpty || path == "syslog" { return [] }
    return [
      Finding(
        .bad, "Dovecot", "it logs to \(path), not to the journal",
        remedy: [
          Self.file, "  log_path = syslog", "or read that file, in /etc/mailtrail/mailtrail.yaml:", "  sources:",
          "    - text: { path: \(path), format: dovecot }",
        ])
    ]
  }

  private func plugins(_ doveconf: String) -> [Finding] {
    var missing: [String] = []
    for loaded in ["imap", "pop3"] {
      guard let plugins = machine.output(of: doveconf, "-f", "protocol=\(loaded)", "-h", "mail_plugins") else {
        continue
      }
      let words = Set(plugins.settingWords)
      if !words.isSuperset(of: ["notify", "mail_log"]) { missing.append(loaded) }
    }
    guard missing.isEmpty else {
      return [
        Finding(
          .bad, "Dovecot",
          "the plugins notify and mail_log are not loaded for \(missing.joined(separator: " and ")): no deletions, moves, "
            + "expunges or folders in the trails",
          remedy: [
            Self.file, "  mail_plugins = $mail_plugins notify mail_log", "  plugin {",
            "    mail_log_events = \(Self.events.joined(separator: " "))",
            "    mail_log_fields = \(Self.fields.joined(separator: " "))", "  }", "then: systemctl reload dovecot",
          ])
      ]
    }
    return [Finding(.good, "Dovecot", "the plugins notify and mail_log are loaded")]
      + contents(doveconf, "mail_log_events", wanted: Self.events)
      + contents(doveconf, "mail_log_fields", wanted: Self.fields)
  }

  /// In 2.3 the settings of plugins are `plugin/NAME`, in 2.4 they are settings like others.
  private func contents(_ doveconf: String, _ setting: String, wanted: [String]) -> [Finding] {
    guard
      let value = machine.output(of: doveconf, "-h", "plugin/\(setting)") ?? machine.output(of: doveconf, "-h", setting)
    else { return [Finding(.unknown, "Dovecot", "doveconf does not show \(setting)")] }
    let words = value.settingWords
    // Nothing set means the plugin's own choice, which has all that matters but copies' and saves' sizes.
    if words.isEmpty || words.contains("all") { return [] }
    let missing = wanted.filter { !words.contains($0) }
    if missing.isEmpty { return [Finding(.good, "Dovecot", "\(setting) has all that the trails use")] }
    return [
      Finding(
        .advice, "Dovecot", "\(setting) lacks \(missing.joined(separator: ", "))",
        remedy: [Self.file, "  plugin {", "    \(setting) = \((words + missing).joined(separator: " "))", "  }"])
    ]
  }

  private func deliveries(_ doveconf: String) -> [Finding] {
    guard let level = machine.output(of: doveconf, "-h", "mail_log_prefix")?.trimmed else { return [] }
    let hasUser = DovecotLogFormat.expanded(level)?.contains(DovecotLogFormat.user) ?? true
    guard hasUser else {
      return [
        Finding(
          .bad, "Dovecot", "mail_log_prefix has no user: a line does not say whose mailbox it is about",
          remedy: [Self.file, "  mail_log_prefix = \"%s(%u)<%{pid}><%{session}>: \""])
      ]
    }
    // doveconf prints the setting without the blank at its end, and where quotes stand in the file, with them.
    let prefix = level.unquoted
    return understanding(
      of: "mail_log_prefix", DovecotLogFormat.mailLine(prefix: prefix.hasSuffix(" ") ? prefix : prefix + " "),
      loses: "deletions, moves and folders", remedy: "  mail_log_prefix = \"%s(%u)<%{pid}><%{session}>: \"")
  }

  private func logins(_ doveconf: String) -> [Finding] {
    guard let elements = machine.output(of: doveconf, "-h", "login_log_format_elements")?.trimmed,
      let format = machine.output(of: doveconf, "-h", "login_log_format")?.trimmed
    else { return [] }
    return understanding(
      of: "login_log_format_elements",
      DovecotLogFormat.loginLine(format: format.unquoted, elements: elements.unquoted), loses: "logins",
      remedy: "  login_log_format_elements = user=<%u> method=%m rip=%r lip=%l mpid=%e %c session=<%{session}>")
  }

  /// Whether the tables find the user in the line that a setting makes.
  private func understanding(of setting: String, _ line: String?, loses: String, remedy: String) -> [Finding] {
    guard let line else {
      return [
        Finding(
          .unknown, "Dovecot",
          "\(setting) has a variable that is not known here; ‘mailtrail rules explain’ says whether its lines are read")
      ]
    }
    guard userOfLine(line) != DovecotLogFormat.user else { return [] }
    return [
      Finding(
        .bad, "Dovecot",
        "\(setting) makes lines in which no table finds the user: no \(loses) in the trails. "
          + "As in: \(line)", remedy: [Self.file, remedy])
    ]
  }
}

extension String {
  /// Without the quotes around it.
  fileprivate var unquoted: String {
    hasPrefix("\"") && hasSuffix("\"") && utf8.count > 1 ? String(dropFirst().dropLast()) : self
  }
}
