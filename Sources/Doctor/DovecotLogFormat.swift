import Platform

/// What Dovecot's lines look like by its settings, with a user, a session and an address that stand for any
/// (doc.dovecot.org, "Settings Variables"; mail_log_prefix, login_log_format, login_log_format_elements).
struct DovecotLogFormat {
  static let user = "ann@example.org"

  private static let values: [String: String] = [
    "u": user, "user": user, "n": "ann", "username": "ann", "d": "example.org", "domain": "example.org",
    "s": "imap", "service": "imap", "protocol": "imap", "p": "4711", "pid": "4711", "process:pid": "4711",
    "session": "Xk3mPq+Zabc", "r": "192.0.2.7", "rip": "192.0.2.7", "remote_ip": "192.0.2.7",
    "l": "192.0.2.1", "lip": "192.0.2.1", "local_ip": "192.0.2.1", "b": "40000", "rport": "40000",
    "remote_port": "40000", "a": "993", "lport": "993", "local_port": "993", "m": "PLAIN", "mech": "PLAIN",
    "mechanism": "PLAIN", "e": "4712", "mail_pid": "4712", "c": "TLS", "secured": "TLS", "h": "/home/ann",
    "home": "/home/ann", "i": "1001", "uid": "1001", "hostname": "mx",
  ]

  /// A setting with the variables replaced; nil where it has one that is not known here.
  static func expanded(_ setting: String, _ more: [String: String] = [:]) -> String? {
    var result = ""
    var rest = setting[...]
    while let sign = rest.firstIndex(of: "%") {
      result += rest[..<sign]
      rest = rest[rest.index(after: sign)...]
      guard let first = rest.first else { return nil }
      var name = String(first)
      if first == "{" {
        guard let end = rest.firstIndex(of: "}") else { return nil }
        name = String(rest[rest.index(after: rest.startIndex)..<end])
        rest = rest[rest.index(after: end)...]
      } else {
        rest = rest.dropFirst()
      }
      guard name != "%" else {
        result += "%"
        continue
      }
      guard let value = more[name] ?? values[name] else { return nil }
      result += value
    }
    return result + rest
  }

  /// The line of an expunge.
  static func mailLine(prefix: String) -> String? {
    expanded(prefix).map { $0 + "expunge: box=INBOX, uid=7, msgid=<a@example.com>, size=912" }
  }

  /// The line of a login.
  static func loginLine(format: String, elements: String) -> String? {
    let words = elements.split(separator: " ").map { expanded(String($0)) }
    guard !words.contains(nil) else { return nil }
    let list = words.compactMap { $0 }.joined(separator: ", ")
    return expanded(format, ["$": "Login", "message": "Login", "s": list, "elements": list]).map { "imap-login: " + $0 }
  }
}
