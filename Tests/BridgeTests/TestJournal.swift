import Glibc

/// Journal files for tests: export text of our own making, turned into a real journal by systemd-journal-remote.
struct TestJournal {
  private(set) var text: [UInt8] = []
  private var number: UInt64 = 0
  private var time: UInt64 = 1_790_000_000_000_000

  /// Adds an entry as journald would have written it for a daemon of a unit.
  mutating func add(_ identifier: String, _ message: String, pid: Int = 300, after microseconds: UInt64 = 1000) {
    number += 1
    time += microseconds
    let unit = identifier.hasPrefix("postfix/") ? "postfix@-.service" : "\(identifier).service"
    let fields = [
      "__CURSOR=s=\(Self.id("a"));i=\(String(number, radix: 16));b=\(Self.id("b"));m=\(String(time % 1_000_000_000, radix: 16));t=\(String(time, radix: 16));x=\(String(number &* 0x9e37_79b9_7f4a_7c15, radix: 16))",
      "__REALTIME_TIMESTAMP=\(time)", "__MONOTONIC_TIMESTAMP=\(time % 1_000_000_000_000)", "_BOOT_ID=\(Self.id("b"))",
      "_MACHINE_ID=\(Self.id("c"))", "_HOSTNAME=mx", "_TRANSPORT=syslog", "PRIORITY=6",
      "SYSLOG_IDENTIFIER=\(identifier)", "_PID=\(pid)", "_UID=0", "_SYSTEMD_UNIT=\(unit)",
      "_SYSTEMD_SLICE=system.slice", "MESSAGE=\(message)",
    ]
    text += Array((fields.joined(separator: "\n") + "\n\n").utf8)
  }

  /// Adds journald's own word that it dropped messages of a unit.
  mutating func addSuppressed(_ count: Int, unit: String) {
    number += 1
    time += 1000
    let fields = [
      "__REALTIME_TIMESTAMP=\(time)", "__MONOTONIC_TIMESTAMP=\(time % 1_000_000_000_000)", "_BOOT_ID=\(Self.id("b"))",
      "_MACHINE_ID=\(Self.id("c"))", "_HOSTNAME=mx", "_TRANSPORT=driver", "PRIORITY=6",
      "SYSLOG_IDENTIFIER=systemd-journald", "_PID=200", "_UID=0", "_SYSTEMD_UNIT=systemd-journald.service",
      "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e", "OBJECT_SYSTEMD_UNIT=\(unit)", "N_DROPPED=\(count)",
      "MESSAGE=Suppressed \(count) messages from \(unit)",
    ]
    text += Array((fields.joined(separator: "\n") + "\n\n").utf8)
  }

  /// IMAP sessions, submissions and deliveries of so many mailboxes, with joins that reach over several lines.
  mutating func addTraffic(sessions: Int, mailboxes: Int) {
    for index in 0..<sessions {
      let user = "user\(index * 7 % mailboxes)@example\(index % 3).org"
      let session = "S\(index)"
      add(
        "dovecot",
        "imap-login: Login: user=<\(user)>, method=PLAIN, rip=192.0.2.\(index % 250), lip=198.51.100.1, mpid=9, session=<\(session)>"
      )
      if index % 3 == 0 {
        add(
          "dovecot",
          "imap(\(user))<9><\(session)>: copy from INBOX: box=Trash, uid=1, msgid=<m\(index)@example.com>, size=5")
        add("dovecot", "imap(\(user))<9><\(session)>: expunge: box=INBOX, uid=1, msgid=<m\(index)@example.com>, size=5")
      }
      let queue = String(0xABCDE0 + index, radix: 16, uppercase: true)
      add("postfix/submission/smtpd", "\(queue): client=pc[192.0.2.9], sasl_method=PLAIN, sasl_username=\(user)")
      add("postfix/cleanup", "\(queue): message-id=<q\(index)@example.org>")
      add("postfix/qmgr", "\(queue): from=<\(user)>, size=900, nrcpt=1 (queue active)")
      let peer = "user\(index * 3 % mailboxes)@example\(index % 3).org"
      let delivery = "D\(index)"
      let isAgentFirst = index % 2 == 0
      let saved =
        "lmtp(\(peer))<8><\(delivery)>: save: box=INBOX, uid=\(index), msgid=<q\(index)@example.org>, size=950"
      if isAgentFirst { add("dovecot", saved) }
      add(
        "postfix/lmtp",
        "\(queue): to=<\(peer)>, relay=mx[private/dovecot-lmtp], delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 <\(peer)> \(delivery) Saved)"
      )
      if !isAgentFirst { add("dovecot", saved) }
      add("postfix/qmgr", "\(queue): removed")
      if index % 5 == 0 {
        add(
          "dovecot",
          "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<\(user)>, method=PLAIN, rip=203.0.113.\(index % 9), lip=198.51.100.1, session=<F\(index)>"
        )
      }
      add("dovecot", "imap(\(user))<9><\(session)>: Disconnected: Logged out in=1 out=2", after: 50_000)
    }
  }

