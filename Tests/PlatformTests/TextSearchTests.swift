import Platform
import Testing

@Suite("Seeking a text in another")
struct TextSearchTests {
  @Test(
    "a text contains another byte for byte",
    arguments: [
      ("level=%u", "%u", true), ("%u", "%u", true), ("%", "%u", false), ("ab", "ba", false), ("ab", "", true),
      ("", "", true), ("aab", "ab", true), ("naïve", "ï", true),
    ])
  func containsAText(text: String, sought: String, isContained: Bool) {
    #expect(text.contains(sought) == isContained)
  }

  @Test("each occurrence is replaced, from the left, without overlap")
  func replacesEachOccurrence() {
    #expect("a\nb\n".replacing("\n", with: " ") == "a b ")
    #expect("aaa".replacing("aa", with: "b") == "ba")
    #expect("say \"x\"".replacing("\"", with: "\"\"") == "say \"\"x\"\"")
    #expect("abc".replacing("", with: "x") == "abc")
    #expect("a a a".replacing("a", with: "b", maxReplacements: 1) == "b a a")
    #expect("a".replacing("a", with: "b", maxReplacements: 0) == "a")
  }
}
