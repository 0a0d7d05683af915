/// Takes the layer off that a container's runtime puts around a daemon's line in the journal: the identifier is the
/// container's name, and the message the syslog line, or the line of Dovecot's own log, that the container wrote.
public enum ContainerEntry {
  /// Makes the entry the daemon's own, where its message is such a line.
  public static func unwrap(_ entry: inout JournalEntry, in batch: EntryBatch) {
    var message = batch.bytes(of: entry.message)
    // Podman's conmon leaves the end of the line in the message, Docker's daemon takes it off.
    while let last = message.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { message.removeLast() }
    message.withUnsafeBytes { bytes in
      guard let line = ContainerLine.own(LineCursor(bytes)) else { return }
      entry.identifier =
        if let daemon = line.daemon { batch.append(Array(daemon.rawValue.utf8)) } else {
          batch.append(Array(bytes[line.identifier]))
        }
      entry.pid = line.pid
      let omitted = line.omitted.isEmpty ? line.message.lowerBound..<line.message.lowerBound : line.omitted
      entry.message = batch.append(
        Array(bytes[line.message.lowerBound..<omitted.lowerBound])
          + Array(bytes[omitted.upperBound..<line.message.upperBound]))
    }
  }
}
