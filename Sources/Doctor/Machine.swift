import Glibc
import Platform

/// The machine as the checks see it: its files, and what its programs print. Nothing is ever changed.
///
/// With another root than `/` the checks look at a system below that directory, as tests do.
package struct Machine: Sendable {
  package let root: String

  package init(root: String = "/") { self.root = root.utf8.last == UInt8(ascii: "/") ? String(root.dropLast()) : root }

  /// A file's text; nil when it is not there or may not be read. What is longer than 4 MiB is cut.
  func text(of path: String) -> String? {
    let bytes = try? InputFile.contents(of: root + path, limit: Self.maximumLength, waits: false)
    return bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

  /// Whether a file is there that this user may not read.
  func isHidden(_ path: String) -> Bool { exists(path) && access(root + path, R_OK) != 0 }

  /// The names in a directory, sorted.
  func names(in path: String) -> [String] {
    ((try? InputFile.names(in: root + path)) ?? []).filter { !$0.hasPrefix(".") }
  }

  /// The first of these programs that is installed.
  func program(_ names: String...) -> String? {
    for name in names {
      for directory in ["/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/", "/usr/lib/"]
      where access(root + directory + name, X_OK) == 0 {
        return directory + name
      }
    }
    return nil
  }

  /// What a program prints on its standard output; nil when it does not start or ends with another status than 0.
  func output(of program: String, _ arguments: String...) -> String? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    let output = FileDescriptor(owning: ends[0])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // The words live until the child has its own copy, which is when posix_spawn returns.
    var words = Self.vector([root + program] + arguments)
    defer { for word in words { free(word) } }
    var environment = Self.vector(["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    defer { for word in environment { free(word) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, root + program, &actions, nil, &words, &environment)
    close(ends[1])
    guard result == 0 else { return nil }
    let bytes = try? InputFile.contents(of: output, path: program, limit: Self.maximumLength)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status == 0 ? bytes.map { String(decoding: $0, as: UTF8.self) } : nil
  }

  private static func vector(_ words: [String]) -> [UnsafeMutablePointer<CChar>?] {
    words.map { (word: String) -> UnsafeMutablePointer<CChar>? in strdup(word) } + [nil]
  }

  private static let maximumLength = 4 << 20
}

extension StringProtocol {
  /// The words of a setting's value: separated by blanks, commas or colons.
  var settingWords: [String] {
    split(whereSeparator: { " \t\n,:=".contains($0) }).map { String($0) }
  }

  var trimmed: String {
    let blanks: Set<Character> = [" ", "\t", "\n", "\r"]
    return String(drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed())
  }
}
