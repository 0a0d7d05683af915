import Testing

@testable import Configuration

@Suite struct YamlReaderTests {
  @Test(
    arguments: [
      ("a: &x 1", "m.yaml:1:4: anchors (`&name`) are not supported"), ("a: *x", "m.yaml:1:4: aliases (`*name`)"),
      ("a: !!str 1", "m.yaml:1:4: tags (`!type`) are not supported"), ("a: !x [1]", "m.yaml:1:4: tags (`!type`)"),
      ("? [a]\n: 1", "m.yaml:1:3: a key must be plain text"), ("a: {}\n---\nb: 1", "m.yaml:2:1: a second document"),
      ("audit:\n\tlevel: 5", "m.yaml:2:1: not valid YAML: "),
      ("audit: {level: 5", "m.yaml:2:1: not valid YAML: while parsing a flow mapping begun at m.yaml:1:8, "),
      ("a: b: c", "m.yaml:1:5: not valid YAML: mapping values are not allowed in this context: put"),
      ("audit: {}\naudit: {}", "m.yaml:2:1: the key `audit` stands here a second time; the first is at m.yaml:1:1"),
    ])
  func refuses(text: String, beginning: String) {
    let found = problems(text)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix(beginning) == true, "\(found)")
  }

  @Test func refusesBytesThatAreNotUTF8() {
    let list = ProblemList()
    #expect(YamlReader.read(Array("a: 1\nü: ".utf8) + [0xff], origin: .file("m.yaml"), problems: list) == nil)
    #expect(list.problems.map { $0.description.prefix(11) } == ["m.yaml:2:4:"])
  }

  @Test func depthAndSizeAreLimited() {
    let list = ProblemList()
    func read(_ text: String) -> YamlNode? {
      YamlReader.read(Array(text.utf8), origin: .file("m.yaml"), problems: list)
    }
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(read(nested(32)) != nil)
    #expect(list.problems.isEmpty)
    #expect(read(nested(33)) == nil)
    #expect(read(String(repeating: "[", count: YamlReader.maximumSize)) == nil)
    #expect(read(String(repeating: "#", count: YamlReader.maximumSize)) != nil)
    #expect(read(String(repeating: "#", count: YamlReader.maximumSize + 1)) == nil)
    #expect(list.problems.count == 3)
  }

  /// Every beginning of a text, and every text with one byte changed, is read or refused with a place, never worse.
  @Test func damagedTextsAreRefusedOrRead() {
    let text = Array("a: {b: [1, \"x\\n\", 'y'], c: |\n    block\n  }\n- &a *b !c % @ `\n? k\n: ü\n".utf8)
    var refused = 0
    for cut in 0...text.count {
      for replacement in [nil, 0, 0xff, UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "\n")] as [UInt8?] {
        var damaged = Array(text.prefix(cut))
        if let replacement { damaged.append(replacement) }
        damaged += replacement == nil ? [] : text.dropFirst(cut + 1)
        let list = ProblemList()
        if YamlReader.read(damaged, origin: .file("m.yaml"), problems: list) == nil {
          refused += 1
          #expect(!list.problems.isEmpty)
          #expect(list.problems.allSatisfy { $0.location.line != nil })
        }
      }
    }
    #expect(refused > text.count)
  }
}
