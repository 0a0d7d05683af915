import Glibc
import RuleTable
import Testing

@Test func temporary() throws {
  let fd = open("/tmp/t.rules", O_RDONLY)
  var b = [UInt8](repeating: 0, count: 100000)
  let n = read(fd, &b, 100000)
  do {
    let t = try RuleCompiler.compile([RuleFile(name: "t.rules", text: Array(b[0..<n]))])
    #expect(t.rules.count == 3)
  } catch {
    print(error)
    #expect(Bool(false))
  }
}
