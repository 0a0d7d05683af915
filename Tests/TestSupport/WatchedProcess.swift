import Glibc

/// A program whose changes of a directory are counted, so that it can be killed at a known step rather than after a time.
package struct WatchedProcess {
  private let process: TestProcess
  private let changes: DirectoryChanges
  /// The other end of the program's standard output, which is closed when it ends.
  private let stream: Int32

  package var pid: pid_t { process.pid }

  package init(_ program: String, _ arguments: [String], changing directory: String) throws {
    changes = try DirectoryChanges(in: directory)
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw TestFailure("socketpair: \(String(cString: strerror(errno)))")
    }
    stream = ends[0]
    defer { close(ends[1]) }
    process = try TestProcess(program, arguments, output: ends[1])
  }

  /// Waits for so many changes, or for the program's end.
  package func waitForChanges(_ number: Int) {
    var seen = 0
    while seen < number {
      let more = changes.next(orEndOf: stream)
      if more == 0 { return }
      seen += more
    }
  }

  /// Kills it at its change of that number; its own exit status when it ends before.
  package func finish(killedAtChange number: Int) throws -> TestProcess.Result {
    waitForChanges(number)
    kill(pid, SIGKILL)
    return try finish()
  }

  package func finish() throws -> TestProcess.Result {
    defer { close(stream) }
    return try process.finish()
  }
}
