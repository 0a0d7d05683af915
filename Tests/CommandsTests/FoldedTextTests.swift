import AuditOutput
import Testing

@Suite struct FoldedTextTests {
  @Test(
    arguments: [
      ("one two", nil, "one two"), ("one two", 40, "one two"),
      ("aaaaaaaaaa bbbbbbbbbb cc", 20, "aaaaaaaaaa\n  bbbbbbbbbb cc"),
      ("aaaaaaaaaaaaaaaaaaaaaaaaa b", 20, "aaaaaaaaaaaaaaaaaaaa\n  aaaaa b"),
      ("  aaaaaaaaaa  bbbbbbbbbb", 20, "  aaaaaaaaaa \n  bbbbbbbbbb"),
      ("日本語日本語日本語日本語", 20, "日本語日本語日本語日\n  本語"),
    ] as [(String, Int?, String)])
  func folds(text: String, width: Int?, expected: String) {
    #expect(FoldedText.folded(text, width: width, indent: 2) == expected)
  }
}
