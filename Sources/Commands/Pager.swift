import Glibc

/// Standard output, through a pager where a person looks at it, as journalctl does it.
///
/// The pager is `$SYSTEMD_PAGER`, else `$PAGER`, else `pager`, `less` or `more`, whichever is there; `cat` and nothing
/// mean none. Where the program was started through sudo or set-uid, only less is used, in its secure mode, since a
/// pager can start a shell.
///
/// For one thread, and one at a time: what SIGPIPE does belongs to the whole process.
package final class Pager {
  /// Where to write: the pager's standard input, or this process's standard output.
  package let descriptor: CInt
  /// The pager; nil when there is none.
  private let process: pid_t?
  /// What SIGPIPE and SIGINT did before.
  private let previousPipeAction: sigaction
  private let previousInterruptAction: sigaction?
  private var isFinished = false

  /// Opens standard output, starting a pager when it is a terminal.
  ///
  /// Nobody being left to read is no error here: see `write`. A pager that cannot be started is passed over.
  ///
  /// - Parameters:
  ///   - isDisabled: `--no-pager`.
  ///   - jumpsToEnd: whether less shows the end first (`--pager-end`).
  package init(
    isDisabled: Bool = false, jumpsToEnd: Bool = false, output: Terminal = .standardOutput,
    environment: Terminal.Environment = Terminal.processEnvironment
  ) {
    // A reader that goes away shows as EPIPE at the write instead of killing the process.
    previousPipeAction = SignalAction.ignore(SIGPIPE)
    let setting = PagerSetting(environment: environment, jumpsToEnd: jumpsToEnd)
    let isWanted = !isDisabled && output.isTerminal && !output.isDumb
    let started = isWanted ? setting.commands.lazy.compactMap { Self.start($0, setting, output) }.first : nil
    descriptor = started?.input ?? output.descriptor
    process = started?.process
    // Without K less does not end at ^C; then the key is less's alone.
    let leavesInterruptToPager = started != nil && !setting.lessOptions.contains("K")
    previousInterruptAction = leavesInterruptToPager ? SignalAction.ignore(SIGINT) : nil
  }

  /// Whether what is written goes through a pager.
  package var isRunning: Bool { process != nil }

  /// Writes all bytes.
  ///
  /// - Returns: false when nobody reads any more (the pager was quit, `| head` has enough): time to end, not an error.
  /// - Throws: `OutputError` with the error number of write(2), as for a full disk.
  package func write(_ bytes: some Sequence<UInt8>) throws(OutputError) -> Bool {
    let bytes = ContiguousArray(bytes)
    var position = 0
    while position < bytes.count {
      // The buffer is borrowed for the call only; write(2) reads at most what is left of it.
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress! + position, buffer.count - position)
      }
      if count >= 0 {
        position += count
      } else if errno == EPIPE {
        return false
      } else if errno == EAGAIN {
        // Standard output is shared: another process may have made it non-blocking.
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&ready, 1, -1)
      } else if errno != EINTR {
        throw OutputError(errno: errno)
      }
    }
    return true
  }

  /// Writes a text; see above.
  package func write(_ text: String) throws(OutputError) -> Bool { try write(text.utf8) }

  /// Ends the output, waits until the person has quit the pager, and puts the signals back. Nothing may be written
  /// behind it.
  package func finish() {
    guard !isFinished else { return }
    isFinished = true
    if let process {
      close(descriptor)
      var status: CInt = 0
      while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }
    SignalAction.restore(SIGPIPE, previousPipeAction)
    if let previousInterruptAction { SignalAction.restore(SIGINT, previousInterruptAction) }
  }

  deinit { finish() }

  private static func start(
    _ command: [String], _ setting: PagerSetting, _ output: Terminal
  ) -> (process: pid_t, input: CInt)? {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    // Close-on-exec, lest the pager itself or another child keeps the write end open and the end is never seen.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output.descriptor, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // An ignored SIGPIPE would be inherited; the pager's own children expect it as usual.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var process: pid_t = 0
    let result = CStringVector.with(command) { arguments in
      CStringVector.with(setting.processEnvironment()) { variables in
        posix_spawnp(&process, arguments[0]!, &actions, &attributes, arguments, variables)
      }
    }
    guard result == 0 else {
      close(ends[1])
      return nil
    }
    return (process, ends[1])
  }
}

