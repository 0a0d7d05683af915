import Testing

@testable import AuditOutput
@testable import Commands

@Suite struct FormulaGuardTests {
  @Test(arguments: [
    "=1+1", "+1", "-1", "@SUM(1)", " =1", "\u{a0}=1", "\u{200b}=1", "\t=1", "\r\n=1", "＝1", "a;=1", "a, =1", "a|+1",
    "a\",=1+1,\"b", "\u{feff}-1", "a； ＠b",
  ]) func aFormulaInAnyLocaleIsGuarded(_ text: String) {
    #expect(FormulaGuard.guarded(text) == "'" + text)
  }

  @Test(arguments: ["", "INBOX", "a=b", "a-b;c@d", "<x+y@z>", "1;2;3", "Re: =x"])
  func otherTextStaysAsItIs(_ text: String) {
    #expect(FormulaGuard.guarded(text) == text)
  }
}
