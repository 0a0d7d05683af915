import AuditModel
import Testing

@testable import AuditFiles

@Suite struct TrailPathTests {
  @Test(arguments: [
    ("ann@example.org", "example.org/ann"), (".@..", "%2E./%2E"), ("..@a/b", "a%2Fb/%2E."),
    ("a\0b@example.org", "example.org/a%00b"), ("x@_unknown", "%5Funknown/x"), ("_unknown@_panel", "%5Fpanel/_unknown"),
    ("Ann@example.org", "example.org/%41nn"), ("a~b%c@example.org", "example.org/a%7Eb%25c"),
    ("é@example.org", "example.org/%C3%A9"), ("a@b@example.org", "example.org/a@b"),
  ])
  func encodesAndDecodes(address: String, directory: String) {
    let path = TrailPath(mailbox(address))
    #expect(path.directory == directory)
    #expect(path.owner == mailbox(address))
  }

  @Test func otherOwners() {
    #expect(TrailPath(.unknown).directory == "_unknown")
    #expect(TrailPath(.unknown).owner == .unknown)
    #expect(TrailPath(.panel(Array("../x".utf8))).directory == "_panel/%2E.%2Fx")
    #expect(TrailPath(.panel(Array("../x".utf8))).owner == .panel(Array("../x".utf8)))
    #expect(TrailPath(.local(Array("www-data".utf8))).directory == "_local/www-data")
    #expect(TrailPath(.local(Array("../x".utf8))).owner == .local(Array("../x".utf8)))
    #expect(TrailPath(mailbox("www-data@_local")).directory == "%5Flocal/www-data")
    #expect(TrailPath(.unknown).file(of: Day(year: 2026, month: 3, day: 1)) == "_unknown/AUDIT-260301.log")
  }

  @Test func everyByteIsDistinct() {
    var seen: Set<String> = []
    for byte in UInt8.min...UInt8.max {
      for owner in [TrailOwner.panel([byte]), .local([byte])] {
        let path = TrailPath(owner)
        #expect(path.owner == owner)
        #expect(path.directory.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
        #expect(seen.insert(path.directory).inserted)
      }
    }
  }

  @Test func longNamesAreShortenedAndStayDistinct() {
    let long = String(repeating: "a", count: 200)
    #expect(TrailPath(mailbox(long + "@example.org")).child == long)
    let first = TrailPath(mailbox(long + "b@example.org"))
    let second = TrailPath(mailbox(long + "c@example.org"))
    #expect(first != second)
    #expect(first.child?.utf8.count == 200)
    #expect(first.owner == nil && first.isOurs)
    // An escape is not cut in two, wherever it falls.
    for length in 0..<4 {
      let name = String(repeating: "a", count: 180 + length) + String(repeating: "é", count: 20)
      let child = TrailPath(mailbox(name + "@example.org")).child ?? ""
      let head = child.split(separator: "~")[0]
      #expect(child.utf8.count <= 200 && PathPart.decode(String(head), as: .name) != nil, "\(child)")
    }
  }

  @Test(arguments: ["ann%61", "Ann", ".ann", "an/n", "%2e", "a%2", "lost+found ", "é", "a~0123"])
  func foreignNamesAreNotOurs(name: String) {
    #expect(!TrailPath(parent: "example.org", child: name).isOurs)
  }
}
