extension FieldKey {
  /// The only values that a key of a record may have; nil where any may stand.
  public var values: [String]? {
    switch self {
    case .service:
      [
        "imap", "pop3", "managesieve", "nntp", "smtp", "submission", "lmtp", "lda", "webmail", "activesync", "dav",
        "fetch", "filter", "admin", "panel", "system",
      ]
    case .outcome: ["success", "failure", "denied", "unknown"]
    case .actor: ["owner", "admin", "delegate", "sender", "system", "unknown"]
    case .confidence: ["ambiguous"]
    default: nil
    }
  }
}
