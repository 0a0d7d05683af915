import Glibc

/// A child process of a test. Without other streams it reads nothing, and what it writes is kept until it is asked for.
package struct TestProcess {
  package typealias Result = (status: Int32, output: String, errors: String)

  package let pid: pid_t
  private let output: KeptText?
  private let errors: KeptText?

  /// Starts a program, which is looked for in PATH when it has no slash. Descriptors that are given stay the caller's.
  package init(
    _ program: String, _ arguments: [String], input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil
  ) throws {
    self.output = output == nil ? try KeptText() : nil
    self.errors = errors == nil ? try KeptText() : nil
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output ?? self.output!.descriptor, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors ?? self.errors!.descriptor, STDERR_FILENO)
    var vector: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in vector { free(word) } }
    var pid = pid_t()
    let result = posix_spawnp(&pid, program, &actions, nil, &vector, environ)
    guard result == 0 else { throw TestFailure("\(program): \(String(cString: strerror(result)))") }
    self.pid = pid
  }

  /// Runs a program to its end.
  @discardableResult
  package static func run(_ program: String, _ arguments: [String]) throws -> Result {
    try TestProcess(program, arguments).finish()
  }

  /// Waits for its end: the exit status, or minus the signal.
  package func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
  }

  /// Waits for its end, and reads what it has written.
  package func finish() throws -> Result {
    let status = wait()
    return (status, try output?.text() ?? "", try errors?.text() ?? "")
  }

  /// The program under test: the release build when there is one, which is quicker.
  package static func mailtrail() throws -> String {
    let products = CommandLine.arguments[0].split(separator: "/").dropLast().joined(separator: "/")
    var directory = "/" + products
    while directory.contains("/.build") {
      for name in ["release/mailtrail", "debug/mailtrail", "mailtrail"] where access("\(directory)/\(name)", X_OK) == 0
      {
        return "\(directory)/\(name)"
      }
      directory = String(directory[..<directory.lastIndex(of: "/")!])
    }
    var buffer = [CChar](repeating: 0, count: 4096)
    guard let current = getcwd(&buffer, buffer.count).map({ String(cString: $0) }) else { throw TestFailure("getcwd") }
    for name in ["release/mailtrail", "debug/mailtrail"] where access("\(current)/.build/\(name)", X_OK) == 0 {
      return "\(current)/.build/\(name)"
    }
    throw TestFailure("the mailtrail program is not built: swift build")
  }
}

/// What a process writes, in a file without a name: unlike a pipe it is never full.
private final class KeptText: Sendable {
  let descriptor: Int32

  init() throws {
    var template = Array("/tmp/mailtrail-test-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw TestFailure("mkstemp: \(String(cString: strerror(errno)))") }
    unlink(template)
    // Other tests' programs do not need it.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  func text() throws -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
      guard count >= 0 else { throw TestFailure("pread: \(String(cString: strerror(errno)))") }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}
