import AuditFiles
import AuditModel
import Correlation
import Glibc

/// What `replay` and `collect` say to each other over the socket in the state directory, lines of text:
///
///     replay    mailtrail-backfill 2
///     collect   mailtrail-backfill 2
///     replay    t LINE                again and again; a mailbox's logins as their table has them
///     replay    OWNER RECORD          again and again; the record as it stands in a trail
///     replay    commit TIME           all that was emitted when entries up to TIME (µs) had been read
///     collect   done ADDED PRESENT EXPIRED      they are durable
///
/// OWNER is `u` for `_unknown`, `m` and the address, `p` and the panel's account, in hexadecimal. Instead of an answer
/// collect may say `error` and a reason, and hang up.
enum BackfillProtocol {
  static let greeting = "mailtrail-backfill 2"
  static let socketName = "backfill.socket"
  /// Records in one commit, and mailboxes whose logins come with them.
  static let maximumRecords = 2_048
  /// The longest line: a record and an owner.
  static let maximumLine = RecordEncoder.maximumLineLength + 2_048

  /// Nil for an owner that is not sent: the collector speaks of itself.
  static func line(of emitted: OwnedEvent) -> [UInt8]? {
    var line: [UInt8]
    switch emitted.owner {
    case .bridge: return nil
    case .unknown: line = [UInt8(ascii: "u")]
    case .mailbox(let address): line = [UInt8(ascii: "m")] + hexadecimal(address.bytes)
    case .panel(let account): line = [UInt8(ascii: "p")] + hexadecimal(account)
    case .local(let user): line = [UInt8(ascii: "l")] + hexadecimal(user)
    }
    line.append(UInt8(ascii: " "))
    RecordEncoder().append(emitted.event, to: &line)
    return line
  }

  /// Nil for a line that is not of this form.
  static func emitted(of line: ArraySlice<UInt8>) -> OwnedEvent? {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")),
      let event = try? RecordDecoder().decode(line[(space + 1)...])
    else { return nil }
    let name = line[line.startIndex..<space].dropFirst()
    let owner: TrailOwner?
    switch line.first {
    case UInt8(ascii: "u"): owner = name.isEmpty ? .unknown : nil
    case UInt8(ascii: "m"): owner = bytes(name).flatMap { MailboxAddress($0) }.map { .mailbox($0) }
    case UInt8(ascii: "p"): owner = bytes(name).flatMap { $0.isEmpty ? nil : .panel($0) }
    case UInt8(ascii: "l"): owner = bytes(name).flatMap { $0.isEmpty ? nil : .local($0) }
    default: owner = nil
    }
    return owner.map { OwnedEvent(event: event, owner: $0) }
  }

  /// The logins of a mailbox.
  static func line(of logins: MailboxLogins) -> [UInt8] {
    Array("t ".utf8) + LoginTableFormat.encode(.row(logins))
  }

  /// Nil for a line that is not of this form.
  static func logins(of line: ArraySlice<UInt8>) -> MailboxLogins? {
    guard line.starts(with: "t ".utf8), case .row(let row)? = LoginTableFormat.decode(line.dropFirst(2))
    else { return nil }
    return row
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte in [byte >> 4, byte & 15].map { $0 < 10 ? $0 + 48 : $0 + 87 } }
  }

  private static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    guard digits.count % 2 == 0, !digits.isEmpty else { return nil }
    let digits = Array(digits)
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    return bytes
  }

  /// The address of a socket; nil when the path is too long for one (108 bytes, unix(7)).
  static func address(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    return withUnsafeMutableBytes(of: &address.sun_path) { path in
      guard bytes.count < path.count else { return false }
      path.copyBytes(from: bytes)
      return true
    } ? address : nil
  }

  /// Calls a socket function with an address.
  static func with(_ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  /// Sends all bytes; false when the other side is gone.
  static func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}

/// The lines that come in over a socket.
struct SocketLines {
  private let socket: Int32
  private var buffer: [UInt8] = []
  private var start = 0

  init(_ socket: Int32) { self.socket = socket }

  enum Next {
    case line(ArraySlice<UInt8>)
    /// Nothing more comes: the other side has gone, the line is too long, or waiting was given up.
    case end
  }

  /// The next line, without its end.
  ///
  /// - Parameter wait: waits until the socket is readable; false gives up.
  mutating func next(_ wait: (Int32) -> Bool) -> Next {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: 10) {
        defer { start = end + 1 }
        return .line(buffer[start..<end])
      }
      searched = buffer.count
      guard buffer.count - start <= BackfillProtocol.maximumLine, wait(socket) else { return .end }
      if start > 0 {
        buffer.removeSubrange(..<start)
        searched -= start
        start = 0
      }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = recv(socket, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .end }
      buffer += chunk[..<count]
    }
  }
}
