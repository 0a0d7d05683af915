import AuditFiles
import AuditModel
import Correlation
import Glibc
import LogSources
import Platform
import Synchronization

/// Listens in the state directory for a `replay` that brings missing events, on a thread of its own.
///
/// One replay at a time. Who may: root and the collector's own user, by the kernel's word (SO_PEERCRED, unix(7)); the
/// socket's mode, 0600, says the same.
///
/// Sendable: the sockets belong to the thread; what is shared are channels and the wake descriptor.
final class BackfillServer: @unchecked Sendable {
  /// Records of one commit, and the way to answer.
  struct Batch: Sendable {
    var emitted: [OwnedEvent]
    /// Logins for their table, recorded or not.
    var logins: [MailboxLogins] = []
    /// They were emitted when entries up to this time had been read.
    var asOf: UInt64
    let answer: Channel<Answer>
  }

  struct Answer: Sendable {
    var added = 0
    var present = 0
    var expired = 0
  }

  private let batches = Channel<Batch>(capacity: 1)
  private let path: String
  private let listener: Int32
  private let wake: WakeDescriptor
  private let isStopping = Atomic(false)
  /// Where the connection that is served waits for its answer.
  private let awaited = Mutex<Channel<Answer>?>(nil)
  private var thread: pthread_t?

  /// A replay that says nothing for so long is hung up on, in milliseconds: another may be waiting.
  private static let patience: Int32 = 60_000

  /// - Throws: `BackfillSocketError` when the socket cannot be made.
  init(directory: String) throws {
    path = directory + "/" + BackfillProtocol.socketName
    wake = try WakeDescriptor()
    guard let address = BackfillProtocol.address(path) else {
      throw BackfillSocketError(path: path, code: ENAMETOOLONG)
    }
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { throw BackfillSocketError(path: path, code: errno) }
    // The state directory is locked, so that a socket that is there is a dead collector's.
    unlink(path)
    let mask = umask(0o177)
    let bound = BackfillProtocol.with(address) { bind(listener, $0, $1) }
    let code = errno
    umask(mask)
    guard bound == 0, listen(listener, 8) == 0 else {
      close(listener)
      throw BackfillSocketError(path: path, code: bound == 0 ? errno : code)
    }
  }

  deinit { close(listener) }

  /// - Parameter onBatch: called on the listening thread when there is something to take.
  func start(onBatch: @escaping @Sendable () -> Void) {
    thread = WorkerThread.start { [self] in
      while let connection = accept() {
        serve(connection, onBatch)
        close(connection)
      }
    }
  }

  /// The records that wait; nil when none do.
  func take() -> Batch? {
    guard case .element(let batch) = batches.receive(timeoutMicroseconds: 0) else { return nil }
    return batch
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    batches.close()
    // Whoever waits is hung up on; what was handed over is durable, or the next replay finds it missing.
    awaited.withLock { $0?.close() }
    wake.wake()
    if let thread { WorkerThread.join(thread) }
    thread = nil
    unlink(path)
  }

  // MARK: - The listening thread

  private func accept() -> Int32? {
    while waitFor(listener, milliseconds: -1) {
      let connection = Glibc.accept(listener, nil, nil)
      if connection >= 0 { return connection }
    }
    return nil
  }

  /// False when it is time to stop, or nothing came.
  private func waitFor(_ socket: Int32, milliseconds: Int32) -> Bool {
    var descriptors = [socket, wake.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while true {
      let result = poll(&descriptors, 2, milliseconds)
      if isStopping.load(ordering: .acquiring) { return false }
      if result < 0, errno == EINTR { continue }
      return result > 0 && descriptors[0].revents != 0
    }
  }

  private func serve(_ connection: Int32, _ onBatch: () -> Void) {
    func refuse(_ reason: String) { _ = BackfillProtocol.send(Array("error \(reason)\n".utf8), to: connection) }
    guard let peer = Self.peer(of: connection), peer == 0 || peer == geteuid() else {
      return refuse("only root and the collector's own user may add events")
    }
    var lines = SocketLines(connection)
    let wait = { [self] (socket: Int32) in waitFor(socket, milliseconds: Self.patience) }
    guard case .line(let first) = lines.next(wait), first.elementsEqual(BackfillProtocol.greeting.utf8) else {
      return refuse("another version of mailtrail runs as the collector; restart it (systemctl restart mailtrail)")
    }
    guard BackfillProtocol.send(Array((BackfillProtocol.greeting + "\n").utf8), to: connection) else { return }
    var (emitted, logins): ([OwnedEvent], [MailboxLogins]) = ([], [])
    while case .line(let line) = lines.next(wait) {
      if line.starts(with: "commit ".utf8) {
        guard let asOf = UInt64(String(decoding: line.dropFirst(7), as: UTF8.self)) else { return refuse("no time") }
        let batch = Batch(emitted: emitted, logins: logins, asOf: asOf, answer: Channel(capacity: 1))
        guard let answer = hand(batch, onBatch) else { return }
        (emitted, logins) = ([], [])
        let text = "done \(answer.added) \(answer.present) \(answer.expired)\n"
        guard BackfillProtocol.send(Array(text.utf8), to: connection) else { return }
      } else if let row = BackfillProtocol.logins(of: line), logins.count < BackfillProtocol.maximumRecords {
        logins.append(row)
      } else {
        guard let one = BackfillProtocol.emitted(of: line), emitted.count < BackfillProtocol.maximumRecords else {
          return refuse("a line is no record")
        }
        emitted.append(one)
      }
    }
  }

  /// Waits until the records are durable; nil when the collector stops before.
  private func hand(_ batch: Batch, _ onBatch: () -> Void) -> Answer? {
    let answer = batch.answer
    awaited.withLock { $0 = answer }
    guard !isStopping.load(ordering: .acquiring), batches.send(batch) else { return nil }
    onBatch()
    guard case .element(let result) = answer.receive() else { return nil }
    return result
  }

  /// The user id at the other end.
  private static func peer(of socket: Int32) -> uid_t? {
    // struct ucred: process, user and group id.
    var credentials: (pid_t, uid_t, gid_t) = (0, .max, .max)
    var length = socklen_t(MemoryLayout.size(ofValue: credentials))
    guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
    return credentials.1
  }
}

/// Why no replay can bring missing events.
package struct BackfillSocketError: Error, CustomStringConvertible {
  package var path: String
  /// An errno value.
  package var code: Int32

  package var description: String {
    "\(path) cannot be made (\(String(cString: strerror(code)))): a replay cannot add to the tree while this runs"
  }
}
