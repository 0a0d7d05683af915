import Platform

/// Postfix: where its log goes, and whether its lines can be known.
struct PostfixCheck {
  let machine: Machine

  func findings() -> [Finding] {
    guard let postconf = machine.program("postconf") else { return [] }
    guard let file = machine.output(of: postconf, "-h", "maillog_file")?.trimmed else {
      return [Finding(.unknown, "Postfix", "postconf does not show its settings")]
    }
    if !file.isEmpty {
      return [
        Finding(
          .bad, "Postfix", "it logs to \(file), not to the journal",
          remedy: [
            "postconf -e maillog_file=", "or read that file, in /etc/mailtrail/mailtrail.yaml:", "  sources:",
            "    - text: { path: \(file), format: syslog }",
          ])
      ]
    }
    let name = machine.output(of: postconf, "-xh", "syslog_name")?.trimmed ?? "postfix"
    guard name.hasPrefix("postfix") else {
      return [
        Finding(
          .bad, "Postfix", "its lines are called \(name)/smtpd and so on, which no rule table knows",
          remedy: ["postconf -e syslog_name=postfix"])
      ]
    }
    return [Finding(.good, "Postfix", "it logs to the journal")]
  }
}

/// Exim: where its log goes, and what is in its lines.
struct EximCheck {
  let machine: Machine

  /// What Exim's lines need besides its own default for a trail to have clients, senders and recipients.
  private static let wanted = ["received_recipients", "sender_on_delivery"]

  func findings() -> [Finding] {
    guard let exim = machine.program("exim4", "exim") else { return [] }
    guard let selector = Self.value(machine.output(of: exim, "-bP", "log_selector")),
      let path = Self.value(machine.output(of: exim, "-bP", "log_file_path"))
    else { return [Finding(.unknown, "Exim", "\(exim) -bP does not show its settings to this user: run this as root")] }
    return [destination(path)] + contents(selector)
  }

  /// `log_selector = +all` as Exim prints a setting.
  private static func value(_ line: String?) -> String? {
    guard let line, let equals = line.firstIndex(of: "=") else { return nil }
    return line[line.index(after: equals)...].trimmed
  }

  private func destination(_ path: String) -> Finding {
    if path.settingWords.contains("syslog") { return Finding(.good, "Exim", "it logs to the journal") }
    let file = path.split(separator: ":").map(\.trimmed).first { $0.hasPrefix("/") }
    let pattern = (file ?? "/var/log/exim4/%slog").replacing("%s", with: "main")
    return Finding(
      .bad, "Exim", "it logs to files, not to the journal",
      remedy: [
        "/etc/mailtrail/mailtrail.yaml:", "  sources:", "    - journal: {}",
        "    - text: { path: \(pattern), format: exim }",
        "or, in Exim's main configuration:", "  log_file_path = syslog", "  syslog_timestamp = false",
      ])
  }

  private func contents(_ selector: String) -> [Finding] {
    let words = selector.settingWords
    if words.contains("+all") { return [Finding(.good, "Exim", "log_selector has everything")] }
    let missing = Self.wanted.filter { !words.contains("+" + $0) }
    if missing.isEmpty { return [Finding(.good, "Exim", "log_selector has what the trails use")] }
    return [
      Finding(
        .advice, "Exim", "log_selector lacks \(missing.joined(separator: ", "))",
        remedy: [
          "Exim's main configuration (Debian: /etc/exim4/conf.d/main/00_mailtrail, MAIN_LOG_SELECTOR):",
          "  log_selector = "
            + (words.filter { $0.hasPrefix("+") || $0.hasPrefix("-") } + missing.map { "+" + $0 })
            .joined(separator: " "),
        ])
    ]
  }
}

/// Cyrus: without auditlog it says little about messages and folders.
struct CyrusCheck {
  let machine: Machine

  func findings() -> [Finding] {
    guard machine.exists("/etc/imapd.conf") else { return [] }
    guard let text = machine.text(of: "/etc/imapd.conf") else {
      return [Finding(.unknown, "Cyrus", "/etc/imapd.conf may not be read by this user: run this as root")]
    }
    let lines = text.split(separator: "\n").map(\.trimmed)
    let value = lines.last { $0.hasPrefix("auditlog:") }?.dropFirst("auditlog:".count).trimmed ?? "no"
    if ["yes", "1", "on", "t", "true"].contains(value.lowercased()) {
      return [Finding(.good, "Cyrus", "auditlog is on")]
    }
    return [
      Finding(
        .bad, "Cyrus", "auditlog is off: most deletions, moves and folders are not in its log",
        remedy: ["/etc/imapd.conf:", "  auditlog: yes", "then: systemctl restart cyrus-imapd"])
    ]
  }
}

/// Courier: what its IMAP and POP3 servers log.
struct CourierCheck {
  let machine: Machine

  func findings() -> [Finding] {
    ["imapd", "pop3d"].flatMap { server -> [Finding] in
      guard let text = machine.text(of: "/etc/courier/\(server)") else { return [] }
      return deletions(server, text)
    } + debugging()
  }

  private func deletions(_ server: String, _ text: String) -> [Finding] {
    let key = server == "imapd" ? "IMAP_LOG_DELETIONS" : "POP3_LOG_DELETIONS"
    if Self.value(of: key, in: text) == "1" { return [Finding(.good, "Courier", "\(key) is on")] }
    return [
      Finding(
        .bad, "Courier", "\(key) is off: deleted messages are not in its log",
        remedy: ["/etc/courier/\(server):", "  \(key)=1"])
    ]
  }

  private func debugging() -> [Finding] {
    guard let text = machine.text(of: "/etc/courier/authdaemonrc"), Self.value(of: "DEBUG_LOGIN", in: text) == "2"
    else { return [] }
    return [
      Finding(
        .bad, "Courier", "DEBUG_LOGIN=2 writes passwords into the journal (not into the trails)",
        remedy: ["/etc/courier/authdaemonrc:", "  DEBUG_LOGIN=0"])
    ]
  }

  /// The last assignment of a shell-like file.
  private static func value(of key: String, in text: String) -> String? {
    text.split(separator: "\n").map(\.trimmed).last { $0.hasPrefix(key + "=") }
      .map { $0.dropFirst(key.count + 1).trimmed.replacing("\"", with: "") }
  }
}
