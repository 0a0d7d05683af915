import Glibc
import Testing

@testable import Commands

@Suite struct TerminalTests {
  @Test func widthComesFromTheTerminalOrColumns() throws {
    let pseudo = try PseudoTerminal(columns: 61)
    #expect(Terminal(descriptor: pseudo.terminal, environment: environment([:])).width == 61)
    #expect(Terminal(descriptor: pseudo.terminal, environment: environment(["COLUMNS": "99"])).width == 99)
    #expect(Terminal(descriptor: pseudo.terminal, environment: environment(["COLUMNS": "-1"])).width == 61)
    #expect(Terminal(descriptor: -1, environment: environment([:])).width == 80)
  }

  @Test(
    arguments: [
      (["TERM": "xterm"], true, false), (["TERM": "dumb"], false, false), ([:], false, false),
      (["TERM": "xterm", "NO_COLOR": "1"], false, false), (["TERM": "xterm", "NO_COLOR": ""], true, false),
      (["TERM": "xterm", "SYSTEMD_COLORS": "0"], false, false), (["SYSTEMD_COLORS": "1", "NO_COLOR": "1"], true, true),
      (["SYSTEMD_COLORS": "256"], true, true),
    ] as [([String: String], Bool, Bool)])
  func colors(variables: [String: String], onTerminal: Bool, elsewhere: Bool) throws {
    let pseudo = try PseudoTerminal()
    let terminal = Terminal(descriptor: pseudo.terminal, environment: environment(variables))
    #expect(terminal.isTerminal)
    #expect(terminal.usesColor == onTerminal)
    #expect(Terminal(descriptor: -1, environment: environment(variables)).usesColor == elsewhere)
  }
}