  private static func id(_ digit: String) -> String { String(repeating: digit, count: 32) }

  /// Writes the journal file.
  func write(to path: String) throws { try Self.write(text, to: path) }

  /// Makes a journal file of text in the export format.
  static func write(_ text: [UInt8], to path: String) throws {
    let input = path + ".export"
    try TestFiles.write(text, to: input)
    defer { unlink(input) }
    let places: [String] = ["/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote"]
    let program = places.first { access($0, X_OK) == 0 }
    guard let program else {
      throw TestFailure("systemd-journal-remote is missing: apt install systemd-journal-remote")
    }
    let result = try TestProcess.run(program, ["-o", path, input])
    guard result.status == 0 else { throw TestFailure("systemd-journal-remote: \(result.errors)") }
  }
}

struct TestFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Files and directories of a test.
enum TestFiles {
  static func temporaryDirectory() throws -> String {
    var template = Array("/tmp/mailtrail-test-XXXXXX".utf8CString)
    guard let path = template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) else {
      throw TestFailure("mkdtemp: \(errno)")
    }
    return String(cString: path)
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = fopen(path, "w") else { throw TestFailure("cannot write \(path)") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw TestFailure("cannot write \(path)") }
  }

  static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else { throw TestFailure("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// All audit files below a directory but the collector's own, by relative path.
  static func tree(_ root: String) throws -> [String: [UInt8]] {
    let result = try TestProcess.run("/usr/bin/find", [root, "-name", "AUDIT-*.log", "-not", "-path", "*/_bridge/*"])
    var files: [String: [UInt8]] = [:]
    for path in result.output.split(separator: "\n") {
      files[String(path.dropFirst(root.count))] = try read(String(path))
    }
    return files
  }

  static func remove(_ path: String) { _ = try? TestProcess.run("/bin/rm", ["-rf", path]) }
}

/// Child processes of a test.
struct TestProcess {
  private(set) var pid: pid_t = 0
  private let output: String
  private let errors: String

  /// The program under test: the release build when there is one, which is quicker.
  static func mailtrail() throws -> String {
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

  init(_ program: String, _ arguments: [String]) throws {
    let directory = try TestFiles.temporaryDirectory()
    (output, errors) = (directory + "/out", directory + "/err")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var vector: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in vector { free(word) } }
    let result = posix_spawn(&pid, program, &actions, nil, &vector, environ)
    guard result == 0 else { throw TestFailure("\(program): \(String(cString: strerror(result)))") }
  }

  /// The exit status, or minus the signal.
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
  }

  func finish() throws -> (status: Int32, output: String, errors: String) {
    let status = wait()
    defer {
      unlink(output)
      unlink(errors)
      rmdir(String(output.dropLast(4)))
    }
    return (
      status, String(decoding: try TestFiles.read(output), as: UTF8.self),
      String(decoding: try TestFiles.read(errors), as: UTF8.self)
    )
  }

  static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    try TestProcess(program, arguments).finish()
  }
}
