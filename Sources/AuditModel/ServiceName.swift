/// The values of the record's key `service` (mailtrail-record(5)).
public enum ServiceName {
  public static let all = [
    "imap", "pop3", "managesieve", "nntp", "smtp", "submission", "lmtp", "lda", "webmail", "activesync", "dav", "fetch",
    "filter", "admin", "panel", "system",
  ]
}
