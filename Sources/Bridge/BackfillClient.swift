import AuditFiles
import AuditModel
import Correlation
import Glibc

/// Hands records to the collector that runs on a tree.
final class BackfillClient {
  private let socket: Int32
  private var lines: SocketLines
  private let path: String

  /// Nil when no collector listens.
  ///
  /// - Throws: `BackfillError` when one does and refuses.
  init?(directory: String) throws {
    path = directory + "/" + BackfillProtocol.socketName
    guard let address = BackfillProtocol.address(path) else { return nil }
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    lines = SocketLines(socket)
    guard socket >= 0 else { return nil }
    guard BackfillProtocol.with(address, { connect(socket, $0, $1) }) == 0 else {
      if errno == EACCES || errno == EPERM {
        throw BackfillError("\(path): permission denied; run it as root or as the collector's own user")
      }
      return nil
    }
    // A collector that refuses may have hung up already; its reason can be read all the same.
    _ = BackfillProtocol.send(Array((BackfillProtocol.greeting + "\n").utf8), to: socket)
    let answer = try receive()
    guard answer == BackfillProtocol.greeting else { throw BackfillError("the collector refuses: \(answer)") }
  }

  deinit { if socket >= 0 { close(socket) } }

  /// Sends records and waits until they are durable.
  func commit(
    _ emitted: [OwnedEvent], _ logins: [MailboxLogins], asOf: UInt64
  ) throws -> BackfillServer.Answer {
    var bytes = logins.flatMap(BackfillProtocol.line)
    for one in emitted {
      guard let line = BackfillProtocol.line(of: one) else { continue }
      bytes += line
    }
    bytes += Array("commit \(asOf)\n".utf8)
    guard BackfillProtocol.send(bytes, to: socket) else { throw Self.gone }
    let answer = try receive()
    let parts = answer.split(separator: " ")
    let numbers = parts.dropFirst().compactMap { Int($0) }
    guard parts.first == "done", numbers.count == 3 else { throw BackfillError("the collector refuses: \(answer)") }
    return .init(added: numbers[0], present: numbers[1], expired: numbers[2])
  }

  private func receive() throws -> String {
    guard case .line(let line) = lines.next({ _ in true }) else { throw Self.gone }
    return String(decoding: line, as: UTF8.self)
  }

  private static let gone = BackfillError(
    "the collector ended before it had acknowledged everything; run the same command again: what is there is not "
      + "written twice")
}

/// Why missing events could not be added.
package struct BackfillError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
