import AuditFiles
import AuditModel
import CSystemd
import Glibc

/// Tells systemd and the system journal what people there should know: sd_notify(3), sd_journal_send(3).
///
/// Its own entries bear the identifier `mailtrail`, which no rule table reads, so nothing comes back as input.
package enum SystemMessages {
  /// Sends a state to systemd, lines of `KEY=value`; does nothing when no manager asked for it.
  package static func notify(_ state: String) { sd_notify(0, state) }

  /// How often systemd wants to hear of us, in microseconds; nil when it does not.
  package static func watchdogInterval() -> UInt64? {
    var interval: UInt64 = 0
    return sd_watchdog_enabled(0, &interval) > 0 ? interval : nil
  }

  /// Writes an event into the system journal, each of its fields as `MAILTRAIL_…`.
  ///
  /// Answers 0, also where no journald runs, or an errno value when it could not be handed over.
  package static func send(_ event: AuditEvent) -> Int32 {
    var fields: [[UInt8]] = []
    func add(_ name: String, _ value: some Sequence<UInt8>) {
      fields.append(Array(name.utf8) + [UInt8(ascii: "=")] + value)
    }
    var id: [UInt8] = []
    event.id.append(to: &id)
    let mailbox = event.fields[.mailbox].map { String(decoding: $0, as: UTF8.self) } ?? ""
    var message = "\(event.kind.name)"
    if !mailbox.isEmpty { message += " " + mailbox }
    if let ip = event.fields[.ip] { message += " from " + String(decoding: ip, as: UTF8.self) }
    if let reason = event.fields[.reason] { message += ": " + String(decoding: reason, as: UTF8.self) }
    add("MESSAGE", message.utf8)
    add("PRIORITY", event.level == .high ? "4".utf8 : "6".utf8)
    add("SYSLOG_IDENTIFIER", "mailtrail".utf8)
    add("MAILTRAIL_KIND", event.kind.name.description.utf8)
    add("MAILTRAIL_LEVEL", String(event.level.rawValue).utf8)
    add("MAILTRAIL_ID", id)
    add("MAILTRAIL_TIME", String(event.time).utf8)
    event.fields.forEachField { number, value in
      guard let key = FieldKey(rawValue: number) else { return }
      add("MAILTRAIL_" + key.name.description.uppercased(), value)
    }
    return send(fields)
  }

  /// Writes a seal into the system journal. `SealAnnouncement` reads it back. Answers as for an event.
  package static func send(_ seal: Seal, of directory: String) -> Int32 {
    let values: [(String, String)] = [
      ("MESSAGE", SealAnnouncement(seal, directory: directory).message), ("PRIORITY", "6"),
      ("SYSLOG_IDENTIFIER", SealAnnouncement.identifier), ("MAILTRAIL_SEAL", String(seal.number)),
      ("MAILTRAIL_ROOT", "\(seal.root)"), ("MAILTRAIL_PREVIOUS", "\(seal.previous)"),
      ("MAILTRAIL_TRAILS", String(seal.files)), ("MAILTRAIL_DIRECTORY", directory),
    ]
    return send(values.map { Array("\($0.0)=\($0.1)".utf8) })
  }

  /// Writes a line under an identifier, severity informational. Answers as for an event.
  package static func send(message: String, identifier: String) -> Int32 {
    send(
      [("MESSAGE", message), ("PRIORITY", "6"), ("SYSLOG_IDENTIFIER", identifier)].map { Array("\($0.0)=\($0.1)".utf8) }
    )
  }

  private static func send(_ fields: [[UInt8]]) -> Int32 {
    // The arrays outlive the call: their memory is borrowed one inside the other.
    var vectors: [iovec] = []
    func borrow(_ index: Int) -> Int32 {
      guard index < fields.count else {
        while true {
          let result = vectors.withUnsafeBufferPointer { sd_journal_sendv($0.baseAddress, Int32($0.count)) }
          if result != -EINTR { return max(0, -result) }
        }
      }
      return fields[index].withUnsafeBytes { bytes in
        vectors.append(iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
        return borrow(index + 1)
      }
    }
    return borrow(0)
  }
}