/// Output that could not be written.
package struct OutputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The error number of write(2).
  package var errno: CInt

  package var description: String { "cannot write the output: \(String(cString: strerror(errno)))" }
}

/// Which pager to start, and how: what the variables of the environment say (journalctl(1), "Environment").
struct PagerSetting: Equatable {
  /// To be tried in this order; empty for no pager.
  var commands: [[String]]
  /// The letters of `$LESS`.
  var lessOptions: String
  /// `LESSSECURE`: no shell, no editor, no other files.
  var isSecure: Bool
  /// `$LESSCHARSET`; nil leaves it as it is.
  var characterSet: String?

  init(environment: Terminal.Environment, jumpsToEnd: Bool) {
    // S: long lines are cut, not folded; F: quits if one screen suffices; R: colours; X: leaves the screen as it is.
    lessOptions = environment("SYSTEMD_LESS") ?? "FRSXMK"
    if jumpsToEnd { lessOptions += " +G" }
    characterSet = environment("SYSTEMD_LESSCHARSET")
    isSecure = Self.isSecure(environment)
    commands = isSecure ? [["less"]] : Self.commands(environment)
    if let choice = environment("SYSTEMD_PAGER") ?? environment("PAGER"), ["", "cat"].contains(choice) {
      commands = []
    }
  }

  private static func isSecure(_ environment: Terminal.Environment) -> Bool {
    switch environment("SYSTEMD_PAGERSECURE")?.lowercased() {
    case "0", "no", "n", "false", "f", "off": false
    case .some: true
    case nil: environment("SUDO_UID") != nil || geteuid() != getuid()
    }
  }

  private static func commands(_ environment: Terminal.Environment) -> [[String]] {
    let usual = [["pager"], ["less"], ["more"]]
    guard let choice = environment("SYSTEMD_PAGER") ?? environment("PAGER") else { return usual }
    // Words are enough for nearly everybody; what needs a shell gets one.
    let needsShell = choice.contains { "|&;<>()$`\\\"'*?[#~".contains($0) }
    let words = choice.split { $0 == " " || $0 == "\t" }.map(String.init)
    return words.isEmpty ? [] : [needsShell ? ["sh", "-c", choice] : words] + usual
  }

  /// The pager's environment: ours, with less's options.
  func processEnvironment() -> [String] {
    var changes = ["LESS": lessOptions]
    changes["LESSSECURE"] = isSecure ? "1" : nil
    changes["LESSCHARSET"] = characterSet
    var result = changes.map { "\($0.key)=\($0.value)" }
    // The vector ends with a null pointer (environ(7)); nothing here changes it meanwhile.
    var next = environ
    while let variable = next.pointee {
      let text = String(cString: variable)
      if changes[String(text.prefix { $0 != "=" })] == nil { result.append(text) }
      next += 1
    }
    return result
  }
}

/// What a signal does, changed and put back (sigaction(2)).
private enum SignalAction {
  static func ignore(_ signal: CInt) -> sigaction {
    var new = sigaction()
    new.__sigaction_handler.sa_handler = SIG_IGN
    var old = sigaction()
    sigaction(signal, &new, &old)
    return old
  }

  static func restore(_ signal: CInt, _ action: sigaction) {
    var action = action
    sigaction(signal, &action, nil)
  }
}

/// Vectors of C strings, as execve(2) takes them.
private enum CStringVector {
  /// The strings live for the length of the call and are freed behind it.
  static func with<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
  }
}
