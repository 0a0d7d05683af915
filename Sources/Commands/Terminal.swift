import Glibc

/// What is known about a file descriptor that a person may be looking at.
package struct Terminal: Sendable {
  /// Looks up a variable of the environment.
  package typealias Environment = @Sendable (_ name: String) -> String?

  package let descriptor: CInt
  private let environment: Environment

  package init(descriptor: CInt, environment: @escaping Environment = Self.processEnvironment) {
    self.descriptor = descriptor
    self.environment = environment
  }

  package static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  package static let standardError = Terminal(descriptor: STDERR_FILENO)

  /// The environment of this process.
  package static let processEnvironment: Environment = { name in getenv(name).map { String(cString: $0) } }

  /// Whether a terminal is behind the descriptor (isatty(3)).
  package var isTerminal: Bool { isatty(descriptor) == 1 }

  /// A terminal that knows no control sequences, as an editor's shell window.
  package var isDumb: Bool { ["dumb", "", nil].contains(environment("TERM")) }

  /// Columns into which lines for people are folded; nil where no terminal shows them and `COLUMNS` is not set, so that
  /// other programs read a line an event.
  package var lineWidth: Int? { columns ?? (isTerminal ? width : nil) }

  private var columns: Int? {
    guard let columns = environment("COLUMNS").flatMap({ Int($0) }), columns > 0 else { return nil }
    return columns
  }

  /// Columns: `COLUMNS` where it is set, else what the terminal says (ioctl_tty(2)), else 80.
  package var width: Int {
    if let columns { return columns }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whether to write in colour: `SYSTEMD_COLORS` decides where it is set (systemd(1)), then `NO_COLOR`
  /// (no-color.org), else a terminal that is not dumb.
  package var usesColor: Bool {
    switch environment("SYSTEMD_COLORS")?.lowercased() {
    case "0", "no", "n", "false", "f", "off": return false
    case "1", "yes", "y", "true", "t", "on", "16", "256", "24bit": return true
    default: break
    }
    if environment("NO_COLOR")?.isEmpty == false { return false }
    return isTerminal && !isDumb
  }
}
