import Glibc
import Testing

@testable import Commands

/// One after the other: a pager changes what SIGPIPE does in the whole process.
@Suite(.serialized) struct PagerTests {
  private func pager(_ pseudo: PseudoTerminal, _ command: String?, isDisabled: Bool = false) -> Pager {
    var variables = ["TERM": "xterm", "SYSTEMD_PAGERSECURE": "0"]
    variables["SYSTEMD_PAGER"] = command
    let known = environment(variables)
    let output = Terminal(descriptor: pseudo.terminal, environment: known)
    return Pager(isDisabled: isDisabled, output: output, environment: known)
  }

  @Test func writesThroughThePagerAndWaitsForIt() throws {
    let pseudo = try PseudoTerminal()
    let pager = pager(pseudo, #"sed "s/^/:/;s/\$/:$LESS/""#)
    #expect(pager.isRunning)
    #expect(try pager.write("one\ntwo\n"))
    pager.finish()
    #expect(pseudo.text() == ":one:FRSXMK\r\n:two:FRSXMK\r\n")
  }

  @Test func aPagerThatIsQuitEndsTheOutput() throws {
    let pseudo = try PseudoTerminal()
    let pager = pager(pseudo, "true")
    #expect(pager.isRunning)
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1_024)
    var writes = 0
    // The pipe takes 64 kB at most before the write waits for the reader, who is gone soon.
    while try pager.write(line) { writes += 1 }
    #expect(writes <= 64)
    pager.finish()
  }

  @Test(arguments: ["", "cat"]) func noPager(command: String) throws {
    let pseudo = try PseudoTerminal()
    let pager = pager(pseudo, command)
    #expect(!pager.isRunning)
    #expect(try pager.write("one\n"))
    #expect(pseudo.text() == "one\r\n")
  }

  @Test func noPagerWhenToldOrWithoutTerminal() throws {
    let pseudo = try PseudoTerminal()
    let disabled = pager(pseudo, "sed s/^/:/", isDisabled: true)
    #expect(!disabled.isRunning)
    var ends: [CInt] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { for end in ends where end >= 0 { close(end) } }
    let known = environment(["TERM": "xterm", "PAGER": "sed s/^/:/"])
    let piped = Pager(output: Terminal(descriptor: ends[1], environment: known), environment: known)
    #expect(!piped.isRunning)
    #expect(try piped.write("one\n"))
    close(ends[0])
    ends[0] = -1
    #expect(try !piped.write("two\n"))
  }

  @Test func aFullDiskIsAnError() throws {
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    try #require(full >= 0)
    defer { close(full) }
    let known = environment([:])
    let pager = Pager(output: Terminal(descriptor: full, environment: known), environment: known)
    let error = #expect(throws: OutputError.self) { try pager.write("one\n") }
    #expect(error?.description == "cannot write the output: No space left on device")
  }

  @Test func settings() {
    func setting(_ variables: [String: String], jumpsToEnd: Bool = false) -> PagerSetting {
      let variables = variables.merging(["SYSTEMD_PAGERSECURE": "0"]) { given, _ in given }
      return PagerSetting(environment: environment(variables), jumpsToEnd: jumpsToEnd)
    }
    let usual = [["pager"], ["less"], ["more"]]
    #expect(setting([:]).commands == usual)
    #expect(setting(["PAGER": "less -i"]).commands == [["less", "-i"]] + usual)
    #expect(setting(["PAGER": "less | cat"]).commands == [["sh", "-c", "less | cat"]] + usual)
    #expect(setting(["PAGER": "most", "SYSTEMD_PAGER": "bat"]).commands == [["bat"]] + usual)
    #expect(setting(["PAGER": "most", "SYSTEMD_PAGER": ""]).commands.isEmpty)
    #expect(setting([:], jumpsToEnd: true).lessOptions == "FRSXMK +G")
    #expect(setting(["SYSTEMD_LESS": "FR"]).lessOptions == "FR")
    let secure = setting(["SYSTEMD_PAGERSECURE": "1", "PAGER": "vi"])
    #expect(secure.commands == [["less"]])
    #expect(secure.processEnvironment().contains("LESSSECURE=1"))
    let sudo = PagerSetting(environment: environment(["SUDO_UID": "1000", "PAGER": "vi"]), jumpsToEnd: false)
    #expect(sudo.isSecure && sudo.commands == [["less"]])
    #expect(setting([:]).processEnvironment().filter { $0.hasPrefix("LESS=") } == ["LESS=FRSXMK"])
  }
}
