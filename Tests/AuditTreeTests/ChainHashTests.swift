import AuditModel
import CSHA256
import Testing

@testable import AuditFiles

/// SHA-256 against the examples of FIPS 180-4 and RFC 6234, with the processor's instructions and without.
@Suite(.serialized) struct ChainHashTests {
  private static let examples: [(text: String, repeated: Int, hash: String)] = [
    ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    (
      "0123456701234567012345670123456701234567012345670123456701234567", 10,
      "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5"
    ),
  ]

  @Test func examplesOfTheStandard() {
    defer { mailtrail_sha256_use_instructions(1) }
    for wanted: Int32 in [0, 1] {
      mailtrail_sha256_use_instructions(wanted)
      for example in Self.examples {
        let bytes = Array(String(repeating: example.text, count: example.repeated).utf8)
        #expect("\(ChainHash(of: bytes[...]))" == example.hash)
      }
    }
  }

  /// All lengths around the ends of blocks, in parts cut anywhere: both ways of computing agree with the whole.
  @Test func partsAndBothWaysAgree() {
    defer { mailtrail_sha256_use_instructions(1) }
    let bytes = (0..<260).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for length in 0..<bytes.count {
      mailtrail_sha256_use_instructions(1)
      let whole = ChainHash(of: bytes[..<length])
      mailtrail_sha256_use_instructions(0)
      var hasher = ChainHasher()
      for start in stride(from: 0, to: length, by: 37) { hasher.add(bytes[start..<min(start + 37, length)]) }
      #expect(hasher.finish() == whole, "\(length)")
      #expect(ChainHash(hexadecimal: "\(whole)".utf8) == whole)
    }
    #expect(ChainHash(hexadecimal: String(repeating: "A", count: 64).utf8) == nil)
    #expect(ChainHash(hexadecimal: String(repeating: "a", count: 63).utf8) == nil)
  }

  /// A stranger's text that looks like a link is none: its quotation marks are escaped.
  @Test func aTextIsNoLink() {
    let hash = ChainHash(of: [])
    let forged = line(sampleEvent(1, text: "\",\"prev\":\"\(hash)\"}"))
    #expect(RecordLink.read(forged.dropLast()) == nil)
    var linked: [UInt8] = []
    RecordLink.append(forged[...], after: hash, to: &linked)
    #expect(RecordLink.read(linked.dropLast()) == hash)
    #expect(linked.count == forged.count + RecordLink.length)
    #expect((try? RecordDecoder().decode(linked.dropLast()))?.fields[.prev]?.elementsEqual("\(hash)".utf8) == true)
  }
}
