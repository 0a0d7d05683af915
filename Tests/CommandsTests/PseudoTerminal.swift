import Glibc
import Testing

@testable import Commands

/// A terminal to test with: what a program writes to `terminal` can be read, as the person's screen would get it.
final class PseudoTerminal {
  let terminal: CInt
  private let screen: CInt

  init(columns: UInt16 = 60) throws {
    // What posix_openpt, grantpt, unlockpt and ptsname do (pty(7)), which Glibc's module does not offer.
    screen = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(screen >= 0)
    let unlock: UInt = 0x4004_5431
    let getNumber: UInt = 0x8004_5430
    var locked: CInt = 0
    var number: CInt = -1
    try #require(ioctl(screen, unlock, &locked) == 0 && ioctl(screen, getNumber, &number) == 0)
    terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(terminal >= 0)
    var size = winsize()
    size.ws_col = columns
    try #require(ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
  }

  deinit {
    close(terminal)
    close(screen)
  }

  /// What was written since the last call.
  ///
  /// The kernel hands bytes over a moment after they were written, but in order: a mark is written behind them, and
  /// reading ends at the mark.
  func text() -> String {
    var mark: UInt8 = 0
    guard write(terminal, &mark, 1) == 1 else { return "the mark could not be written" }
    var bytes: [UInt8] = []
    var byte: UInt8 = 1
    while read(screen, &byte, 1) == 1, byte != mark { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// An environment of just these variables.
func environment(_ variables: [String: String]) -> Terminal.Environment { { variables[$0] } }
