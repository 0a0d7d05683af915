import Glibc
import Testing

@testable import Commands

@Suite struct ProgressBarTests {
  private func bar(on pseudo: PseudoTerminal, clock: @escaping () -> UInt64, isHidden: Bool = false) -> ProgressBar {
    let terminal = Terminal(descriptor: pseudo.terminal, environment: environment(["TERM": "xterm"]))
    return ProgressBar(first: 1_000, last: 2_000, isHidden: isHidden, terminal: terminal, monotonicTime: clock)
  }

  @Test func drawsByTimeAndErasesItself() throws {
    let pseudo = try PseudoTerminal(columns: 60)
    var time: UInt64 = 0
    var progress = bar(on: pseudo) { time }
    for _ in 0..<1_000 { progress.advance(to: 1_100) }
    #expect(pseudo.text() == "")
    time = ProgressBar.interval
    for _ in 0..<1_000 { progress.advance(to: 1_500) }
    #expect(pseudo.text() == "\r 50% [###################--------------------] 1024 entries\u{1B}[K")
    time = 2_000_000
    for _ in 0..<1_000 { progress.advance(to: 1_250) }
    #expect(pseudo.text() == "\r 50% [##############--------------] 2048 entries, 0:02 left\u{1B}[K")
    progress.finish()
    #expect(pseudo.text() == "\r\u{1B}[K")
    progress.finish()
    #expect(pseudo.text() == "")
  }

  @Test func isSilentWhereNobodyLooks() throws {
    let pseudo = try PseudoTerminal()
    var time: UInt64 = 0
    var hidden = bar(on: pseudo, clock: { time }, isHidden: true)
    time = 1 << 40
    for _ in 0..<1_000 { hidden.advance(to: 1_500) }
    hidden.finish()
    #expect(pseudo.text() == "")
  }

  @Test func neverWraps() {
    for width in 0...120 {
      for fraction in [0, 0.004, 0.5, 0.999, 1] {
        let line = ProgressBar.line(fraction: fraction, entries: 1_234_567, elapsed: 7_000, width: width)
        #expect(line.count <= max(0, width - 1))
      }
    }
  }

  @Test func fractionStaysInRange() {
    #expect(ProgressBar.fraction(of: 5, in: 10...20) == 0)
    #expect(ProgressBar.fraction(of: 15, in: 10...20) == 0.5)
    #expect(ProgressBar.fraction(of: 25, in: 10...20) == 1)
    #expect(ProgressBar.fraction(of: 10, in: 10...10) == 1)
  }
}
